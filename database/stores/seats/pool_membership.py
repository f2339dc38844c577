"""Pools follow the directory: after a change of people each pool that is in use has its right members again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.journal.plan_json import load_plan
from database.stores.seats.change_impact import replan_pools
from database.tables.booking import pool_agent
from database.tables.escalation import escalation
from domain.escalation import OPEN_STATES


async def refresh_pools(conn: AsyncConnection, who: int, now: datetime) -> None:
    """Every pool that an open escalation has. The others are brought up to date when an opening needs them.

    Seats sold on this person in a pool that they leave are given to others, or are at risk. The caller holds all
    time of theirs. Anybody else who should leave is left to the seat keeper, who holds no row yet.
    """
    open_now = escalation.c.state.in_([state.value for state in OPEN_STATES])
    newest = func.row_number().over(partition_by=escalation.c.pool, order_by=escalation.c.opened_at.desc())
    numbered = select(escalation.c.id, newest.label("nth")).where(open_now, escalation.c.pool.is_not(None)).subquery()
    in_use = select(numbered.c.id).where(numbered.c.nth == 1)
    query = select(escalation.c.pool, escalation.c.plan).where(escalation.c.id.in_(in_use))
    rows = (await conn.execute(query.order_by(escalation.c.pool))).all()
    if not rows:
        return
    directory = await read_directory(conn)
    changed: dict[int, set[int]] = {}
    for row in rows:
        wanted = set(load_plan(row.plan).first_people(directory))
        held = set((await conn.execute(select(pool_agent.c.person).where(pool_agent.c.pool == row.pool))).scalars())
        if (members := wanted | (held - {who})) != held:
            changed[row.pool] = members
    if changed:
        await replan_pools(conn, changed, now)
