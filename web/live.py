"""Live pages: one listening connection per process, fanned out to any number of server-sent event streams."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from starlette.responses import StreamingResponse

from database.listening import EVERYTHING, listen
from domain.ids import LIVE_CHANNEL

KEEP_ALIVE = 10.0
"""Seconds between comments on a stream, and between checks of its session."""
_WAITING_AT_MOST = 1000


@dataclass(frozen=True)
class StreamEvent:
    name: str
    """Empty for a message that htmx swaps into the page by itself."""
    data: str
    id: str = ""
    """If given, a browser that reconnects sends it as ``Last-Event-ID``."""

    def encode(self) -> bytes:
        lines = "".join(f"data: {line}\n" for line in self.data.splitlines() or [""])
        event = f"event: {self.name}\n" if self.name else ""
        number = f"id: {self.id}\n" if self.id else ""
        return f"{event}{number}{lines}\n".encode()


Draw = Callable[[str], Awaitable[Sequence[StreamEvent]]]
"""Returns the events for one payload, often none. ``EVERYTHING`` comes first, and again after each reconnection."""


class Live:
    """Distributes notifications to streams. Call ``start`` in the lifespan, ``hush`` when the server begins to stop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._subscribers: set[asyncio.Queue[str | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._hushed = False

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="live")

    async def stop(self) -> None:
        self.hush()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def hush(self) -> None:
        """End every stream; browsers reconnect automatically. Safe to call twice."""
        self._hushed = True
        self._publish(None)

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[str | None]]:
        """A queue of payloads, starting with ``EVERYTHING``; None means that the server is stopping."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING_AT_MOST)
        queue.put_nowait(None if self._hushed else EVERYTHING)
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.discard(queue)

    async def _listen(self) -> None:
        async for notification in listen(self._url, [LIVE_CHANNEL]):
            self._publish(notification.payload)

    def _publish(self, payload: str | None) -> None:
        for queue in self._subscribers:
            # A reader this far behind gets ``EVERYTHING`` once instead of what it missed.
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(EVERYTHING)
            queue.put_nowait(payload)


Subscription = AbstractContextManager[asyncio.Queue[str | None]]
"""A queue of payloads; None ends the stream."""


def event_stream(
    subscription: Subscription, draw: Draw, still_allowed: Callable[[], Awaitable[bool]]
) -> StreamingResponse:
    """Server-sent events until ``still_allowed`` returns False or the server stops."""

    async def frames() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        clock = asyncio.get_running_loop().time
        checked = clock()
        with subscription as queue:
            while True:
                try:
                    payload = await asyncio.wait_for(queue.get(), max(checked + KEEP_ALIVE - clock(), 0.0))
                except TimeoutError:
                    payload = ""
                # Checked at regular intervals, because even a stream that is never idle may outlive its session.
                if clock() - checked >= KEEP_ALIVE:
                    if not await still_allowed():
                        return
                    checked = clock()
                    yield b": still here\n\n"
                if payload is None:
                    return
                for event in await draw(payload) if payload else ():
                    yield event.encode()

    return StreamingResponse(
        frames(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    )
