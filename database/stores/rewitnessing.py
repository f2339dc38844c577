"""Sold seats that rest on a shift or a membership that goes: each is given to somebody else, or is at risk.

A booking stands whatever becomes of its witness. At risk it has none, and its round finds whoever is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.plans import load_plan
from database.stores.seats import read_sellers
from database.stores.sold_seats import next_version, queue, witness_row
from database.stores.timeline import record
from database.tables.booking import booking, pool, witness
from database.tables.escalation import escalation
from domain.booking import find_seat, occupied
from domain.escalation import Kind


async def hold_back_sales(conn: AsyncConnection, people: Iterable[int] | None = None) -> None:
    """Nobody sells on the days on which these people, or any, have sold seats until the transaction ends.

    Taken before the first change: sellers take the day first, too.
    """
    days = select(pool.c.desk, witness.c.day).join(pool, pool.c.id == witness.c.pool).distinct()
    if people is not None:
        days = days.where(witness.c.person.in_(list(people)))
    taken: dict[int, set[date]] = {}
    for row in await conn.execute(days):
        taken.setdefault(row.desk, set()).add(row.day)
    for desk_id in sorted(taken):
        await queue(conn, desk_id, taken[desk_id])


async def rewitness(conn: AsyncConnection, lost: Iterable[int], now: datetime) -> int:
    """Give these bookings another witness, the earliest first; returns how many are left without one."""
    query = (
        select(booking.c.id, booking.c.pool, booking.c.starts_at, pool.c.desk, witness.c.day, escalation.c.plan)
        .add_columns(booking.c.escalation)
        .join(witness, witness.c.booking == booking.c.id)
        .join(pool, pool.c.id == booking.c.pool)
        .join(escalation, escalation.c.id == booking.c.escalation)
        .where(booking.c.id.in_(list(lost)))
        .order_by(booking.c.starts_at, booking.c.id)
    )
    rows = (await conn.execute(query)).all()
    await conn.execute(delete(witness).where(witness.c.booking.in_([row.id for row in rows])))
    return sum([not await _given_to_another(conn, row, now) for row in rows])


async def _given_to_another(conn: AsyncConnection, row: Row[Any], now: datetime) -> bool:
    decision = load_plan(row.plan).decision
    sellers = await read_sellers(conn, row.pool, *occupied(row.starts_at, decision))
    seat = find_seat(row.starts_at, row.day, decision, sellers)
    if seat is not None:
        version = await next_version(conn, row.desk, row.day)
        await conn.execute(insert(witness).values(witness_row(row.id, row.pool, seat, version)))
        return True
    await conn.execute(update(booking).where(booking.c.id == row.id).values(state="at_risk"))
    body = {"booking_id": row.id, "found": "nobody of those on shift is free for this call any more"}
    await record(conn, str(row.escalation), Kind.SEAT_LOST, now, body=body)
    return False
