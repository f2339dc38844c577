"""Waiting for parts of the embedded stack: in parallel, and never in silence for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

TELL_EVERY = 15.0
"""Seconds between two lines that say what is being waited for."""
PAUSE = 0.1
"""Seconds between two looks at what is being waited for."""


class Waiting:
    """One wait, which says from time to time what for."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._began = self._told = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the wait began."""
        return time.monotonic() - self._began

    async def pause(self, name: str, lack: str, until: asyncio.Task[int] | None = None, seconds: float = PAUSE) -> None:
        """Wait for a moment, or until the task is done if that is sooner. ``lack`` is what is being waited for."""
        if time.monotonic() - self._told > TELL_EVERY:
            self._told = time.monotonic()
            self._report(f"still waiting for {name} after {self.seconds:.0f} s: {lack}")
        if until is None:
            await asyncio.sleep(seconds)
        else:
            await asyncio.wait((until,), timeout=seconds)


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Run these concurrently. The first that fails ends the others; its error is raised by itself, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
