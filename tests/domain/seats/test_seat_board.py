"""Seats on a board: the known traps, and that what is sold can be served, by a judge of its own."""

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
from domain.seats.day_slots import places_of
from domain.seats.demand import Demand, Member, Placement, Terms, merge_touching
from domain.seats.infeasibility import proven_impossible
from domain.seats.reasons import Why, why_closed
from domain.seats.search import Answer, Search, apply_placement, find_place
from domain.seats.solver import place_by_window, rearrange
from tests.domain.seats.seat_truth import Somebody, Wanted, can_serve_all

DAY = 1


def asked(number: int, pool: int, begin: int, end: int, limits: Terms | None = None) -> Demand:
    return Demand(number, pool, begin, end, DAY, limits or Terms())


def board_of(shifts: dict[int, tuple[int, int]], pools: dict[int, list[int]]) -> SeatBoard:
    flexible = {person: sum(person in people for people in pools.values()) for person in shifts}
    members = [Member(person, 1, 1, flexible[person], (shift,)) for person, shift in shifts.items()]
    return SeatBoard(members, pools)


def sell(board: SeatBoard, demand: Demand) -> Placement | Answer:
    """By the whole ladder, as the product does; what is sold stands on the board."""
    found, _ = find_place(board, demand, depth=2, tries=50)
    if found is Answer.MAYBE:
        found = place_by_window(board, demand, seconds=5.0) or Answer.MAYBE
    if isinstance(found, Placement):
        assert apply_placement(board, demand, found) is not None
    return found


CE1 = ({1: (0, 100), 2: (0, 100)}, {1: [1], 2: [1, 2], 3: [2]}, [(1, 0, 2), (3, 2, 4), (2, 1, 3)])
CE1_STAGGERED = ({1: (0, 3), 2: (1, 4)}, {1: [1, 2]}, [(1, 0, 2), (1, 2, 4), (1, 1, 3)])
CE2 = ({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]}, [(1, 0, 1), (1, 2, 3), (2, 0, 2), (2, 1, 3)])


@pytest.mark.parametrize("case", [CE1, CE1_STAGGERED, CE2], ids=["overlapping pools", "staggered shifts", "seniors"])
def test_matched_at_every_instant_and_yet_impossible(
    case: tuple[dict[int, tuple[int, int]], dict[int, list[int]], list[tuple[int, int, int]]],
) -> None:
    """Heads counted at each instant say yes to all of these; one of them can't be served."""
    shifts, pools, wanted = case
    board = board_of(shifts, pools)
    calls = [asked(number, *call) for number, call in enumerate(wanted, 1)]
    assert all(isinstance(sell(board, call), Placement) for call in calls[:-1])
    assert not proven_impossible(board, calls[-1])
    assert sell(board, calls[-1]) is Answer.MAYBE
    people = [Somebody(person, 1, (shift,)) for person, shift in shifts.items()]
    exact = [Wanted(call.begin, call.end, call.begin, set(pools[call.pool]), DAY) for call in calls]
    assert can_serve_all(people, exact[:-1])
    assert not can_serve_all(people, exact)


def test_folding_equal_people_would_oversell_a_days_limit() -> None:
    """Depth two, four calls, two people with two calls each: enough in sum, impossible one by one."""
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1, 2]})
    calls = [
        asked(n, 1, begin, end, Terms(cap=2)) for n, (begin, end) in enumerate([(0, 3), (0, 1), (1, 2), (2, 3)], 1)
    ]
    sold = [isinstance(sell(board, call), Placement) for call in calls]
    assert sold == [True, True, True, False]


def test_a_blocked_start_is_sold_by_moving_another() -> None:
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]})
    board.put(asked(1, 2, 2, 4), board.index_of[1])
    assert board.can_take(asked(-1, 1, 3, 5)) == 0
    assert sell(board, asked(2, 1, 3, 5)) == Placement(1, ((1, 2),))


def test_a_pinned_witness_does_not_move() -> None:
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]})
    board.put(asked(1, 2, 2, 4)._replace(pinned=True), board.index_of[1])
    assert sell(board, asked(2, 1, 3, 5)) is Answer.NO


def test_an_arrangement_is_used_only_while_it_holds() -> None:
    board = board_of({1: (0, 9), 2: (0, 9)}, {1: [1], 2: [1, 2]})
    board.put(asked(1, 2, 2, 4), board.index_of[1])
    found = Placement(1, ((1, 2),))
    search = apply_placement(board, asked(-1, 1, 3, 5), found)
    assert search is not None
    search.undo()
    board.put(asked(3, 2, 3, 4), board.index_of[2])
    assert apply_placement(board, asked(-1, 1, 3, 5), found) is None
    assert board.assignments[1][1] == board.index_of[1]


def test_the_reserve_the_gap_and_the_end_of_a_shift_are_kept() -> None:
    people = dict.fromkeys(range(1, 5), (0, 1000))
    board = board_of(people, {1: list(people)})
    for number in range(1, 4):
        assert isinstance(sell(board, asked(number, 1, 0, 10, Terms(reserve=20))), Placement)
    assert not isinstance(sell(board, asked(4, 1, 0, 10, Terms(reserve=20))), Placement), (
        "one of four is a reserve of 20 %"
    )
    assert isinstance(sell(board, asked(5, 1, 0, 10)), Placement), "released, it can be sold"
    assert isinstance(sell(board, asked(6, 1, 20, 30, Terms(gap=10))), Placement)
    assert board.can_take(asked(-1, 1, 15, 30, Terms(gap=10))) == 0
    assert board.can_take(asked(-1, 1, 980, 990, Terms(shift_end=20))) == 0
    assert board.can_take(asked(-1, 1, 979, 990, Terms(shift_end=20))) != 0


def test_a_share_of_a_shift_is_kept() -> None:
    board = board_of({1: (0, 100)}, {1: [1]})
    assert isinstance(sell(board, asked(1, 1, 0, 30, Terms(shift_percent=50))), Placement)
    assert board.can_take(asked(-1, 1, 40, 61, Terms(shift_percent=50))) == 0
    assert board.can_take(asked(-1, 1, 40, 60, Terms(shift_percent=50))) != 0


def test_a_meeting_is_no_end_of_a_shift_and_a_shift_is_all_of_it() -> None:
    """At work from 0 to 200, in a meeting from 100 to 120."""
    board = SeatBoard([Member(1, 1, 1, 1, ((0, 100), (120, 200)), ((0, 200),))], {1: [1]})
    late = Terms(shift_end=30)
    assert board.can_take(asked(-1, 1, 85, 100, late)), "nothing ends before the meeting"
    assert not board.can_take(asked(-1, 1, 95, 105, late)), "in the meeting itself nothing is served"
    assert not board.can_take(asked(-1, 1, 170, 180, late))
    half = Terms(shift_percent=50)
    assert isinstance(sell(board, asked(1, 1, 0, 80, half)), Placement), "more than half of the first piece"
    assert not board.can_take(asked(-1, 1, 120, 141, half)), "what was taken before the meeting counts after it"
    assert board.can_take(asked(-1, 1, 120, 140, half))


def test_as_many_as_can_be_served_and_the_proof_that_no_more_can() -> None:
    board = board_of({1: (0, 10), 2: (0, 10)}, {1: [1, 2]})
    found = rearrange(board, [asked(-n, 1, 0, 5) for n in range(1, 4)], seconds=5.0, all_of_them=False)
    assert found.people is not None
    assert (len(found.people), found.at_most) == (2, 2)


@dataclass(frozen=True)
class Desk:
    """A random desk: people with shifts, pools, and calls that are wanted one after the other."""

    people: tuple[Somebody, ...]
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
        people.append(Somebody(person, draw(st.integers(1, 2)), shifts))
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


def wanted_of(desk: Desk, call: Demand) -> list[Wanted]:
    terms = call.terms
    return [
        Wanted(
            call.begin, call.end, call.begin + terms.prepare, set(desk.pools[call.pool]), call.day, terms.gap,
            terms.cap, terms.reserve, terms.shift_percent, terms.shift_end,
        )
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(desks())
def test_what_was_sold_can_be_served_and_a_proven_no_is_one(desk: Desk) -> None:
    """Whatever desk and whatever is asked for in whatever order."""
    # The judge knows one limit a call, so titles' limits are left to where everybody has one title.
    desk = replace(desk, calls=tuple(c._replace(terms=replace(c.terms, title_caps=())) for c in desk.calls))
    flexible = {one.person: sum(one.person in pool for pool in desk.pools) for one in desk.people}
    members = [Member(one.person, one.team, 1, flexible[one.person], one.shifts) for one in desk.people]
    board = SeatBoard(members, dict(enumerate(desk.pools)))
    sold: list[Wanted] = []
    nth: dict[int, int] = {}
    for call in desk.calls:
        before = {booking: index for booking, (_, index) in board.assignments.items()}
        found = sell(board, call)
        if isinstance(found, Placement):
            sold += wanted_of(desk, call)
            moved = [one for one, (_, index) in board.assignments.items() if before.get(one) != index]
            nth |= places_of(board, moved, nth)
        else:
            assert {booking: index for booking, (_, index) in board.assignments.items()} == before
            if found is Answer.NO:
                assert not can_serve_all(desk.people, [*sold, *wanted_of(desk, call)])
    assert can_serve_all(desk.people, sold)
    places = [(board.assignments[one][1], board.assignments[one][0].day, place) for one, place in nth.items()]
    assert len(set(places)) == len(places) == len(sold)
    assert all(place <= board.assignments[one][0].terms.cap for one, place in nth.items())


@settings(max_examples=60, deadline=None)
@given(desks(), st.data())
def test_a_search_leaves_the_board_as_it_was(desk: Desk, data: st.DataObject) -> None:
    """Taking back and giving again, in any order, every question is answered as by a board made anew."""
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
    anew = SeatBoard(members, dict(enumerate(desk.pools)))
    for call, index in board.assignments.values():
        anew.put(call, index)
    for call in desk.calls:
        assert board.can_take(call._replace(booking=-1)) == anew.can_take(call._replace(booking=-1))


def laid(board: SeatBoard, members: list[Member], pools: dict[int, tuple[int, ...]]) -> SeatBoard:
    """A board like this one, its calls laid down in columns as they are read from rows."""
    columns: dict[tuple[int, int, Terms, bool], list[tuple[int, int, int, int]]] = {}
    for call, index in board.assignments.values():
        like = (call.pool, call.day, call.terms, call.pinned)
        columns.setdefault(like, []).append((call.booking, index, call.begin, call.end))
    found = SeatBoard(members, pools)
    found.add_many(CallGroup(*like, *zip(*rows, strict=True)) for like, rows in columns.items())
    return found


@settings(max_examples=100, deadline=None)
@given(desks(), st.data())
def test_calls_laid_down_in_columns_stand_as_if_put_one_by_one(desk: Desk, data: st.DataObject) -> None:
    """Every question is answered alike, also after one of them has gone, and where calls stand closer than is sold."""
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
        # What stands may have been sold under other limits, or be taken by now.
        call, index = board.take(booking)
        gap = data.draw(st.sampled_from((0, 600, 3600)))
        board.put(call._replace(terms=replace(call.terms, gap=gap), pinned=data.draw(st.booleans())), index)
    columns = laid(board, members, pools)
    for step in range(2):
        for call in desk.calls:
            wanted = call._replace(booking=-1)
            assert columns.can_take(wanted) == board.can_take(wanted), step
            assert proven_impossible(columns, wanted) == proven_impossible(board, wanted), step
            for index in range(len(members)):
                assert columns.in_the_way(index, wanted) == board.in_the_way(index, wanted)
                assert set(columns.on_day(index, call.day)) == set(board.on_day(index, call.day))
            assert columns.assignments.count(call.day) == board.assignments.count(call.day)
        assert dict(columns.assignments) == dict(board.assignments)
        if board.assignments:
            booking = data.draw(st.sampled_from(sorted(board.assignments)))
            assert columns.take(booking) == board.take(booking)


@pytest.mark.parametrize(
    ("sold", "wanted", "why"),
    [
        ([], asked(-1, 9, 0, 10), Why.NOBODY_IN_POOL),
        ([], asked(-1, 1, 90, 110), Why.OFF_SHIFT),
        ([], asked(-1, 2, 0, 10), Why.SKILL),
        ([], asked(-1, 1, 80, 90, Terms(shift_end=60)), Why.SHIFT_ENDS),
        ([asked(1, 1, 0, 10)], asked(-1, 1, 5, 15), Why.BOOKED),
        ([asked(1, 1, 0, 10, Terms(cap=1))], asked(-1, 1, 20, 30, Terms(cap=1)), Why.DAY_LIMIT),
        ([], asked(-1, 1, 20, 30, Terms(reserve=10)), Why.RESERVE),
        ([], asked(-1, 1, 0, 60, Terms(shift_percent=50)), Why.SHIFT_SHARE),
        ([], asked(-1, 1, 0, 60), None),
    ],
)
def test_a_closed_start_says_why(sold: list[Demand], wanted: Demand, why: Why | None) -> None:
    """One person from 0 to 100 in pool 1; in pool 2 somebody else, who is off, has the skill."""
    board = SeatBoard([Member(1, 1, 1, 1, ((0, 100),)), Member(2, 2, 1, 1, ())], {1: [1], 2: [2]})
    for call in sold:
        assert isinstance(sell(board, call), Placement)
    closed = why_closed(board, wanted, team_mates=board.mask_of([1]) if wanted.pool == 2 else 0)
    assert (closed.why if closed is not None else None) == why
