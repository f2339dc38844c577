"""A part of a process: a loop that only its stop ends.

A process runs its parts beside each other in one task group, so an exception that escaped from one would end them all.
Whatever fails in a part is logged, counted and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import DBAPIError, DisconnectionError
from temporalio.service import RPCError

from activities.outage import is_temporal_down
from database.engine import is_down
from workers.pulse import PULSES
from workers.waking import first_of

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
"""Maximum seconds between two runs of a part that has failed unexpectedly several times in a row."""


def is_outage(error: Exception) -> bool:
    """Whether the database, Temporal or the machine explains the error, so that Muster's own code isn't to blame."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return is_down(error) or is_temporal_down(error) or isinstance(error, RPCError | DisconnectionError | OSError)


class Part:
    """One part of the process. A run of it has worked if none of its steps has failed."""

    def __init__(self, name: str, *, longest_pause: float = LONGEST_PAUSE) -> None:
        self.name = name
        self._longest_pause = longest_pause
        self._failed = self._unexpected = False
        self._unexpected_runs = 0
        self._logged: set[tuple[str, str]] = set()

    @contextmanager
    def run(self) -> Iterator[None]:
        """One run, reported to the probe. Errors end it, and don't leave the block."""
        PULSES.tried(self.name)
        self._failed = self._unexpected = False
        with self.step():
            yield
        self._unexpected_runs = self._unexpected_runs + 1 if self._unexpected else 0
        if not self._failed:
            PULSES.worked(self.name)

    @contextmanager
    def step(self, step: str = "all") -> Iterator[None]:
        """A step of a run. Errors end the step, and the others go on."""
        try:
            yield
        except Exception as error:
            self.note(error, step)

    @property
    def failed(self) -> bool:
        """Whether a step of the present run has failed, or of the last one if none is under way."""
        return self._failed

    def note(self, error: Exception, step: str) -> None:
        """Log and count an error, because of which the present run has failed."""
        self._failed = True
        self._unexpected = self._unexpected or not is_outage(error)
        self.log_failure(error, step)

    def log_failure(self, error: Exception, step: str, of: str = "") -> None:
        """Log and count an error: an unexpected one with its traceback, once for each line of code that raises it.

        ``of`` says what the step was working on, as ``name=value``.
        """
        PULSES.failed(self.name)
        ids = f"{self.name} step={step}{of and ' '}{of}"
        place = (step, _place(error))
        if is_outage(error):
            log.warning("part failed, retrying part=%s error=%s", ids, _name(error))
        elif place in self._logged:
            log.warning("unexpected error again, retrying part=%s error=%s", ids, place[1])
        else:
            self._logged.add(place)
            log.error("unexpected error, retrying part=%s error=%s", ids, place[1], exc_info=error)

    async def pause(self, stop: asyncio.Event, seconds: float, news: asyncio.Event | None = None) -> None:
        """Wait for the next run: for ``seconds``, or until ``stop`` or ``news`` is set.

        After unexpected errors it is twice as long each time, at least a second at first, and news don't shorten it.
        """
        if self._unexpected_runs:
            patience = max(seconds, 1.0) * 2.0 ** min(self._unexpected_runs - 1, 10)
            await first_of(stop, None, max(seconds, min(patience, self._longest_pause)))
        else:
            await first_of(stop, news, seconds)


def _name(error: Exception) -> str:
    return error.status.name if isinstance(error, RPCError) else type(error).__name__


def _place(error: Exception) -> str:
    """The kind of error, and the file and line that raised it."""
    frames = extract_tb(error.__traceback__)
    line = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    return f"{_name(error)}@{line}"


async def keep_running(part: Part, work: Callable[[], Coroutine[None, None, None]], stop: asyncio.Event) -> None:
    """Run ``work``, which ends at ``stop``; if an error ends it before that, run it again."""
    while not stop.is_set():
        with part.run():
            await work()
            return
        await part.pause(stop, 1.0)
