"""Presence: who can be offered a call at this moment.

A person is present while their desk says so again and again. An open page or an open event stream proves
nothing: a laptop that was shut keeps both for minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

VANISHED_AFTER = timedelta(seconds=17)
"""A desk that has been silent for this long is gone: three beats missed. A ticker looks every two seconds at the
latest, so that a vanished person is noticed within 20."""
FLOOR_SILENT_AFTER = timedelta(minutes=2)
"""The same where half of all fell silent together: that is far more likely to be our doing than theirs."""
FLOOR = 3
"""Fewer people than this can well be gone together."""
BEAT_EVERY = timedelta(seconds=5)
"""How often a desk says that it is there. Its page hands this to the scripts."""
LONGEST_REASON = 80

AWAY_REASONS = ("break", "lunch", "meeting", "training", "writing tickets")
"""Offered in the away menu; others may be typed."""


class PresenceState(StrEnum):
    """What a person has said of themselves. Being on a call is read from the calls, not said."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


def alive(seen_at: datetime, now: datetime) -> bool:
    """Whether the desk has been heard of lately enough."""
    return now - seen_at < VANISHED_AFTER


def gone_after(heard: int, silent: int) -> timedelta:
    """For how long a desk has to be silent to be gone.

    ``heard`` people's desks are heard of, ``silent`` ones fell silent in the last ``FLOOR_SILENT_AFTER``. Where a
    database, a network or the web was away, calls are not taken from everybody who has one.
    """
    return FLOOR_SILENT_AFTER if silent >= max(heard, FLOOR) else VANISHED_AFTER


def present(state: str, seen_at: datetime, now: datetime) -> bool:
    """Whether a call may be offered, as far as presence goes: available, and lately heard of."""
    return state == PresenceState.AVAILABLE and alive(seen_at, now)
