"""Waits for whichever comes first: the stop, a notification or a timeout."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def first_of(stop: asyncio.Event, news: asyncio.Event | None, seconds: float) -> None:
    """Return once ``stop`` or ``news`` is set, or after ``seconds``."""
    if news is None:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
        return
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(news.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for waiting in waits:
        waiting.cancel()
