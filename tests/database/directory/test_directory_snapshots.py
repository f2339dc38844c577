"""Directory snapshots: one until the directory changes, none ever rewritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.directory.read import read_directory
from database.stores.directory.snapshots import read_snapshots, store_snapshot
from database.stores.staff.seed import seed_directory
from database.tables.directory import directory_snapshot, person
from tests.rules_dsl.desks import directory

NOW = datetime(2026, 2, 4, 11, tzinfo=UTC)


async def snapshot_now(engine: AsyncEngine) -> str:
    """Snapshot the current directory and return its hash."""
    async with engine.begin() as conn:
        return await store_snapshot(conn, await read_directory(conn), NOW)


async def number_kept(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return (await conn.execute(select(func.count()).select_from(directory_snapshot))).scalar_one()


@pytest.fixture
async def desk(database: AsyncEngine) -> AsyncEngine:
    async with database.begin() as conn:
        await seed_directory(conn, directory("forty_agents"), [], NOW)
    return database


async def test_a_snapshot_is_written_once_until_something_changes(desk: AsyncEngine) -> None:
    first = await snapshot_now(desk)
    assert await snapshot_now(desk) == first
    assert await number_kept(desk) == 1
    async with desk.begin() as conn:
        await conn.execute(person.update().where(person.c.id == 1).values(languages=["welsh"]))
    second = await snapshot_now(desk)
    assert second != first
    async with desk.connect() as conn:
        found = await read_snapshots(conn, {first, second})
        today = await read_directory(conn)
    assert found[second].people[0].languages == ("welsh",)
    assert found[first].people[1:] == found[second].people[1:]
    without_mail = tuple(replace(one, email="") for one in today.people)
    assert found[second] == replace(today, people=without_mail)


async def test_what_no_rule_asks_makes_no_snapshot(desk: AsyncEngine) -> None:
    first = await snapshot_now(desk)
    async with desk.begin() as conn:
        await conn.execute(person.update().where(person.c.id == 1).values(email="new@ledgerly.example"))
    assert await snapshot_now(desk) == first
    async with desk.connect() as conn:
        stored = (await conn.execute(select(directory_snapshot.c.directory))).scalar_one()
    assert not any(one["email"] for one in stored["people"])


async def test_a_rolled_back_snapshot_is_written_again(desk: AsyncEngine) -> None:
    async with desk.connect() as conn:
        first = await store_snapshot(conn, await read_directory(conn), NOW)
        await conn.rollback()
    assert await number_kept(desk) == 0
    assert await snapshot_now(desk) == first
    assert await number_kept(desk) == 1


async def test_a_snapshot_is_never_rewritten(desk: AsyncEngine) -> None:
    await snapshot_now(desk)
    for statement in (directory_snapshot.update().values(taken_at=datetime.now(UTC)), directory_snapshot.delete()):
        with pytest.raises(DBAPIError, match="append-only"):
            async with desk.begin() as conn:
                await conn.execute(statement)
