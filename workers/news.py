"""Wakes a part of the process whenever the database sends a notification."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from database.listening import listen
from workers.part import Part

LISTEN_AGAIN_AFTER = 5.0
"""Seconds after an unexpected error. A lost connection is opened again at once."""


@asynccontextmanager
async def woken_by(channel: str, engine: AsyncEngine, wake: Callable[[], None], part: Part) -> AsyncIterator[None]:
    """Until the block ends, call ``wake`` on each notification on this channel, and when some may have been lost."""
    listening = asyncio.create_task(_listen(channel, engine, wake, part))
    try:
        yield
    finally:
        listening.cancel()


async def _listen(channel: str, engine: AsyncEngine, wake: Callable[[], None], part: Part) -> None:
    url = engine.url.render_as_string(hide_password=False)
    while True:
        try:
            async for _ in listen(url, [channel]):
                wake()
        except Exception as error:
            # The part polls as well, so it is only slower without notifications.
            part.note(error, "listening")
        await asyncio.sleep(LISTEN_AGAIN_AFTER)
