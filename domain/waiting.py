"""Waiting for a booked call: which reminders are still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Reminder:
    at: datetime
    side: str
    """``customer`` or ``agent``."""
    step: str
    """Names the start and the lead, so that a moved call gets its reminders anew."""


def reminders_of(start: datetime, now: datetime, *, customer: Sequence[int], agent: Sequence[int]) -> list[Reminder]:
    """The reminders of a call, in order of time; those whose time has passed are left out.

    ``customer`` and ``agent`` are seconds before the start. (Before the muster nobody has the call: a reminder
    of the agent that comes earlier than that would find nobody, and is not given here.)
    """
    found = [
        Reminder(start - timedelta(seconds=lead), side, f"{start.isoformat()}/{lead}")
        for side, leads in (("customer", customer), ("agent", agent))
        for lead in leads
    ]
    return sorted((one for one in found if one.at > now), key=lambda one: (one.at, one.side))
