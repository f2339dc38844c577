"""A desk's life in random steps: calls are sold, cancelled, taken and run over. What is sold can be served."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Member, Placement, Terms
from domain.seats.search import Answer, Search, apply_placement, find_place
from domain.seats.solver import place_by_window
from tests.domain.seats.seat_truth import OracleCall, OraclePerson, can_serve_all
from tests.domain.seats.test_seat_board import Desk, desks, oracle_call

STEPS = st.sampled_from(("sell", "sell", "sell", "cancel", "take", "engage", "free"))
LADDER = st.sampled_from(("direct", "moves", "solver"))


@st.composite
def busy_desks(draw: st.DrawFn) -> Desk:
    """Few people and many calls in few hours, so that nearly every step affects sold calls."""
    numbers = range(1, draw(st.integers(2, 4)) + 1)
    people = [
        OraclePerson(one, draw(st.integers(1, 2)), ((draw(st.sampled_from((0, 1800))), 6 * 3600),)) for one in numbers
    ]
    pools = [tuple(sorted(draw(st.sets(st.sampled_from(numbers), min_size=1)))) for _ in range(draw(st.integers(1, 3)))]
    limits = Terms(
        gap=draw(st.sampled_from((0, 0, 600))),
        cap=draw(st.sampled_from((99, 3))),
        reserve=draw(st.sampled_from((0, 0, 30))),
    )
    calls = []
    for booking in range(1, draw(st.integers(4, 12)) + 1):
        begin = 900 * draw(st.integers(1, 14))
        pool, length = draw(st.integers(0, len(pools) - 1)), draw(st.sampled_from((1800, 2700)))
        calls.append(Demand(booking, pool, begin, begin + length, 1, limits))
    return Desk(tuple(people), (1,) * len(people), tuple(pools), tuple(calls))


@dataclass
class Life:
    """A board, and what an observer knows of it."""

    desk: Desk
    board: SeatBoard
    sold: dict[int, Demand] = field(default_factory=dict)
    pinned: dict[int, int] = field(default_factory=dict)
    """By booking: who has taken it."""
    engaged: dict[int, int] = field(default_factory=dict)

    def witnesses(self) -> dict[int, int]:
        return {one: self.board.members[index].person for one, (_, index) in self.board.assignments.items()}

    def sell(self, call: Demand, rung: str) -> None:
        before = self.witnesses()
        depth, tries = (0, 0) if rung == "direct" else (2, 40)
        found, _ = find_place(self.board, call, depth=depth, tries=tries)
        if found is Answer.MAYBE and rung == "solver":
            found = place_by_window(self.board, call, seconds=5.0) or Answer.MAYBE
        if isinstance(found, Placement):
            assert apply_placement(self.board, call, found) is not None
            self.sold[call.booking] = call
        for booking, person in self.witnesses().items():
            if before.get(booking) != person:
                assert booking not in self.pinned, "whoever has taken a call keeps it"
                assert self.engaged.get(person, 0) <= self.sold[booking].busy_from, "nobody is in two places"

    def cancel(self, booking: int) -> None:
        self.board.take(booking)
        del self.sold[booking]
        self.pinned.pop(booking, None)

    def pin(self, booking: int, person: int) -> None:
        """Somebody in the pool takes the call; conflicting calls go to others, or are at risk and no longer sold."""
        index = self.board.index_of[person]
        conflicts = self.board.conflicts(index, self.sold[booking])
        if any(call.pinned for call in conflicts if call.booking != booking):
            return
        search = Search(self.board, 40)
        taken = search.take(booking)._replace(pinned=True)
        lost = [search.take(call.booking) for call in conflicts]
        if not self.board.can_take(taken, self.board.eligible(taken) & 1 << index):
            search.undo()
            return
        self.board.put(taken, index)
        self.pinned[booking] = person
        for call in lost:
            search.tries = 40
            if not search.place(call, 2):
                del self.sold[call.booking]

    def for_oracle(self) -> list[OracleCall]:
        calls = []
        for booking, call in self.sold.items():
            oracle = oracle_call(self.desk, call)
            people = {self.pinned[booking]} if booking in self.pinned else set(oracle.people)
            calls.append(replace(oracle, people=people))
        return calls


@settings(max_examples=60, deadline=None)
@given(st.one_of(busy_desks(), busy_desks(), desks()), st.data())
def test_at_every_step_what_is_sold_can_be_served_by_those_who_have_taken_it_and_others(
    desk: Desk, data: st.DataObject
) -> None:
    # The oracle knows one daily limit per call.
    calls = [call._replace(terms=replace(call.terms, title_caps=())) for call in desk.calls]
    members = [Member(one.person, one.team, 1, 1, one.shifts) for one in desk.people]
    life = Life(desk, SeatBoard(members, dict(enumerate(desk.pools))))
    waiting = list(calls)
    for _ in range(2 * len(calls)):
        step = data.draw(STEPS)
        if step == "sell" and waiting:
            life.sell(waiting.pop(0), data.draw(LADDER))
        elif step == "cancel" and life.sold:
            life.cancel(data.draw(st.sampled_from(sorted(life.sold))))
        elif step == "take" and life.sold:
            booking = data.draw(st.sampled_from(sorted(life.sold)))
            able = [life.board.members[index].person for index in indexes_in(life.board.eligible(life.sold[booking]))]
            if able and booking not in life.pinned:
                life.pin(booking, data.draw(st.sampled_from(able)))
        elif step == "engage":
            person = data.draw(st.sampled_from([one.person for one in desk.people]))
            life.engaged[person] = min(call.busy_from for call in calls) + 900 * data.draw(st.integers(0, 14))
            life.board.engage(life.engaged)
        elif step == "free":
            life.engaged.clear()
            life.board.engage({})
        assert set(life.board.assignments) == set(life.sold)
        assert all(life.witnesses()[booking] == person for booking, person in life.pinned.items())
        if step == "take":
            assert can_serve_all(desk.people, life.for_oracle())
    assert can_serve_all(desk.people, life.for_oracle())
