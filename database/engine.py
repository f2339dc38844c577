"""The engine: SQLAlchemy over psycopg, READ COMMITTED, UTC."""

import math
import time
from functools import partial
from typing import Any

from psycopg import Error
from psycopg._preparing import PrepareManager
from psycopg.pq import Format
from pydantic_core import from_json
from sqlalchemy import event
from sqlalchemy.engine.interfaces import Dialect, ExceptionContext, ExecutionContext
from sqlalchemy.exc import DisconnectionError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from database.clock_reading import read_on_connect
from database.guard import GuardedConnection, NotAnswered
from database.limits import CONNECT, PING, TOOL, WorkLimits
from database.timeouts import TIMEOUTS

DATABASE_DOWN = (OperationalError, InterfaceError, PoolTimeout)
"""Raised if the database is unreachable, or out of connections or disk space."""

TRUSTED = 1.0
"""For this many seconds after its last use, a connection is assumed to be alive: a ping costs as much as a query."""

CONFLICTS = frozenset({"40P01", "40001", "55P03"})
"""Codes for deadlocks, serialization failures and unavailable locks: the database is up, but transactions conflict."""

UNAVAILABLE = frozenset({"25P03", "25P04", "25006"})
"""Codes for a transaction that was idle or took too long, whose connection PostgreSQL has closed, and for a read-only
database. The driver takes them for bugs in Muster; here they are a kind of outage.
"""

UNPREPARED = frozenset({"0A000", "26000"})
"""Codes for an unsupported feature (a cached plan's result type has changed) and an unknown prepared statement."""


def is_conflict(error: BaseException) -> bool:
    """Whether a transaction failed because of concurrent ones, so that a retry may succeed."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in CONFLICTS


def is_down(error: BaseException) -> bool:
    """Whether the database is unreachable, refuses to write, has closed the connection, or took too long."""
    return isinstance(error, DATABASE_DOWN)


def driver_url(url: str) -> str:
    """Add the driver's name to a database URL: ``postgresql://`` becomes ``postgresql+psycopg://``."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgresql", "postgres") else url


class _PersistentPrepareManager(PrepareManager):
    """Keeps prepared statements across rollbacks.

    psycopg drops them, because the transaction may have created tables. Muster's transactions never do, but every
    read-only page ends in a rollback, so each statement would otherwise be planned again on every request.
    """

    def clear(self) -> bool:
        return False


class _Connection(GuardedConnection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepared = _PersistentPrepareManager()


def open_engine(
    url: str, limits: WorkLimits = TOOL, *, connections: int = 10, connect_timeout: int | None = None
) -> AsyncEngine:
    """Create an engine for one kind of work, with at most ``connections`` connections.

    If no connection is available in time, or a statement isn't answered within its limit, using the engine raises one
    of ``DATABASE_DOWN``, so that a page can answer 503 before its user gives up. ``connect_timeout``, in seconds,
    replaces both limits for connecting.
    """
    engine = create_async_engine(
        driver_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=connect_timeout or limits.queue,
        # An activity's failure is stored in a workflow history, which must not contain customer data.
        hide_parameters=True,
        # Three times faster than the standard library, and a round reads hundreds of plans.
        json_deserializer=from_json,
        connect_args={
            **limits.connect_args,
            "connect_timeout": connect_timeout or CONNECT,
            "async_creator_fn": partial(_Connection.open, longest_wait=limits.answer),
        },
    )
    event.listen(engine.sync_engine, "connect", read_on_connect)
    event.listen(engine.sync_engine, "before_cursor_execute", _use_binary_format)
    event.listen(engine.sync_engine, "handle_error", _discard_stale_statements)
    event.listen(engine.sync_engine, "handle_error", _as_outage, retval=True)
    event.listen(engine.sync_engine, "handle_error", TIMEOUTS.note)
    event.listen(engine.sync_engine, "checkin", _note_use)
    event.listen(engine.sync_engine, "checkout", partial(_ping_idle, engine.dialect))
    return engine


def _discard_stale_statements(context: ExceptionContext) -> None:
    """Drop a connection whose prepared statements predate a table change or belong to another server.

    Such statements can never run again.
    """
    if getattr(context.original_exception, "sqlstate", None) in UNPREPARED:
        context.is_disconnect = True


def _as_outage(context: ExceptionContext) -> BaseException | None:
    """The error to raise instead of a driver's error with one of the codes ``UNAVAILABLE``."""
    original = context.original_exception
    if getattr(original, "sqlstate", None) not in UNAVAILABLE:
        return None
    # The other connections are fine.
    context.invalidate_pool_on_disconnect = False
    return OperationalError(context.statement, None, original, hide_parameters=True)


def _note_use(dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()
    if dbapi_connection is not None and dbapi_connection.closed:
        # It was given up while it was rolled back.
        record.invalidate()


def _ping_idle(dialect: Dialect, dbapi_connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
    """Ping an idle connection before handing it out; the pool replaces one that raises here.

    If it is dead, so are the others in the pool. If it only doesn't answer, that may be the server's load.
    """
    if time.monotonic() - record.info.get("used", math.inf) <= TRUSTED:
        return
    connection: GuardedConnection = dbapi_connection.driver_connection
    longest_wait, connection.longest_wait = connection.longest_wait, min(PING, connection.longest_wait)
    try:
        dialect.do_ping(dbapi_connection)
    except NotAnswered as silent:
        raise DisconnectionError() from silent
    except Error as dead:
        raise InvalidatePoolError() from dead
    finally:
        connection.longest_wait = longest_wait


def _use_binary_format(
    conn: Any, cursor: Any, statement: str, parameters: Any, context: ExecutionContext | None, many: bool
) -> None:
    """Fetch rows in binary format if a statement has the option ``binary``; this is twice as fast for many numbers."""
    if context is not None and context.execution_options.get("binary"):
        cursor._cursor.format = Format.BINARY
