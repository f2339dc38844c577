"""When each part of a process last tried to work, and last succeeded. The probe answers from this.

The parts report to one object per process, as they do to the log. It measures by the monotonic clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

WORKER_PARTS: Mapping[str, float] = {
    "polling": 30,
    "relay": 90,
    "sender_mail": 60,
    "sender_webhook": 60,
    # Writing everybody's shifts or rebuilding many workflows takes minutes.
    "auditor": 900,
    "seat_keeper": 120,
    "calendars": 120,
    "rebuild_requests": 120,
    # It runs every hour.
    "retention": 9000,
}
"""Seconds without an attempt after which a part counts as stuck, and without success as not working."""
SELDOM = 600
"""A part with a limit above this counts as working from the start: it can't be expected to succeed at once."""
TICKER_PARTS: Mapping[str, float] = {"rounds": 30, "round_held": math.inf}
"""As for the worker. With several tickers, any of them may hold every round."""


@dataclass
class Pulse:
    """One part's last attempt and last success, in seconds of the monotonic clock."""

    limit: float
    tried_at: float
    worked_at: float | None = None
    times_worked: int = 0
    times_failed: int = 0
    began_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.began_at = self.tried_at

    def is_stuck(self, now: float) -> bool:
        """Whether the part has not even tried for too long, which only a restart can fix."""
        return now - self.tried_at > self.limit

    def is_working(self, now: float) -> bool:
        if self.limit == math.inf:
            return True
        worked_at = self.began_at if self.worked_at is None and self.limit > SELDOM else self.worked_at
        return worked_at is not None and now - worked_at <= self.limit


class Pulses:
    """The pulses of a process's parts. Reports of parts that aren't expected are ignored."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulses: dict[str, Pulse] = {}
        self._began_at = clock()

    def up_seconds(self) -> float:
        """Seconds since the process began."""
        return self._clock() - self._began_at

    def expect(self, parts: Mapping[str, float]) -> None:
        """Expect these parts to report from now on, each within its limit in seconds."""
        self._pulses = {part: Pulse(limit, self._clock()) for part, limit in parts.items()}

    def tried(self, part: str) -> None:
        if pulse := self._pulses.get(part):
            pulse.tried_at = self._clock()

    def worked(self, part: str) -> None:
        if pulse := self._pulses.get(part):
            pulse.tried_at = pulse.worked_at = self._clock()
            pulse.times_worked += 1

    def failed(self, part: str) -> None:
        """Count a failure. The part may still work: what counts for that is its last success."""
        if pulse := self._pulses.get(part):
            pulse.times_failed += 1

    def stuck(self) -> list[str]:
        """The parts that have not tried for too long."""
        now = self._clock()
        return [part for part, pulse in self._pulses.items() if pulse.is_stuck(now)]

    def failing(self) -> list[str]:
        """The parts that have not succeeded for too long, or not yet."""
        now = self._clock()
        return [part for part, pulse in self._pulses.items() if not pulse.is_working(now)]

    def ages(self) -> dict[str, float | None]:
        """Seconds since each part's last success; None if there was none yet."""
        now = self._clock()
        return {
            part: None if pulse.worked_at is None else round(now - pulse.worked_at, 3)
            for part, pulse in self._pulses.items()
        }

    def times(self) -> dict[str, int]:
        """How many times each part has succeeded."""
        return {part: pulse.times_worked for part, pulse in self._pulses.items()}

    def failures(self) -> dict[str, int]:
        """How many failures of each part were logged. One run may have several."""
        return {part: pulse.times_failed for part, pulse in self._pulses.items()}


PULSES = Pulses()
"""The pulses of this process."""
