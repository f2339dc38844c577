"""Seat pools: who may serve the bookings of a plan, as rows that a witness can point to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.rewitnessing import hold_back_sales, rewitness
from database.tables.booking import pool, pool_agent, witness
from domain.plan import Plan
from rules_dsl import pool as people_asked
from rules_dsl.directory import Directory


async def pool_of(conn: AsyncConnection, desk: int, plan: Plan, directory: Directory, now: datetime) -> int:
    """The id of the plan's pool, made or brought up to date with the directory.

    Seats sold on people who are no longer in it are given to others.
    """
    members = set(people_asked(plan.decision, directory, 0, step=0).members)
    values = {"desk": desk, "key": plan.pool_key, "definition": {"key": plan.pool_key}, "description": plan.pool_text}
    statement = insert(pool).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "key"], set_={"description": statement.excluded.description}
    )
    pool_id: int = (await conn.execute(statement.returning(pool.c.id))).scalar_one()
    query = select(pool_agent.c.person).where(pool_agent.c.pool == pool_id)
    present = set((await conn.execute(query)).scalars())
    gone, new = present - members, members - present
    lost: Sequence[int] = ()
    if gone:
        await hold_back_sales(conn, gone)
        rests_on_gone = select(witness.c.booking).where(witness.c.pool == pool_id, witness.c.person.in_(gone))
        lost = (await conn.execute(rests_on_gone)).scalars().all()
        await conn.execute(delete(pool_agent).where(pool_agent.c.pool == pool_id, pool_agent.c.person.in_(gone)))
    if new:
        rows = [{"pool": pool_id, "person": person} for person in sorted(new)]
        await conn.execute(insert(pool_agent).values(rows).on_conflict_do_nothing())
    if lost:
        await rewitness(conn, lost, now)
    return pool_id
