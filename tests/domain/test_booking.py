"""The direct test for a seat: who can be sold, and that what was sold can be served."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from domain.booking import Seat, Seller, find_seat
from rules_dsl import compile_rules
from rules_dsl.decision import Decision
from rules_dsl.directory import Directory, Facts

EXAMPLES = Path(__file__).parents[2] / "examples"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = NOON.date()


def decision() -> Decision:
    """The boat shop's: five minutes before, twenty of talk, five after, ten between; five calls a day."""
    directory = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
    rules = compile_rules((EXAMPLES / "small_team.rules").read_text(), directory)
    facts: Facts = {"priority": "normal", "tags": (), "replies": 1, "reopened": False, "ticket age": 60}
    return rules.decide(facts, NOON)


BOAT_SHOP = decision()
WORKING = ((NOON - timedelta(hours=4), NOON + timedelta(hours=4)),)


def seller(person: int, *, busy: tuple[tuple[datetime, datetime], ...] = (), flexibility: int = 1) -> Seller:
    sold = {DAY: frozenset(range(1, len(busy) + 1))}
    return Seller(person, flexibility, WORKING, busy, sold)


def test_a_seat_takes_preparation_talk_and_wrap_up() -> None:
    seat = find_seat(NOON, DAY, BOAT_SHOP, [seller(1)])
    assert seat == Seat(NOON, (NOON - timedelta(minutes=5), NOON + timedelta(minutes=25)), 1, 1, DAY)


def test_the_least_flexible_is_sold_first() -> None:
    seat = find_seat(NOON, DAY, BOAT_SHOP, [seller(1, flexibility=3), seller(2)])
    assert seat is not None
    assert seat.person == 2


def test_nobody_is_sold_twice_or_without_the_gap_or_past_the_cap_or_off_shift() -> None:
    just_before = ((NOON - timedelta(minutes=40), NOON - timedelta(minutes=6)),)
    assert find_seat(NOON, DAY, BOAT_SHOP, [seller(1, busy=just_before)]) is None
    hours = tuple((NOON - timedelta(hours=n, minutes=30), NOON - timedelta(hours=n)) for n in range(1, 6))
    assert find_seat(NOON, DAY, BOAT_SHOP, [seller(1, busy=hours)]) is None
    assert find_seat(NOON + timedelta(hours=3, minutes=45), DAY, BOAT_SHOP, [seller(1)]) is None


@given(st.lists(st.tuples(st.integers(0, 24), st.booleans()), max_size=40))
def test_what_was_sold_can_be_served(wanted: list[tuple[int, bool]]) -> None:
    """Selling one after the other, every witness stays alone, on shift and below the cap."""
    busy: dict[int, list[tuple[datetime, datetime]]] = {1: [], 2: [], 3: []}
    for step, narrow in wanted:
        start = NOON - timedelta(hours=4) + timedelta(minutes=20 * step)
        pool = [seller(person, busy=tuple(busy[person])) for person in ((1,) if narrow else (1, 2, 3))]
        seat = find_seat(start, DAY, BOAT_SHOP, pool)
        if seat is not None:
            busy[seat.person].append(seat.occupies)
    for spans in busy.values():
        assert len(spans) <= 5
        ordered = sorted(spans)
        assert all(first[1] <= second[0] for first, second in pairwise(ordered))
        assert all(WORKING[0][0] <= begin and end <= WORKING[0][1] for begin, end in ordered)
