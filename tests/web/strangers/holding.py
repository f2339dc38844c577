"""Measures for how long the event loop was held, as processor time of its thread."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LOOP_HELD_AT_MOST = 0.1
"""Processor seconds that the event loop may spend between two of its turns."""
_TICK = 0.001


@asynccontextmanager
async def turns_watched() -> AsyncIterator[list[float]]:
    """Collects the processor seconds between turns of the event loop while the block runs.

    Collections of garbage are left to the end: they cost what the whole test run has piled up, not what a request did.
    """
    spent: list[float] = [0.0]

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(_TICK)
            spent.append(time.thread_time() - before)

    gc.collect()
    gc.disable()
    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield spent
    finally:
        watching.cancel()
        gc.enable()
