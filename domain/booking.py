"""Booking: the time that a call occupies, and why a start time can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure
from rules_dsl.model.decision import Decision

Span = tuple[datetime, datetime]
"""Half-open, UTC."""


def occupied(starts_at: datetime, decision: Decision) -> Span:
    """The time for which a call occupies a person: preparation, talk and wrap-up."""
    calls, booking = decision.calls, decision.booking
    return (
        starts_at - timedelta(seconds=calls.prepare),
        starts_at + timedelta(seconds=booking.slot + calls.wrap_up),
    )


@dataclass
class SlotTaken(Failure):
    """The start time is no longer free. ``nearest`` are free start times around it."""

    starts_at: datetime
    nearest: tuple[datetime, ...] = ()

    title = "This time has just been taken"


@dataclass
class SlotRefused(Failure):
    """The start time isn't offered: in the past, off the grid, within the notice period or outside opening hours."""

    starts_at: datetime
    reason: str
    nearest: tuple[datetime, ...] = ()

    title = "This time can't be booked"

    @property
    def detail(self) -> str:
        return f"This time can't be booked: {self.reason}."


@dataclass
class TooLate(Failure):
    """Too late to move or cancel the call. It can be moved until the search for a person begins, and cancelled until
    the call begins.
    """

    title = "It is too late to change this call"
