"""Many who ask the same of the database at about the same time are answered by one question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 500


class Batcher(Generic[Key, Answer]):
    """One question runs at a time; who asks meanwhile is in the next.

    So an answer is never older than its question, and as many ask, the fewer statements each costs. ``ask`` takes
    distinct keys, ``most`` of them at most, and answers for those it knows. ``pause`` is the least time
    between the beginnings of two questions, in seconds: what somebody may wait longer, for a process that is busy
    to ask less often. What ``ask`` raises, each of those who asked is told.
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
        """The answer for this key; None where the database knows none."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        told = self._waiting[key]
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._serve())
        # Who goes away takes nothing from the others who wait for the same.
        return await asyncio.shield(told)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            await asyncio.sleep(max(self._began + self._pause - clock(), 0.0))
            self._began = clock()
            asked = {key: self._waiting.pop(key) for key in list(self._waiting)[: self._most]}
            try:
                answers = await self._ask(asked.keys())
            except BaseException as problem:
                for told in asked.values():
                    _tell(told, problem)
                if not isinstance(problem, Exception):
                    raise
            else:
                for key, told in asked.items():
                    told.set_result(answers.get(key))


def _tell(told: asyncio.Future[Answer | None], problem: BaseException) -> None:
    told.set_exception(problem)
    # Nobody may be there any more to hear of it.
    told.exception()
