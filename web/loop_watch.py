"""Measures for how long the event loop is held: while it computes for one request, everybody else waits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Histogram

log = logging.getLogger(__name__)

TICK = 0.05
"""Seconds between two looks."""
LONGEST_HOLD = 0.1
"""Seconds for which a request may hold the loop; anything longer is logged."""
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class LoopWatch:
    """Observes the processor time that the loop's thread spends from one tick to the next.

    Processor time, because a machine that is busy with other things isn't our fault.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._held = Histogram(
            "muster_loop_held_seconds",
            "Processor seconds of the event loop's thread between two ticks",
            buckets=_BUCKETS,
            registry=registry,
        )

    async def run(self) -> None:
        """Watch until cancelled."""
        await watch_loop(self._observe)

    def _observe(self, seconds: float) -> None:
        self._held.observe(seconds)
        if seconds > LONGEST_HOLD:
            log.warning("event loop held seconds=%.3f", seconds)


async def watch_loop(observe: Callable[[float], None], tick: float = TICK) -> None:
    """Report the loop's processor seconds between two ticks, until cancelled."""
    while True:
        before = time.thread_time()
        await asyncio.sleep(tick)
        observe(time.thread_time() - before)
