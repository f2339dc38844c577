"""Seat pools: who may serve the bookings of a plan, as rows that a witness can point to, in step with the directory."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.journal.plan_json import load_plan
from database.stores.seats.change_impact import replan_pools
from database.tables.booking import pool, pool_agent
from database.tables.escalation import escalation
from domain.escalation import OPEN_STATES
from domain.plan import Plan
from rules_dsl.directory import Directory


async def pool_of(conn: AsyncConnection, desk: int, plan: Plan, directory: Directory, now: datetime) -> int:
    """The id of the plan's pool, made or brought up to date with the directory.

    Seats sold on people who are no longer in it are given to others. One that stands as it should is only read, so
    that openings of one pool don't wait for each other.
    """
    members = set(plan.first_people(directory))
    if (standing := await _standing(conn, desk, plan, members)) is not None:
        return standing
    values = {"desk": desk, "key": plan.pool_key, "definition": {"key": plan.pool_key}, "description": plan.pool_text}
    statement = insert(pool).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "key"], set_={"description": statement.excluded.description}
    )
    pool_id: int = (await conn.execute(statement.returning(pool.c.id))).scalar_one()
    await replan_pools(conn, {pool_id: members}, now)
    return pool_id


async def _standing(conn: AsyncConnection, desk: int, plan: Plan, members: set[int]) -> int | None:
    held = func.array_remove(func.array_agg(pool_agent.c.person), None).label("held")
    query = select(pool.c.id, pool.c.description, held).outerjoin(pool_agent).group_by(pool.c.id)
    found = (await conn.execute(query.where(pool.c.desk == desk, pool.c.key == plan.pool_key))).one_or_none()
    if found is None or found.description != plan.pool_text or set(found.held) != members:
        return None
    return int(found.id)


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
