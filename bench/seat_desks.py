"""Random staff to sell seats on, by a seed: shifts with breaks, skills, overlapping pools, calls of several lengths."""

from __future__ import annotations

import random
from dataclasses import dataclass

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Member, Placement, Terms, merge_touching
from domain.seats.search import apply_placement, find_place
from domain.seats.solver import place_by_window

HOUR = 3600
QUARTER = 900
LIMITS = Terms(prepare=300)
OPENS, CLOSES = 8 * HOUR, 18 * HOUR
LENGTHS = (1500, 2400, 3300)
"""Occupied seconds: 5 minutes of preparation, 15, 30 or 45 of talk, 5 of wrap-up."""


@dataclass(frozen=True)
class SampleDesk:
    members: tuple[Member, ...]
    pools: dict[int, frozenset[int]]
    days: int

    def board(self) -> SeatBoard:
        return SeatBoard(self.members, self.pools)


def sample_desk(agents: int, days: int, seed: int) -> SampleDesk:
    """Shifts of eight or nine hours with breaks; one pool of everybody, one per skill, two that need two skills."""
    rng = random.Random(seed)
    skills = {person: {skill for skill in range(1, 6) if rng.random() < 0.4} for person in range(1, agents + 1)}
    pools = {0: frozenset(skills)}
    for skill in range(1, 6):
        pools[skill] = frozenset(person for person, has in skills.items() if skill in has)
    for pool, (first, second) in enumerate(((1, 2), (3, 4)), 6):
        pools[pool] = pools[first] & pools[second]
    members = []
    for person in range(1, agents + 1):
        begin = OPENS + rng.choice((0, 0, 1, 1, 2, 2)) * HOUR // 2
        end, break_begins = begin + rng.choice((8, 8, 9)) * HOUR, begin + rng.randrange(12, 20) * QUARTER
        shifts = [
            (day * 24 * HOUR + start, day * 24 * HOUR + stop)
            for day in range(days)
            for start, stop in ((begin, break_begins), (break_begins + 2 * QUARTER, end))
        ]
        flexible = sum(person in people for people in pools.values())
        members.append(Member(person, 1 + person % 3, 1, flexible, merge_touching(shifts)))
    return SampleDesk(tuple(members), pools, days)


def starts_of_day(desk: SampleDesk, day: int, pool: int, length: int = 2400) -> list[Demand]:
    """The starts that a slot page tries for one day: every quarter of an hour, one length."""
    base = (day * 24) * HOUR
    return [
        Demand(-1, pool, base + start - 300, base + start - 300 + length, day, LIMITS)
        for start in range(OPENS, CLOSES, QUARTER)
    ]


def random_call(desk: SampleDesk, rng: random.Random, booking: int, day: int) -> Demand:
    start = (day * 24) * HOUR + rng.randrange(OPENS, CLOSES, QUARTER) - 300
    pool = rng.choices(list(desk.pools), [4, 2, 2, 2, 2, 2, 1, 1])[0]
    return Demand(booking, pool, start, start + rng.choice(LENGTHS), day, LIMITS)


def fill(desk: SampleDesk, board: SeatBoard, share: float, seed: int, *, solver: bool = True, tries: int = 20) -> int:
    """Sell until this share of the shifts is taken or 200 requests in a row fail; returns the number of seats sold."""
    rng = random.Random(seed)
    booking = 0
    for day in range(desk.days):
        base = day * 24 * HOUR
        shift_seconds = sum(
            stop - start for member in desk.members for start, stop in member.shifts if base <= start < base + 24 * HOUR
        )
        taken = failures = 0
        while taken < share * shift_seconds and failures < 200:
            call = random_call(desk, rng, booking + 1, day)
            found, _ = find_place(board, call, depth=1 if tries else 0, tries=tries)
            if not isinstance(found, Placement) and solver and failures % 20 == 19:
                found = place_by_window(board, call, seconds=1.0) or found
            if not isinstance(found, Placement):
                failures += 1
                continue
            apply_placement(board, call, found)
            booking, taken, failures = booking + 1, taken + call.end - call.begin, 0
    return booking
