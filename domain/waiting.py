"""Reminders before a booked call."""

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
    """Contains the start time and the lead time, so that a moved call gets its reminders again."""


def reminders_of(start: datetime, now: datetime, *, customer: Sequence[int], agent: Sequence[int]) -> list[Reminder]:
    """A call's future reminders, in chronological order.

    ``customer`` and ``agent`` are lead times in seconds before the start time. Before the muster, the call has no
    agent, so ``agent`` must not contain lead times that would put a reminder before the muster.
    """
    reminders = [
        Reminder(start - timedelta(seconds=lead), side, f"{start.isoformat()}/{lead}")
        for side, leads in (("customer", customer), ("agent", agent))
        for lead in leads
    ]
    return sorted((one for one in reminders if one.at > now), key=lambda one: (one.at, one.side))
