"""Booking: the time that a call takes of somebody, and how a start can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure
from rules_dsl.model.decision import Decision

Span = tuple[datetime, datetime]
"""Half-open, UTC."""


def occupied(starts_at: datetime, decision: Decision) -> Span:
    """The time a call takes of a person: preparation, talk and wrap-up."""
    calls, booking = decision.calls, decision.booking
    return (
        starts_at - timedelta(seconds=calls.prepare),
        starts_at + timedelta(seconds=booking.slot + calls.wrap_up),
    )


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

    title = "This time can't be booked"

    @property
    def detail(self) -> str:
        return f"This time can't be booked: {self.reason}."


@dataclass
class TooLate(Failure):
    """Moving ends when the search for a person begins, cancelling when the call does."""

    title = "It is too late to change this call"
