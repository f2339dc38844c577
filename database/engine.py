"""The engine: SQLAlchemy over psycopg, READ COMMITTED, UTC."""

import math
import time
from functools import partial
from typing import Any

from psycopg import AsyncConnection, Error
from psycopg._preparing import PrepareManager
from psycopg.pq import Format
from pydantic_core import from_json
from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import Dialect, ExceptionContext, ExecutionContext
from sqlalchemy.exc import InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DATABASE_DOWN = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised when the database does not answer, or has no connection or disk left for us."""


TRUSTED = 1.0
"""Seconds for which a connection that was just used is taken to be alive: trying it takes as long as a question."""

GAVE_WAY = frozenset({"40P01", "40001", "55P03"})
"""Deadlock, serialization, lock not available: the database is there, and others were in the way."""


UNPREPARED = frozenset({"0A000", "26000"})
"""Feature not supported, as a cached plan whose result has another type by now, and unknown prepared statement."""


def gave_way(error: BaseException) -> bool:
    """Whether this was taken back because others hold what it wants; done again, it may well work."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in GAVE_WAY


def driver_url(url: str) -> str:
    """The same database by the driver that we use: ``postgresql://`` becomes ``postgresql+psycopg://``."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgresql", "postgres") else url


class _StaysPrepared(PrepareManager):
    """Keeps what is prepared when a transaction is taken back.

    The driver forgets it then, because tables may have been made in that transaction. Ours makes none, and every page
    that only reads ends in a rollback: each statement would be planned anew each time it is run.
    """

    def clear(self) -> bool:
        return False


class _Connection(AsyncConnection[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared = _StaysPrepared()


def open_engine(url: str, *, connections: int = 10, connect_timeout: int = 3) -> AsyncEngine:
    """An engine with up to ``connections`` connections.

    A connection that can't be had within ``connect_timeout`` seconds raises ``OperationalError``, so
    that a page can say 503 while there is still somebody to read it.
    """
    engine = create_async_engine(
        driver_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=connect_timeout,
        # An activity's failure is kept in a history: it may not carry a customer's data.
        hide_parameters=True,
        # Three times as quick as the standard library's, and a round reads hundreds of plans.
        json_deserializer=from_json,
        # Compiling a statement takes longer than any of ours runs.
        connect_args={
            "connect_timeout": connect_timeout,
            "options": "-c timezone=UTC -c jit=off",
            "async_creator_fn": _Connection.connect,
        },
    )
    event.listen(engine.sync_engine, "before_cursor_execute", _in_binary)
    event.listen(engine.sync_engine, "handle_error", _leave_what_can_not_be_run)
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", partial(_still_there, engine.dialect))
    return engine


def _leave_what_can_not_be_run(context: ExceptionContext) -> None:
    """A statement that was prepared before its tables changed, or on another server, never runs again there."""
    if getattr(context.original_exception, "sqlstate", None) in UNPREPARED:
        context.is_disconnect = True


def _note_use(dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _still_there(dialect: Dialect, dbapi_connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
    """A connection that lay unused is tried before it is handed out; where it is dead, so are the others of the pool.

    Raises ``InvalidatePoolError``, upon which the pool opens a new one.
    """
    if time.monotonic() - record.info.get("used", math.inf) > TRUSTED:
        try:
            dialect.do_ping(dbapi_connection)
        except Error as dead:
            raise InvalidatePoolError() from dead


def _in_binary(
    conn: Any, cursor: Any, statement: str, parameters: Any, context: ExecutionContext | None, many: bool
) -> None:
    """Statements with the execution option ``binary`` send their rows as they stand: many numbers in half the time."""
    if context is not None and context.execution_options.get("binary"):
        cursor._cursor.format = Format.BINARY


async def answers(engine: AsyncEngine) -> bool:
    """Whether the database answers this process now."""
    try:
        async with engine.connect() as conn:
            await conn.execute(text("SELECT 1"))
    except DATABASE_DOWN:
        return False
    return True
