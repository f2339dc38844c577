"""The connections of pages and workers: prepared statements survive, and binary rows equal text rows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from database import engine as module
from database.engine import open_engine

_PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%repeated_query%'")
_REPEATED = text("SELECT :number + 1 AS repeated_query")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, connections=1)
    yield engine
    await engine.dispose()


async def test_a_repeated_statement_stays_prepared_after_a_rollback(engine: AsyncEngine) -> None:
    for _ in range(8):
        async with engine.connect() as conn:
            await conn.execute(_REPEATED, {"number": 1})
            await conn.rollback()
    async with engine.connect() as conn:
        assert (await conn.execute(_PREPARED)).scalar_one() == 1
        assert (await conn.execute(_REPEATED, {"number": 4})).scalar_one() == 5


async def test_a_statement_whose_table_has_changed_runs_again_on_a_new_connection(engine: AsyncEngine) -> None:
    query = text("SELECT * FROM altered")
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE altered (one int)"))
    for _ in range(8):
        async with engine.connect() as conn:
            await conn.execute(query)
    async with engine.begin() as conn:
        await conn.execute(text("ALTER TABLE altered ALTER one TYPE text"))
    with pytest.raises(DBAPIError, match="cached plan"):
        async with engine.connect() as conn:
            await conn.execute(query)
    async with engine.connect() as conn:
        await conn.execute(query)


async def test_a_connection_that_died_while_idle_is_replaced(
    engine: AsyncEngine, database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRUSTED", -1.0)
    pid = text("SELECT pg_backend_pid()")
    async with engine.connect() as conn:
        first = (await conn.execute(pid)).scalar_one()
    async with database.connect() as conn:
        await conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    async with engine.connect() as conn:
        assert (await conn.execute(pid)).scalar_one() != first


async def test_binary_rows_equal_text_rows(engine: AsyncEngine) -> None:
    query = "SELECT array_agg(n * 10000000000::bigint) AS many, date '2026-12-01' AS day, true AS so, NULL AS nothing"
    rows = []
    async with engine.connect() as conn:
        for binary in (False, True):
            statement = text(f"{query} FROM generate_series(-2, 3) n").execution_options(binary=binary)
            rows.append((await conn.execute(statement)).one())
    assert rows[0] == rows[1]
