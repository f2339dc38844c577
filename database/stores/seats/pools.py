"""Pools: the people who may serve a plan's bookings, stored so that a witness can refer to them, and updated from the
directory.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.journal.plan_json import load_plan
from database.stores.seats.change_impact import set_pool_members
from database.tables.booking import pool, pool_agent
from database.tables.escalation import escalation
from domain.escalation import OPEN_STATES
from domain.plan import Plan
from rules_dsl.directory import Directory


async def pool_of(conn: AsyncConnection, desk: int, plan: Plan, directory: Directory, now: datetime) -> int:
    """The id of the plan's pool. If needed, the pool is created or updated from the directory.

    Seats booked against people who are no longer in the pool are reassigned. A pool that is up to date is only read, so
    that openings with the same pool don't wait for each other.
    """
    members = set(plan.first_people(directory))
    if (current := await _current_pool(conn, desk, plan, members)) is not None:
        return current
    values = {"desk": desk, "key": plan.pool_key, "definition": {"key": plan.pool_key}, "description": plan.pool_text}
    statement = insert(pool).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "key"], set_={"description": statement.excluded.description}
    )
    pool_id: int = (await conn.execute(statement.returning(pool.c.id))).scalar_one()
    await set_pool_members(conn, {pool_id: members}, now)
    return pool_id


async def _current_pool(conn: AsyncConnection, desk: int, plan: Plan, members: set[int]) -> int | None:
    """The id of the plan's pool; None if it doesn't exist or isn't up to date."""
    people = func.array_remove(func.array_agg(pool_agent.c.person), None).label("people")
    query = select(pool.c.id, pool.c.description, people).outerjoin(pool_agent).group_by(pool.c.id)
    row = (await conn.execute(query.where(pool.c.desk == desk, pool.c.key == plan.pool_key))).one_or_none()
    if row is None or row.description != plan.pool_text or set(row.people) != members:
        return None
    return int(row.id)


async def refresh_pools(conn: AsyncConnection, who: int, now: datetime) -> None:
    """Update the pools of open escalations from the directory: add whoever is missing, but remove only ``who``.

    Where ``who`` is removed, the seats booked against them are reassigned, or else put at risk; the caller has locked
    the days of all these seats. Removing anybody else is left to the seat keeper, which holds no other locks. Pools
    that no open escalation uses are updated when an opening needs them.
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
        target = set(load_plan(row.plan).first_people(directory))
        current = set((await conn.execute(select(pool_agent.c.person).where(pool_agent.c.pool == row.pool))).scalars())
        if (members := target | (current - {who})) != current:
            changed[row.pool] = members
    if changed:
        await set_pool_members(conn, changed, now)
