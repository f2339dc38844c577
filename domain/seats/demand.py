"""What selling a seat must keep to: the limits of a plan as whole numbers, and what one call takes of a person.

Times are whole seconds since 1970 in UTC, so that a day has as many as it lasts, through every clock change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple

from rules_dsl.model.decision import Decision

NEVER = 1 << 62
"""After every second that there is."""
MOST_A_DAY = 99
"""Calls a day of one person where the rules name no limit; the database counts no further."""


@dataclass(frozen=True)
class Terms:
    """The limits that a plan puts on whoever serves its call."""

    gap: int = 0
    """Seconds free of calls before this one."""
    cap: int = MOST_A_DAY
    """Calls a day of one person."""
    title_caps: tuple[tuple[int, int], ...] = ()
    """(title, calls a day); the stricter counts."""
    reserve: int = 0
    """Percent of the people of a team on shift, rounded up, who are left free."""
    shift_percent: int = 100
    """At most this much of a shift in calls."""
    shift_end: int = 0
    """No call begins in the last so many seconds of a shift."""
    prepare: int = 0
    """Seconds of preparation, with which the occupied time begins."""

    def cap_of(self, title: int) -> int:
        """Calls a day of one person of this title."""
        return min([self.cap, *(most for named, most in self.title_caps if named == title)])


class Demand(NamedTuple):
    """What one call takes of one person of a pool: a time, preparation and wrap-up included.

    A tuple, because a page reads ten thousand of them while somebody waits.
    """

    booking: int
    """Below zero for one that is not sold."""
    pool: int
    begin: int
    end: int
    day: int
    """The ordinal of the day of its start in the desk's zone."""
    terms: Terms
    pinned: bool = False
    """Whether its witness may not change any more."""

    @property
    def busy_from(self) -> int:
        """From when on its person must be free of other calls."""
        return self.begin - self.terms.gap


@dataclass(frozen=True)
class Member:
    """Somebody whom seats can rest on."""

    person: int
    team: int
    title: int
    flexibility: int
    """In how many pools they are. The least flexible are sold first."""
    shifts: tuple[tuple[int, int], ...]
    """Half-open, in order, merged where they touch."""
    works: tuple[tuple[int, int], ...] = ()
    """The whole working times that the shifts are pieces of, in order and apart; empty where they are the same.
    Limits of a shift mean these."""

    @property
    def whole(self) -> tuple[tuple[int, int], ...]:
        return self.works or self.shifts


@dataclass(frozen=True)
class Placement:
    """A person for one call, and whoever else's witness changes for it."""

    person: int
    moves: tuple[tuple[int, int], ...] = ()
    """(booking, its new person)."""


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
    """The seat that a call at this start asks for."""
    start = int(starts_at.timestamp())
    end = start + decision.booking.slot + decision.calls.wrap_up
    return Demand(booking, pool, start - decision.calls.prepare, end, day.toordinal(), terms_of(decision))


def instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def merge_touching(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same time in as few spans as possible, in order; empty spans are left out."""
    if all(begin < end < after for (begin, end), (after, _) in pairwise([*spans, (NEVER, NEVER)])):
        return tuple(spans)
    result: list[tuple[int, int]] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return tuple(result)
