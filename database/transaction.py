"""Transactions that PostgreSQL itself ends when their time is up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.deadlines import TRANSACTION

_AT_MOST = text("SELECT set_config('transaction_timeout', :milliseconds, true)")


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, at_most: float = TRANSACTION.total_seconds()
) -> AsyncIterator[AsyncConnection]:
    """A transaction that PostgreSQL aborts after ``at_most`` seconds: it can't commit after its caller has given up.

    An aborted one raises an error that ``database.engine.is_down`` recognizes.
    """
    async with engine.begin() as conn:
        await conn.execute(_AT_MOST, {"milliseconds": str(max(1, round(at_most * 1000)))})
        yield conn
