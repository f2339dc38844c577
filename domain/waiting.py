"""Waiting for a booked call: its reminders."""

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
    """Contains the start and the lead, so that a moved call gets its reminders again."""


def reminders_of(start: datetime, now: datetime, *, customer: Sequence[int], agent: Sequence[int]) -> list[Reminder]:
    """The future reminders of a call, in order of time.

    ``customer`` and ``agent`` are seconds before the start. Before the muster nobody has the call, so callers give no
    earlier reminders for the agent.
    """
    reminders = [
        Reminder(start - timedelta(seconds=lead), side, f"{start.isoformat()}/{lead}")
        for side, leads in (("customer", customer), ("agent", agent))
        for lead in leads
    ]
    return sorted((one for one in reminders if one.at > now), key=lambda one: (one.at, one.side))
