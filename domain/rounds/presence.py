"""Presence: who can be offered a call at this moment.

A person is present as long as their desk sends heartbeats. An open page or event stream proves nothing: a laptop that
was shut keeps both for minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

VANISHED_AFTER = timedelta(seconds=17)
"""A desk silent for this long has vanished: it missed three heartbeats. A ticker wakes at least every two seconds, so
that a vanished person is noticed within 20."""
FLOOR_SILENT_AFTER = timedelta(minutes=2)
"""The same if at least half of all desks fell silent together: then the outage is most likely on our side."""
FLOOR_AT_LEAST = 3
"""Fewer people than this may well have left together."""
BEAT_EVERY = timedelta(seconds=5)
"""The interval of a desk's heartbeats. The page passes it to the scripts."""
LONGEST_REASON = 80
"""Characters."""

AWAY_REASONS = ("break", "lunch", "meeting", "training", "writing tickets")
"""Suggested in the away menu; people may type others."""


class PresenceState(StrEnum):
    """The state that a person has set. Whether they are on a call is read from the calls."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


def alive(seen_at: datetime, now: datetime) -> bool:
    """Whether the desk's last heartbeat is recent enough."""
    return now - seen_at < VANISHED_AFTER


def gone_after(heard: int, silent: int) -> timedelta:
    """How long a desk must be silent to count as vanished.

    ``heard``: how many desks send heartbeats; ``silent``: how many stopped within ``FLOOR_SILENT_AFTER``. After an
    outage of the database, the network or the web, calls aren't taken from everybody who has one.
    """
    return FLOOR_SILENT_AFTER if silent >= max(heard, FLOOR_AT_LEAST) else VANISHED_AFTER


def present(state: str, seen_at: datetime, now: datetime) -> bool:
    """Whether presence allows an offer: the person is available, and their desk is alive."""
    return state == PresenceState.AVAILABLE and alive(seen_at, now)
