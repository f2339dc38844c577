"""Seats: which starts can be sold, and to whom they are tentatively given.

The direct test of docs/architecture.md: a start is free when some person of the pool is on shift for the
whole occupied time, has no witness in it, and is below the day's cap. It never sells what can't be served,
because every sold booking keeps its witness; it offers less than it could, because it never re-shuffles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.failure import Failure
from rules_dsl.decision import Decision

Span = tuple[datetime, datetime]
"""Half-open, UTC."""


@dataclass(frozen=True)
class Seller:
    """What is known of one person of the pool on the days looked at."""

    person: int
    flexibility: int
    """In how many pools they are. The least flexible are sold first."""
    shifts: tuple[Span, ...]
    busy: tuple[Span, ...]
    """The times of their witnesses."""
    sold_by_day: Mapping[date, frozenset[int]]
    """Which places of the day's cap are taken."""


@dataclass(frozen=True)
class Seat:
    """A start that can be sold, and the private witness of it."""

    starts_at: datetime
    occupies: Span
    person: int
    nth: int
    """The place that it takes of the person's cap on that day."""
    day: date


def occupied(starts_at: datetime, decision: Decision) -> Span:
    """The time a call takes of a person: preparation, talk and wrap-up."""
    calls, booking = decision.calls, decision.booking
    return (
        starts_at - timedelta(seconds=calls.prepare),
        starts_at + timedelta(seconds=booking.slot + calls.wrap_up),
    )


def cap_of(decision: Decision) -> int:
    """Bookings a day that one person may be sold."""
    caps = [cap for cap in (decision.booking.a_day_per_agent, decision.limits.calls_a_day) if cap is not None]
    return min([*caps, 99])


def find_seat(starts_at: datetime, day: date, decision: Decision, sellers: Sequence[Seller]) -> Seat | None:
    """The direct test for one start: the least flexible free person, or None."""
    begin, end = occupied(starts_at, decision)
    gap = timedelta(seconds=decision.limits.gap)
    cap = cap_of(decision)
    for seller in sorted(sellers, key=lambda seller: (seller.flexibility, seller.person)):
        on_shift = any(start <= begin and end <= stop for start, stop in seller.shifts)
        free = all(stop + gap <= begin or end + gap <= start for start, stop in seller.busy)
        taken = seller.sold_by_day.get(day, frozenset())
        if on_shift and free and len(taken) < cap:
            nth = next(place for place in range(1, cap + 1) if place not in taken)
            return Seat(starts_at, (begin, end), seller.person, nth, day)
    return None


@dataclass
class SlotTaken(Failure):
    """Somebody else has it. ``nearest`` are free starts around it."""

    starts_at: datetime
    nearest: tuple[datetime, ...] = ()

    title = "This time has just been taken"


@dataclass
class SlotRefused(Failure):
    """A start that is not offered: in the past, off the grid, outside the notice or the opening hours."""

    starts_at: datetime
    reason: str
    nearest: tuple[datetime, ...] = ()

    status = 422
    title = "This time can't be booked"

    @property
    def detail(self) -> str:
        return f"This time can't be booked: {self.reason}."


@dataclass
class TooLate(Failure):
    """Moving ends when the search for a person begins, cancelling when the call does."""

    title = "It is too late to change this call"
