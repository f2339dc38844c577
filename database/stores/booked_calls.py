"""Booked calls as they stand: by the link that booked them, or by their escalation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.booking import booking
from database.tables.muster import call
from domain.customer_link import LinkUnknown
from domain.escalation import NotNow


@dataclass(frozen=True)
class Held:
    """A booked call."""

    booking_id: int
    call_id: str
    starts_at: datetime
    muster_at: datetime


async def held_by(conn: AsyncConnection, link_id: int) -> Held | None:
    query = (
        select(booking.c.id, call.c.id.label("call_id"), booking.c.starts_at, call.c.muster_at)
        .join(call, call.c.booking == booking.c.id)
        .where(booking.c.link == link_id)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Held(row.id, str(row.call_id), row.starts_at, row.muster_at)


async def must_be_held(conn: AsyncConnection, link_id: int) -> Held:
    held = await held_by(conn, link_id)
    if held is None:
        raise LinkUnknown()
    return held


async def live_booking(conn: AsyncConnection, escalation_id: str) -> Row[Any]:
    """The live booking with its call. Raises ``NotNow`` where there is none."""
    query = (
        select(
            booking,
            call.c.id.label("call_id"),
            call.c.muster_at,
            call.c.state.label("call_state"),
        )
        .join(call, call.c.booking == booking.c.id)
        .where(booking.c.escalation == escalation_id, booking.c.state.in_(["sold", "at_risk"]))
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise NotNow("not booked")
    return row
