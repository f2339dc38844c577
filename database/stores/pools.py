"""Seat pools: who may serve the bookings of a plan, as rows that a witness can point to."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.booking import pool, pool_agent
from domain.plan import Plan
from rules_dsl import pool as people_asked
from rules_dsl.directory import Directory


async def pool_of(conn: AsyncConnection, desk: int, plan: Plan, directory: Directory) -> int:
    """The id of the plan's pool, made or brought up to date with the directory."""
    members = set(people_asked(plan.decision, directory, 0, step=0).members)
    values = {"desk": desk, "key": plan.pool_key, "definition": {"key": plan.pool_key}, "description": plan.pool_text}
    statement = insert(pool).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "key"], set_={"description": statement.excluded.description}
    )
    pool_id: int = (await conn.execute(statement.returning(pool.c.id))).scalar_one()
    query = select(pool_agent.c.person).where(pool_agent.c.pool == pool_id)
    present = set((await conn.execute(query)).scalars())
    if gone := present - members:
        await conn.execute(delete(pool_agent).where(pool_agent.c.pool == pool_id, pool_agent.c.person.in_(gone)))
    if new := members - present:
        rows = [{"pool": pool_id, "person": person} for person in sorted(new)]
        await conn.execute(insert(pool_agent).values(rows).on_conflict_do_nothing())
    return pool_id
