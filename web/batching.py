"""Shares one query among requests that ask the database for the same kind of thing at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 500


class Batcher(Generic[Key, Answer]):
    """Runs one query at a time; requests that arrive meanwhile share the next one.

    An answer is therefore never older than its request, and under load each request costs fewer statements. ``ask``
    takes at most ``most`` distinct keys and returns the answers for those that exist; if it raises, all requests in the
    batch raise the same exception. ``pause`` is the minimum time between the starts of two queries, in seconds:
    requests may wait longer, but a busy process runs fewer queries.
    """

    def __init__(
        self,
        ask: Callable[[Collection[Key]], Awaitable[Mapping[Key, Answer]]],
        pause: float = 0.0,
        most: int = MOST_AT_ONCE,
    ) -> None:
        self._ask = ask
        self._pause = pause
        self._most = most
        self._waiting: dict[Key, asyncio.Future[Answer | None]] = {}
        self._running: asyncio.Task[None] | None = None
        self._began = -pause

    async def get(self, key: Key) -> Answer | None:
        """The answer for this key; None if the database has none."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        answer = self._waiting[key]
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._serve())
        # A cancelled request must not cancel the others waiting for the same key.
        return await asyncio.shield(answer)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            await asyncio.sleep(max(self._began + self._pause - clock(), 0.0))
            self._began = clock()
            batch = {key: self._waiting.pop(key) for key in list(self._waiting)[: self._most]}
            try:
                answers = await self._ask(batch.keys())
            except BaseException as problem:
                for future in batch.values():
                    _fail(future, problem)
                if not isinstance(problem, Exception):
                    raise
            else:
                for key, future in batch.items():
                    future.set_result(answers.get(key))


def _fail(future: asyncio.Future[Answer | None], problem: BaseException) -> None:
    future.set_exception(problem)
    # Marks the exception as retrieved, because every waiting request may have been cancelled.
    future.exception()
