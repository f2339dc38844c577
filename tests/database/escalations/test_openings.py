"""Concurrent openings."""

from __future__ import annotations

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.directory.read import read_directory
from database.stores.journal.plan_json import load_plan
from database.stores.seats.pools import pool_of
from database.tables.escalation import escalation
from domain.escalation import Mode
from tests.database.rounds.round_floor import Floor


async def test_openings_of_one_pool_do_not_wait_for_each_other(database: AsyncEngine) -> None:
    floor = Floor(database)
    await floor.furnish()
    first = await floor.open("1", Mode.BOOKING)
    async with database.begin() as conn:
        opened = (await conn.execute(select(escalation).where(escalation.c.id == first))).one()
        directory = await read_directory(conn)
        assert await pool_of(conn, opened.desk, load_plan(opened.plan), directory, floor.now) == opened.pool
        async with asyncio.timeout(5):
            second = await floor.open("2", Mode.BOOKING)
    assert (await floor.one(select(escalation).where(escalation.c.id == second))).pool == opened.pool
