"""Seats as rows: the queue for a day, the booking and its witness. What is sold when is ``booking.py``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.booking import booking, desk_day, witness
from domain.booking import Seat
from domain.escalation import EscalationUnknown
from domain.plan import Plan


async def local_day(conn: AsyncConnection, escalation_id: str, start: datetime) -> tuple[int, date]:
    """The desk, and the day in its zone on which a start falls."""
    query = text("SELECT desk.id, desk.time_zone FROM escalation e JOIN desk ON desk.id = e.desk WHERE e.id = :id")
    row = (await conn.execute(query, {"id": escalation_id})).one_or_none()
    if row is None:
        raise EscalationUnknown(escalation_id)
    return row.id, start.astimezone(ZoneInfo(row.time_zone)).date()


async def queue(conn: AsyncConnection, desk_id: int, days: set[date]) -> None:
    """One seller at a time a desk and day; the constraints are the guard, this is the queue."""
    for day in sorted(days):
        lock_day = text("SELECT pg_advisory_xact_lock(:desk, :day)")
        await conn.execute(lock_day, {"desk": desk_id, "day": day.toordinal()})


async def next_version(conn: AsyncConnection, desk_id: int, day: date) -> int:
    statement = insert(desk_day).values(desk=desk_id, day=day, version=1)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "day"], set_={"version": desk_day.c.version + 1}
    )
    version: int = (await conn.execute(statement.returning(desk_day.c.version))).scalar_one()
    return version


def witness_row(booking_id: int, pool: int, seat: Seat, version: int) -> dict[str, Any]:
    return {
        "booking": booking_id,
        "pool": pool,
        "person": seat.person,
        "during": Range(*seat.occupies),
        "day": seat.day,
        "nth": seat.nth,
        "version": version,
    }


async def sell(
    conn: AsyncConnection, standing: Row[Any], link_id: int, plan: Plan, seat: Seat, version: int, now: datetime
) -> int:
    row = {
        "escalation": str(standing.id),
        "link": link_id,
        "pool": standing.pool,
        "starts_at": seat.starts_at,
        "seconds": plan.decision.booking.slot,
        "occupies": Range(*seat.occupies),
        "booked_at": now,
    }
    booking_id: int = (await conn.execute(booking.insert().values(row).returning(booking.c.id))).scalar_one()
    await conn.execute(insert(witness).values(witness_row(booking_id, standing.pool, seat, version)))
    return booking_id
