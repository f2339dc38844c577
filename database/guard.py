"""Connections that never wait for ever: each statement is answered in time, or the connection is given up.

PostgreSQL's own limits need a PostgreSQL that runs, and TCP's need a kernel that doesn't acknowledge. A server that
stands still (a stopped process, a frozen virtual machine, a hanging disk) keeps its connections open and says nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from psycopg import AsyncConnection, OperationalError, waiting
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg.pq import TransactionStatus

Answer = TypeVar("Answer")


class NotAnswered(OperationalError):
    """The database didn't answer in time. Whether the statement took effect isn't known."""


@dataclass
class Deadline:
    """When the caller of everything in this context gives up, on the event loop's clock. Infinity lifts it."""

    until: float = math.inf


_DEADLINE: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def answers_by(deadline: Deadline) -> Iterator[None]:
    """Give up waiting for the database at ``deadline``, even if the connection's own limit is later.

    Tasks that outlive the block share the object, so it is lifted at the end.
    """
    token = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        deadline.until = math.inf
        _DEADLINE.reset(token)


def _until_deadline() -> float:
    deadline = _DEADLINE.get()
    return math.inf if deadline is None else max(0.0, deadline.until - asyncio.get_running_loop().time())


class GuardedConnection(AsyncConnection[Any]):
    """A connection that is closed if the server doesn't answer in time, or if the caller is cancelled.

    PostgreSQL notices the closed connection within ``limits.CLIENT_CHECK`` and rolls back. ``longest_wait`` is in
    seconds.
    """

    longest_wait: float = math.inf

    @classmethod
    async def open(cls, *args: Any, longest_wait: float, **kwargs: Any) -> Self:
        """Connect. Raises ``NotAnswered`` at the caller's deadline, or psycopg's own errors."""
        left = _until_deadline()
        try:
            async with asyncio.timeout(None if math.isinf(left) else left):
                connection = await cls.connect(*args, **kwargs)
        except TimeoutError as error:
            raise NotAnswered(f"no connection to the database within {left:.1f} s") from error
        connection.longest_wait = longest_wait
        return connection

    async def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:  # noqa: ASYNC109 (psycopg's own signature)
        """Like psycopg's, which has no limit and, on cancellation, asks the server to cancel and waits again.

        A ``timeout`` of psycopg's own (how long to listen for notifications) isn't a failure, so it stays psycopg's.
        """
        if timeout is not None:
            return await super().wait(gen, interval, timeout)
        limit = min(self.longest_wait, _until_deadline())
        try:
            longest = None if math.isinf(limit) else limit
            return await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=longest)
        except _WaitTimeout:
            self.pgconn.finish()
            raise NotAnswered(f"no answer from the database within {limit:.1f} s") from None
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise

    async def rollback(self) -> None:
        """Roll back. Without an answer, closing the connection has the same effect, so that isn't an error."""
        try:
            await super().rollback()
        except NotAnswered:
            self.pgconn.finish()
