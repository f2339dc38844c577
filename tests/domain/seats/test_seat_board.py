"""The seat board: the known traps, and that what is sold can be served, as an oracle proves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.schedules.shifts import wall_instant
from domain.seats.assignments import CallGroup
from domain.seats.board import SeatBoard
from domain.seats.day_slots import day_slots_of
from domain.seats.demand import Demand, Member, Placement, Terms, merge_touching
from domain.seats.infeasibility import proven_gone
from domain.seats.reasons import Why, why_closed
from domain.seats.search import Answer, Search, apply_placement, find_place
from domain.seats.solver import place_by_window, rearrange
from tests.domain.seats.seat_truth import OracleCall, OraclePerson, can_serve_all

DAY = 1


def demand(number: int, pool: int, begin: int, end: int, terms: Terms | None = None) -> Demand:
    return Demand(number, pool, begin, end, DAY, terms or Terms())


def board_of(shifts: dict[int, tuple[int, int]], pools: dict[int, list[int]]) -> SeatBoard:
    flexible = {person: sum(person in people for people in pools.values()) for person in shifts}
    members = [Member(person, 1, 1, flexible[person], (shift,)) for person, shift in shifts.items()]
    return SeatBoard(members, pools)


def sell(board: SeatBoard, call: Demand) -> Placement | Answer:
    """Sell by the whole ladder, as the product does, and put the call on the board."""
    found, _ = find_place(board, call, depth=2, tries=50)
    if found is Answer.MAYBE:
        found = place_by_window(board, call, seconds=5.0) or Answer.MAYBE
    if isinstance(found, Placement):
        assert apply_placement(board, call, found) is not None
    return found


CE1 = ({1: (0, 100), 2: (0, 100)}, {1: [1], 2: [1, 2], 3: [2]}, [(1, 0, 2), (3, 2, 4), (2, 1, 3)])
CE1_STAGGERED = ({1: (0, 3), 2: (1, 4)}, {1: [1, 2]}, [(1, 0, 2), (1, 2, 4), (1, 1, 3)])
CE2 = ({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]}, [(1, 0, 1), (1, 2, 3), (2, 0, 2), (2, 1, 3)])


@pytest.mark.parametrize("case", [CE1, CE1_STAGGERED, CE2], ids=["overlapping pools", "staggered shifts", "seniors"])
def test_matched_at_every_instant_and_yet_impossible(
    case: tuple[dict[int, tuple[int, int]], dict[int, list[int]], list[tuple[int, int, int]]],
) -> None:
    """A head count at each instant says yes to all of these; one of them can't be served."""
    shifts, pools, requests = case
    board = board_of(shifts, pools)
    calls = [demand(number, *call) for number, call in enumerate(requests, 1)]
    assert all(isinstance(sell(board, call), Placement) for call in calls[:-1])
    assert not proven_gone(board, calls[-1])
    assert sell(board, calls[-1]) is Answer.MAYBE
    people = [OraclePerson(person, 1, (shift,)) for person, shift in shifts.items()]
    exact = [OracleCall(call.begin, call.end, call.begin, set(pools[call.pool]), DAY) for call in calls]
    assert can_serve_all(people, exact[:-1])
    assert not can_serve_all(people, exact)


def test_folding_equal_people_would_oversell_a_days_limit() -> None:
    """Four calls, two people with two calls each: enough in sum, impossible one by one."""
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1, 2]})
    calls = [
        demand(n, 1, begin, end, Terms(cap=2)) for n, (begin, end) in enumerate([(0, 3), (0, 1), (1, 2), (2, 3)], 1)
    ]
    sold = [isinstance(sell(board, call), Placement) for call in calls]
    assert sold == [True, True, True, False]


def test_a_blocked_start_is_sold_by_moving_another() -> None:
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]})
    board.put(demand(1, 2, 2, 4), board.index_of[1])
    assert board.can_take(demand(-1, 1, 3, 5)) == 0
    assert sell(board, demand(2, 1, 3, 5)) == Placement(1, ((1, 2),))


def test_a_pinned_witness_does_not_move() -> None:
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]})
    board.put(demand(1, 2, 2, 4)._replace(pinned=True), board.index_of[1])
    assert sell(board, demand(2, 1, 3, 5)) is Answer.NO


def test_a_placement_is_applied_only_while_it_fits() -> None:
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]})
    board.put(demand(1, 2, 2, 4), board.index_of[1])
    placement = Placement(1, ((1, 2),))
    search = apply_placement(board, demand(-1, 1, 3, 5), placement)
    assert search is not None
    search.undo()
    board.put(demand(3, 2, 3, 4), board.index_of[2])
    assert apply_placement(board, demand(-1, 1, 3, 5), placement) is None
    assert board.assignments[1][1] == board.index_of[1]


def test_the_reserve_the_gap_and_the_end_of_a_shift_are_kept() -> None:
    people = dict.fromkeys(range(1, 5), (0, 1000))
    board = board_of(people, {1: list(people)})
    for number in range(1, 4):
        assert isinstance(sell(board, demand(number, 1, 0, 10, Terms(reserve=20))), Placement)
    assert not isinstance(sell(board, demand(4, 1, 0, 10, Terms(reserve=20))), Placement), (
        "one of four is a reserve of 20 %"
    )
    assert isinstance(sell(board, demand(5, 1, 0, 10)), Placement), "released, it can be sold"
    assert isinstance(sell(board, demand(6, 1, 20, 30, Terms(gap=10))), Placement)
    assert board.can_take(demand(-1, 1, 15, 30, Terms(gap=10))) == 0
    assert board.can_take(demand(-1, 1, 980, 990, Terms(shift_end=20))) == 0
    assert board.can_take(demand(-1, 1, 979, 990, Terms(shift_end=20))) != 0


def test_a_share_of_a_shift_is_kept() -> None:
    board = board_of({1: (0, 100)}, {1: [1]})
    assert isinstance(sell(board, demand(1, 1, 0, 30, Terms(shift_percent=50))), Placement)
    assert board.can_take(demand(-1, 1, 40, 61, Terms(shift_percent=50))) == 0
    assert board.can_take(demand(-1, 1, 40, 60, Terms(shift_percent=50))) != 0


def test_a_meeting_does_not_end_a_shift_and_limits_refer_to_all_of_it() -> None:
    """At work from 0 to 200, in a meeting from 100 to 120."""
    board = SeatBoard([Member(1, 1, 1, 1, ((0, 100), (120, 200)), ((0, 200),))], {1: [1]})
    late = Terms(shift_end=30)
    assert board.can_take(demand(-1, 1, 85, 100, late)), "nothing ends before the meeting"
    assert not board.can_take(demand(-1, 1, 95, 105, late)), "in the meeting itself nothing is served"
    assert not board.can_take(demand(-1, 1, 170, 180, late))
    half = Terms(shift_percent=50)
    assert isinstance(sell(board, demand(1, 1, 0, 80, half)), Placement), "more than half of the first piece"
    assert not board.can_take(demand(-1, 1, 120, 141, half)), "what was taken before the meeting counts after it"
    assert board.can_take(demand(-1, 1, 120, 140, half))


def test_the_solver_serves_as_many_as_can_be_served_and_proves_that_no_more_can() -> None:
    board = board_of({1: (0, 10), 2: (0, 10)}, {1: [1, 2]})
    found = rearrange(board, [demand(-n, 1, 0, 5) for n in range(1, 4)], seconds=5.0, all_of_them=False)
    assert found.people is not None
    assert (len(found.people), found.at_most) == (2, 2)


@dataclass(frozen=True)
class Desk:
    """A random desk: people with shifts, pools, and calls to be sold one after the other."""

    people: tuple[OraclePerson, ...]
    titles: tuple[int, ...]
    pools: tuple[tuple[int, ...], ...]
    calls: tuple[Demand, ...]


ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
DAYS = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4), date(2026, 6, 1))


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    """Shifts over midnight, through gaps and folds, in half-hour zones, overlapping, empty; limits of every kind."""
    day = draw(st.sampled_from(DAYS))
    desk_zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    number = draw(st.integers(1, 4))
    people = []
    for person in range(1, number + 1):
        spans = []
        for _ in range(draw(st.integers(0, 2))):
            zone = ZoneInfo(draw(st.sampled_from(ZONES)))
            begin = draw(st.integers(0, 26)) * 30
            length = draw(st.integers(1, 16)) * 30
            spans.append(tuple(int(wall_instant(day, minute, zone).timestamp()) for minute in (begin, begin + length)))
        shifts = merge_touching([(begin, end) for begin, end in spans])
        people.append(OraclePerson(person, draw(st.integers(1, 2)), shifts))
    everybody = [one.person for one in people]
    pools = [tuple(draw(st.sets(st.sampled_from(everybody), min_size=0))) for _ in range(draw(st.integers(1, 3)))]
    limits = Terms(
        gap=draw(st.sampled_from((0, 0, 600))),
        cap=draw(st.sampled_from((99, 99, 2, 1))),
        title_caps=draw(st.sampled_from(((), ((1, 1),)))),
        reserve=draw(st.sampled_from((0, 0, 30))),
        shift_percent=draw(st.sampled_from((100, 100, 60))),
        shift_end=draw(st.sampled_from((0, 0, 1800))),
        prepare=300,
    )
    titles = tuple(draw(st.integers(1, 2)) for _ in people)
    opens = datetime.combine(day, time(0), desk_zone).astimezone(UTC)
    calls = []
    for booking in range(1, draw(st.integers(1, 10)) + 1):
        start = opens + timedelta(minutes=15 * draw(st.integers(0, 80)))
        talk = draw(st.sampled_from((900, 1800, 2700)))
        begin = int(start.timestamp())
        own = replace(
            limits,
            cap=min(99, limits.cap + draw(st.sampled_from((0, 0, 1)))),
            reserve=draw(st.sampled_from((limits.reserve, limits.reserve, 0, 50))),
            shift_percent=draw(st.sampled_from((limits.shift_percent, limits.shift_percent, 80))),
        )
        ordinal = start.astimezone(desk_zone).date().toordinal()
        calls.append(
            Demand(booking, draw(st.integers(0, len(pools) - 1)), begin - 300, begin + talk + 300, ordinal, own)
        )
    return Desk(tuple(people), titles, tuple(pools), tuple(calls))


def oracle_call(desk: Desk, call: Demand) -> OracleCall:
    terms = call.terms
    return OracleCall(
        call.begin, call.end, call.begin + terms.prepare, set(desk.pools[call.pool]), call.day, terms.gap,
        terms.cap, terms.reserve, terms.shift_percent, terms.shift_end,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(desks())
def test_what_was_sold_can_be_served_and_what_is_proven_gone_cannot(desk: Desk) -> None:
    """On any desk, for any calls in any order."""
    # The oracle knows one daily limit per call, so there are no limits by title here.
    desk = replace(desk, calls=tuple(c._replace(terms=replace(c.terms, title_caps=())) for c in desk.calls))
    flexible = {one.person: sum(one.person in pool for pool in desk.pools) for one in desk.people}
    members = [Member(one.person, one.team, 1, flexible[one.person], one.shifts) for one in desk.people]
    board = SeatBoard(members, dict(enumerate(desk.pools)))
    sold: list[OracleCall] = []
    nth: dict[int, int] = {}
    for call in desk.calls:
        before = {booking: index for booking, (_, index) in board.assignments.items()}
        found = sell(board, call)
        if isinstance(found, Placement):
            sold.append(oracle_call(desk, call))
            moved = [one for one, (_, index) in board.assignments.items() if before.get(one) != index]
            nth |= day_slots_of(board, moved, nth)
        else:
            assert {booking: index for booking, (_, index) in board.assignments.items()} == before
            if found is Answer.NO:
                assert not can_serve_all(desk.people, [*sold, oracle_call(desk, call)])
    assert can_serve_all(desk.people, sold)
    slots = [(board.assignments[one][1], board.assignments[one][0].day, slot) for one, slot in nth.items()]
    assert len(set(slots)) == len(slots) == len(sold)
    assert all(slot <= board.assignments[one][0].terms.cap for one, slot in nth.items())


@settings(max_examples=60, deadline=None)
@given(desks(), st.data())
def test_a_search_leaves_the_board_as_it_was(desk: Desk, data: st.DataObject) -> None:
    """After any calls were put and taken in any order, every answer equals that of a new board."""
    members = [
        Member(one.person, one.team, title, 1, one.shifts) for one, title in zip(desk.people, desk.titles, strict=True)
    ]
    board = SeatBoard(members, dict(enumerate(desk.pools)))
    for call in desk.calls:
        sell(board, call)
        if data.draw(st.booleans()) and board.assignments:
            board.take(data.draw(st.sampled_from(sorted(board.assignments))))
        search = Search(board, 40)
        search.place(call._replace(booking=-1), 2)
        search.undo()
    new = SeatBoard(members, dict(enumerate(desk.pools)))
    for call, index in board.assignments.values():
        new.put(call, index)
    for call in desk.calls:
        assert board.can_take(call._replace(booking=-1)) == new.can_take(call._replace(booking=-1))


def copy_in_columns(board: SeatBoard, members: list[Member], pools: dict[int, tuple[int, ...]]) -> SeatBoard:
    """A copy of this board, with its calls added in columns, as they are read from rows."""
    columns: dict[tuple[int, int, Terms, bool], list[tuple[int, int, int, int]]] = {}
    for call, index in board.assignments.values():
        key = (call.pool, call.day, call.terms, call.pinned)
        columns.setdefault(key, []).append((call.booking, index, call.begin, call.end))
    copy = SeatBoard(members, pools)
    copy.add_many(CallGroup(*key, *zip(*rows, strict=True)) for key, rows in columns.items())
    return copy


@settings(max_examples=100, deadline=None)
@given(desks(), st.data())
def test_calls_added_in_columns_are_as_if_put_one_by_one(desk: Desk, data: st.DataObject) -> None:
    """Both boards answer alike, also after a call was taken, and if calls are closer together than may be sold."""
    members = [
        Member(one.person, one.team, title, 1, one.shifts) for one, title in zip(desk.people, desk.titles, strict=True)
    ]
    pools = dict(enumerate(desk.pools))
    board = SeatBoard(members, pools)
    for call in desk.calls:
        sell(board, call)
    for booking in (
        data.draw(st.lists(st.sampled_from(sorted(board.assignments)), unique=True)) if board.assignments else []
    ):
        # Existing calls may have been sold under other limits, or be pinned by now.
        call, index = board.take(booking)
        gap = data.draw(st.sampled_from((0, 600, 3600)))
        board.put(call._replace(terms=replace(call.terms, gap=gap), pinned=data.draw(st.booleans())), index)
    columns = copy_in_columns(board, members, pools)
    for step in range(2):
        for call in desk.calls:
            unsold = call._replace(booking=-1)
            assert columns.can_take(unsold) == board.can_take(unsold), step
            assert proven_gone(columns, unsold) == proven_gone(board, unsold), step
            for index in range(len(members)):
                assert columns.conflicts(index, unsold) == board.conflicts(index, unsold)
                assert set(columns.calls_on_day(index, call.day)) == set(board.calls_on_day(index, call.day))
            assert columns.assignments.checksum(call.day) == board.assignments.checksum(call.day)
        assert dict(columns.assignments) == dict(board.assignments)
        if board.assignments:
            booking = data.draw(st.sampled_from(sorted(board.assignments)))
            assert columns.take(booking) == board.take(booking)


@pytest.mark.parametrize(
    ("sold", "call", "why"),
    [
        ([], demand(-1, 9, 0, 10), Why.NOBODY_IN_POOL),
        ([], demand(-1, 1, 90, 110), Why.OFF_SHIFT),
        ([], demand(-1, 2, 0, 10), Why.SKILL),
        ([], demand(-1, 1, 80, 90, Terms(shift_end=60)), Why.SHIFT_ENDS),
        ([demand(1, 1, 0, 10)], demand(-1, 1, 5, 15), Why.BOOKED),
        ([demand(1, 1, 0, 10, Terms(cap=1))], demand(-1, 1, 20, 30, Terms(cap=1)), Why.DAY_LIMIT),
        ([], demand(-1, 1, 20, 30, Terms(reserve=10)), Why.RESERVE),
        ([], demand(-1, 1, 0, 60, Terms(shift_percent=50)), Why.SHIFT_SHARE),
        ([], demand(-1, 1, 0, 60), None),
    ],
)
def test_a_closed_start_says_why(sold: list[Demand], call: Demand, why: Why | None) -> None:
    """One person from 0 to 100 in pool 1; in pool 2 somebody else, who is off shift, has the skill."""
    board = SeatBoard([Member(1, 1, 1, 1, ((0, 100),)), Member(2, 2, 1, 1, ())], {1: [1], 2: [2]})
    for one in sold:
        assert isinstance(sell(board, one), Placement)
    closed = why_closed(board, call, team_mates=board.mask_of([1]) if call.pool == 2 else 0)
    assert (closed.why if closed is not None else None) == why
