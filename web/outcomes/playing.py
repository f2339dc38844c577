"""Runs simulations outside the web's event loop: each in its own process, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from domain.failure import Failure
from domain.simulation.comparing import Way, play_ways
from domain.simulation.scenario import Scenario

LONGEST = 25.0
"""Maximum seconds for one simulation here, less than any report may take; `muster simulate` has no limit."""


@dataclass
class AlreadyPlaying(Failure):
    """Somebody else's simulation is running."""

    title = "Another simulation is running"

    @property
    def detail(self) -> str:
        return "Another simulation is running. Try again in half a minute."


@dataclass
class TooLong(Failure):
    """The simulation is too large for this page."""

    status = 422
    title = "This is too much to simulate here"

    @property
    def detail(self) -> str:
        return f"{self.title}. Choose fewer days or escalations, or run “muster simulate” in a terminal."


class SimulationRunner:
    """Runs simulations, one at a time."""

    def __init__(self) -> None:
        self._busy = asyncio.Lock()

    async def play(self, ways: Mapping[str, Scenario], replications: int) -> tuple[Way, ...]:
        """Simulate these scenarios. Raises ``AlreadyPlaying``, or ``TooLong`` if the process had to be ended."""
        if self._busy.locked():
            raise AlreadyPlaying
        async with self._busy:
            pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            try:
                running = asyncio.get_running_loop().run_in_executor(pool, play_ways, dict(ways), replications)
                async with asyncio.timeout(LONGEST):
                    return await running
            except (TimeoutError, BrokenProcessPool):
                raise TooLong from None
            finally:
                _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    """Ends the pool and its processes without waiting for a simulation that is still running."""
    children = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for child in children:
        child.terminate()
