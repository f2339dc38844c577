"""Presence: who can be offered a call right now.

A person is present as long as something is heard of them: the heartbeats of any staff page, and whatever they do while
signed in. An open event stream proves nothing: it stays alive for minutes after a laptop is closed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

VANISHED_AFTER = timedelta(seconds=17)
"""A desk that is silent for this long has vanished: it has missed three heartbeats. A ticker wakes at least every two
seconds, so a vanished person is noticed within 20 seconds."""
FLOOR_SILENT_AFTER = timedelta(minutes=2)
"""This limit applies instead if at least half of all desks fell silent together: the outage is then most likely on our
side.
"""
FLOOR_AT_LEAST = 3
"""If the desks of fewer people than this fall silent together, the people may simply have left."""
BEAT_EVERY = timedelta(seconds=5)
"""The interval between a page's heartbeats. The page passes it to the scripts."""
LONGEST_REASON = 80
"""In characters."""

AWAY_REASONS = ("break", "lunch", "meeting", "training", "writing tickets")
"""Suggested in the away menu; people may also type their own."""


class PresenceState(StrEnum):
    """The state that a person has set. Whether they are on a call is determined from the calls."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


def alive(seen_at: datetime, now: datetime) -> bool:
    """Whether the desk's last heartbeat is recent enough."""
    return now - seen_at < VANISHED_AFTER


def gone_after(heard: int, silent: int) -> timedelta:
    """How long a desk must be silent to count as vanished.

    ``heard``: how many desks send heartbeats; ``silent``: how many stopped within ``FLOOR_SILENT_AFTER``. The longer
    limit keeps an outage of the database, the network or the web processes from taking everybody's calls away.
    """
    return FLOOR_SILENT_AFTER if silent >= max(heard, FLOOR_AT_LEAST) else VANISHED_AFTER


def present(state: str, seen_at: datetime, now: datetime) -> bool:
    """Whether presence allows an offer: the person is available, and their desk is alive."""
    return state == PresenceState.AVAILABLE and alive(seen_at, now)
