"""Threads for long computations, apart from those that file reads, name look-ups and everything else short share.

Python computes in one thread at a time, so more of them would make nothing faster, and everything else slower.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from domain.failure import Overloaded

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class BoundedThreads:
    """Computes a few things at once, lets a few more wait, and refuses the rest at once."""

    def __init__(self, name: str, *, at_once: int, waiting: int, niceness: int = 0) -> None:
        """``niceness`` lets everything else go first. Only for what doesn't compute in Python: a thread that waits for
        a core while it holds Python's lock would hold up everybody.
        """
        self._threads = ThreadPoolExecutor(
            at_once, thread_name_prefix=name, initializer=_stand_back, initargs=(niceness,)
        )
        self._most = at_once + waiting
        # Also what nobody waits for any more, if it had begun: a thread can't be stopped.
        self._under_way: set[Future[Any]] = set()

    async def run(
        self, function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """The function's result. Raises ``Overloaded`` if too many are waiting already."""
        if len(self._under_way) >= self._most:
            raise Overloaded
        context = contextvars.copy_context()
        future = self._threads.submit(context.run, partial(function, *args, **kwargs))
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return await asyncio.wrap_future(future)


def _stand_back(niceness: int) -> None:
    # Only Linux has a niceness for each thread; elsewhere the whole process would stand back.
    if niceness and sys.platform == "linux":
        os.nice(niceness)


RULES_TEXTS = BoundedThreads("rules texts", at_once=2, waiting=16)
"""Whatever reads, checks, compares or tries rules texts on a page: up to seconds each."""
SEAT_SEARCHES = BoundedThreads("seat searches", at_once=2, waiting=8)
"""Searches, on a page, for a way to serve every booked call: up to ``LONGER`` seconds each."""
