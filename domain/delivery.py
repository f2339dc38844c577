"""When to retry a message that could not be delivered."""

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
"""Seconds to wait after the first, second, … failed attempt: 75 hours in all, as in Standard Webhooks."""

JITTER = 0.1
"""Each wait is lengthened by up to this fraction, so that messages that failed together aren't retried together."""
LONGEST_RETRY_AFTER = 24 * HOUR
"""The longest wait, in seconds, that a receiver may ask for."""


@dataclass
class Undelivered(Exception):
    """An attempt failed. ``final`` means that another one would fail too."""

    reason: str
    final: bool = False
    wait: float | None = None
    """Seconds that the receiver asked us to wait."""

    def __str__(self) -> str:
        return self.reason


def next_wait(attempts: int, failure: Undelivered, chance: float) -> timedelta | None:
    """The time until the next attempt, or None to give up.

    ``attempts`` is the number of attempts made so far, at least 1. ``chance`` is a random number in [0, 1) that spreads
    out the waits.
    """
    if failure.final or attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * (1 + JITTER * chance)
    return timedelta(seconds=max(wait, min(failure.wait or 0, LONGEST_RETRY_AFTER)))
