"""When a message that could not be delivered is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MINUTE, HOUR = 60, 3600

WAITS = (
    5,
    30,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    18 * HOUR,
    24 * HOUR,
)
"""Seconds after the first, second, … failed attempt; 75 hours in all, as Standard Webhooks has it."""

JITTER = 0.1
"""Waits are up to this share longer, so that what failed together is not tried together."""
LONGEST_ASKED = 24 * HOUR
"""Longest wait that a receiver may ask for."""


@dataclass
class Undelivered(Exception):
    """An attempt failed. ``final``: another would fail too."""

    reason: str
    final: bool = False
    wait: float | None = None
    """Seconds that the receiver asked us to wait."""

    def __str__(self) -> str:
        return self.reason


def next_wait(attempts: int, failure: Undelivered, chance: float) -> timedelta | None:
    """The time until the next attempt, or None where it is given up.

    ``attempts`` made so far, from 1; ``chance`` in [0, 1) spreads the waits.
    """
    if failure.final or attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * (1 + JITTER * chance)
    return timedelta(seconds=max(wait, min(failure.wait or 0, LONGEST_ASKED)))
