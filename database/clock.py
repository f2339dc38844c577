"""The time by which a process decides: its own clock, corrected to the database's if the two differ.

Processes on machines whose clocks differ must agree on what has expired, what is due and what is sold. So each of them
measures how far its clock is from the database's (``database.clock_reading``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)

LIMIT = timedelta(seconds=2)
"""A larger difference is reported and corrected. Smaller ones are common, and correcting them would only add noise."""
AGREES_AGAIN = LIMIT / 2
"""A clock that has differed must come this close before it is trusted again, so that it isn't reported repeatedly."""
JITTER = timedelta(seconds=0.25)
"""Corrections don't change for less, so that time doesn't jump back and forth with each reading."""


class CorrectedClock:
    """A process's clock. Without a reading it is the system's; while the database is away, the last reading counts."""

    def __init__(self, system: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._system = system
        self._correction = timedelta(0)
        self.offset: timedelta | None = None
        """The database's clock minus the system's, as last measured."""
        self.measured_at: float | None = None
        """When that was, in seconds of ``time.monotonic``."""

    @property
    def differs(self) -> bool:
        """Whether the system's clock is being corrected."""
        return self._correction != timedelta(0)

    def now(self) -> datetime:
        return self._system() + self._correction

    def system_now(self) -> datetime:
        """The system's clock, uncorrected: to be noted before the database is asked for its own."""
        return self._system()

    def learn(self, asked_at: datetime, answer: datetime, round_trip: timedelta) -> None:
        """Take note of a reading: the database answered ``answer`` to a question asked at ``asked_at``.

        The answer is taken to be half a round trip old, and may be off by as much.
        """
        error = round_trip / 2
        offset = answer - (asked_at + error)
        self.offset, self.measured_at = offset, time.monotonic()
        limit = AGREES_AGAIN if self.differs else LIMIT
        if abs(offset) <= limit + error:
            self._correct(timedelta(0))
        elif not self.differs or abs(offset - self._correction) > JITTER + error:
            self._correct(offset)

    def _correct(self, correction: timedelta) -> None:
        before, self._correction = self._correction, correction
        if correction == timedelta(0):
            if before != correction:
                log.warning("clock agrees with the database's again")
        elif before == timedelta(0) or abs(correction - before) > LIMIT:
            log.warning("clock differs, using the database's offset=%+.1f s", correction.total_seconds())


PROCESS_CLOCK = CorrectedClock()
"""The clock of this process."""


def current_time() -> datetime:
    """The current time in UTC, by the database's clock as far as it is known."""
    return PROCESS_CLOCK.now()
