"""Booked calls as they stand: by the link that booked them, or by their escalation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.booking import booking
from database.tables.customer_link import customer_link
from database.tables.muster import call
from domain.customer_link import LinkUnknown
from domain.escalation import NotNow

_LINK_AND_HELD = (
    select(customer_link, booking.c.id.label("booking"), booking.c.starts_at)
    .add_columns(call.c.id.label("call"), call.c.muster_at)
    .outerjoin(booking, booking.c.link == customer_link.c.id)
    .outerjoin(call, call.c.booking == booking.c.id)
    .where(customer_link.c.id == bindparam("link"), customer_link.c.escalation == bindparam("of"))
)


@dataclass(frozen=True)
class Held:
    """A booked call."""

    booking_id: int
    call_id: str
    starts_at: datetime
    muster_at: datetime


async def link_and_held(conn: AsyncConnection, escalation_id: str, link_id: int) -> tuple[Row[Any], Held | None]:
    """The link as it stands, and what it booked. Raises ``LinkUnknown``."""
    row = (await conn.execute(_LINK_AND_HELD, {"link": link_id, "of": escalation_id})).one_or_none()
    if row is None:
        raise LinkUnknown()
    return row, None if row.call is None else Held(row.booking, str(row.call), row.starts_at, row.muster_at)


async def must_be_held(conn: AsyncConnection, escalation_id: str, link_id: int) -> Held:
    _, held = await link_and_held(conn, escalation_id, link_id)
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
