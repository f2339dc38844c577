"""Whether anything can be written to the database now."""

from __future__ import annotations

from enum import Enum

from psycopg import Error
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

_READ_ONLY = "25006"


class Writing(Enum):
    """What a trial of writing found."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    """It can't be reached, or it stands still."""
    READ_ONLY = "read_only"
    """It is a standby, or was set to read-only."""
    REFUSED = "refused"
    """It answers, but can't write: usually its disk is full."""


# A row in an empty temporary table needs a new page, so the server must extend a file, which fails on a full disk. At
# the end of the transaction the file is truncated again, which leaves nothing behind, not even for vacuum.
_CREATE = text("CREATE TEMPORARY TABLE IF NOT EXISTS write_trial (number int) ON COMMIT DELETE ROWS")
_INSERT = text("INSERT INTO pg_temp.write_trial VALUES (1)")
# About 50 bytes in the log, so that the commit has to be flushed to disk (and to a synchronous standby).
_LOG = text("SELECT pg_logical_emit_message(true, 'muster', 'write trial')")


async def try_writing(engine: AsyncEngine) -> Writing:
    """Write something, commit it, and leave nothing behind."""
    try:
        async with engine.begin() as conn:
            for statement in (_CREATE, _INSERT, _LOG):
                await conn.execute(statement)
    except PoolTimeout:
        return Writing.UNREACHABLE
    except DBAPIError as error:
        sqlstate = error.orig.sqlstate if isinstance(error.orig, Error) else None
        if sqlstate == _READ_ONLY:
            return Writing.READ_ONLY
        return Writing.UNREACHABLE if error.connection_invalidated or sqlstate is None else Writing.REFUSED
    return Writing.OK
