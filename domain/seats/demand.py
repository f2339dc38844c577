"""What a sale must respect: a plan's limits as whole numbers, and how much of a person's time one call takes.

Times are whole seconds since 1970 in UTC, so a day with a clock change simply has more or fewer seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple

from rules_dsl.model.decision import Decision

NEVER = 1 << 62
"""A time later than any that occurs."""
MOST_A_DAY = 99
"""The maximum number of calls per person and day if the rules set no limit; the database counts no higher."""


@dataclass(frozen=True)
class Terms:
    """A plan's limits for the person who serves its call."""

    gap: int = 0
    """How many seconds before this call must be free of other calls."""
    cap: int = MOST_A_DAY
    """Calls per day for one person."""
    title_caps: tuple[tuple[int, int], ...] = ()
    """(title, calls per day) for one person; the lower of this and ``cap`` applies."""
    reserve: int = 0
    """Percentage of a team's people on shift who must stay free, rounded up to whole people."""
    shift_percent: int = 100
    """The largest percentage of a shift that calls may take up."""
    shift_end: int = 0
    """No call begins within this many seconds before the end of a shift."""
    prepare: int = 0
    """Seconds of preparation at the start of the occupied time."""

    def cap_of(self, title: int) -> int:
        """Calls per day for one person with this title."""
        return min([self.cap, *(most for named, most in self.title_caps if named == title)])


class Demand(NamedTuple):
    """What one call takes from one person in a pool: a span of time, including preparation and wrap-up.

    A tuple, because a page reads ten thousand of them while somebody waits.
    """

    booking: int
    """Negative if the call hasn't been sold."""
    pool: int
    begin: int
    end: int
    day: int
    """The ordinal of the day on which it starts, in the organisation's time zone."""
    terms: Terms
    pinned: bool = False
    """Whether its witness can no longer change."""

    @property
    def busy_from(self) -> int:
        """The start of the gap before the call; from then on, its person may have no other call."""
        return self.begin - self.terms.gap


@dataclass(frozen=True)
class Member:
    """A person who can be a witness."""

    person: int
    team: int
    title: int
    flexibility: int
    """The number of pools they are in. The least flexible people become witnesses first."""
    shifts: tuple[tuple[int, int], ...]
    """Half-open, in order, merged if they touch."""
    works: tuple[tuple[int, int], ...] = ()
    """The whole shifts of which ``shifts`` are pieces, in order and not touching; empty if both are the same."""

    @property
    def whole_shifts(self) -> tuple[tuple[int, int], ...]:
        """The shifts to which shift limits apply."""
        return self.works or self.shifts


@dataclass(frozen=True)
class Placement:
    """A witness for one call, and the other witnesses that change to make room for it."""

    person: int
    moves: tuple[tuple[int, int], ...] = ()
    """(booking, its new witness)."""


def terms_of(decision: Decision) -> Terms:
    booking, limits = decision.booking, decision.limits
    caps = [cap for cap in (booking.a_day_per_agent, limits.calls_a_day) if cap is not None]
    return Terms(
        gap=limits.gap,
        cap=min([*caps, MOST_A_DAY]),
        title_caps=tuple(sorted(limits.title_calls_a_day)),
        reserve=booking.reserve_percent,
        shift_percent=100 if limits.shift_percent is None else limits.shift_percent,
        shift_end=limits.shift_end,
        prepare=decision.calls.prepare,
    )


def demand_of(decision: Decision, pool: int, starts_at: datetime, day: date, booking: int = -1) -> Demand:
    """The demand of a call with this start time."""
    start = int(starts_at.timestamp())
    end = start + decision.booking.slot + decision.calls.wrap_up
    return Demand(booking, pool, start - decision.calls.prepare, end, day.toordinal(), terms_of(decision))


def instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def merge_touching(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The fewest spans that cover the same time, in order; none is empty."""
    if all(begin < end < after for (begin, end), (after, _) in pairwise([*spans, (NEVER, NEVER)])):
        return tuple(spans)
    result: list[tuple[int, int]] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return tuple(result)
