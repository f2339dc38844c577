"""Playing simulations beside the web's event loop: in a process of their own, one at a time."""

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

LONGEST = 60.0
"""Seconds that one simulation may take here; `muster simulate` has all day."""


@dataclass
class AlreadyPlaying(Failure):
    """Somebody else's simulation has the machine."""

    title = "Another simulation is running"

    @property
    def detail(self) -> str:
        return "Another simulation is running. Try again in half a minute."


@dataclass
class TooLong(Failure):
    """More than this page plays."""

    status = 422
    title = "This is too much to play here"

    @property
    def detail(self) -> str:
        return "This is too much to play here. Take fewer days or escalations, or run “muster simulate” at a terminal."


class SimulationRunner:
    """Where simulations are played."""

    def __init__(self) -> None:
        self._busy = asyncio.Lock()

    async def play(self, ways: Mapping[str, Scenario], replications: int) -> tuple[Way, ...]:
        """Raises ``AlreadyPlaying`` and ``TooLong``; a simulation that takes too long is ended, process and all."""
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
    """Without waiting for what is still being played."""
    children = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for child in children:
        child.terminate()
