"""Booked calls, found by the link that booked them or by their escalation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import lock
from database.tables.booking import booking
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation
from database.tables.muster import call
from domain.customer_link import LinkUnknown
from domain.escalation import NotNow, State

_LINK_AND_BOOKING = (
    select(customer_link, booking.c.id.label("booking"), booking.c.starts_at)
    .add_columns(call.c.id.label("call"), call.c.muster_at)
    .outerjoin(booking, booking.c.link == customer_link.c.id)
    .outerjoin(call, call.c.booking == booking.c.id)
    .where(customer_link.c.id == bindparam("link"), customer_link.c.escalation == bindparam("of"))
)
_LOCK_WITH_LINK = (
    select(escalation)
    .add_columns(customer_link.c.nth.label("link_nth"), customer_link.c.state.label("link_state"))
    .add_columns(customer_link.c.expires_at.label("link_expires_at"))
    .join(customer_link, customer_link.c.escalation == escalation.c.id)
    .where(escalation.c.id == bindparam("of"), customer_link.c.id == bindparam("link"))
    .with_for_update(of=[escalation, customer_link])
)


@dataclass(frozen=True)
class BookingWithCall:
    """A booked call."""

    booking_id: int
    call_id: str
    starts_at: datetime
    muster_at: datetime


@dataclass(frozen=True)
class Link:
    """The current row of a link through which a call is booked."""

    id: int
    nth: int
    state: str
    expires_at: datetime


async def link_and_booking(
    conn: AsyncConnection, escalation_id: str, link_id: int
) -> tuple[Link, BookingWithCall | None]:
    """The link, and what it has booked. Raises ``LinkUnknown``."""
    row = (await conn.execute(_LINK_AND_BOOKING, {"link": link_id, "of": escalation_id})).one_or_none()
    if row is None:
        raise LinkUnknown()
    link = Link(row.id, row.nth, row.state, row.expires_at)
    return link, None if row.call is None else BookingWithCall(row.booking, str(row.call), row.starts_at, row.muster_at)


async def lock_with_link(
    conn: AsyncConnection, escalation_id: str, link_id: int
) -> tuple[Row[Any], Link, BookingWithCall | None]:
    """The escalation's row and the link, both locked until the transaction ends, and what the link booked.

    Raises ``EscalationUnknown`` and ``LinkUnknown``.
    """
    row = (await conn.execute(_LOCK_WITH_LINK, {"link": link_id, "of": escalation_id})).one_or_none()
    if row is None or row.state != State.INVITED or row.link_state != "open":
        # Only the locked rows are current: a booking made while we waited for the lock is visible only to a new
        # statement.
        return await lock(conn, escalation_id), *await link_and_booking(conn, escalation_id, link_id)
    return row, Link(link_id, row.link_nth, row.link_state, row.link_expires_at), None


async def booking_of_link(conn: AsyncConnection, escalation_id: str, link_id: int) -> BookingWithCall:
    """What this link has booked. Raises ``LinkUnknown`` if it has booked nothing."""
    _, booked = await link_and_booking(conn, escalation_id, link_id)
    if booked is None:
        raise LinkUnknown()
    return booked


async def live_booking(conn: AsyncConnection, escalation_id: str) -> Row[Any]:
    """The live booking with its call. Raises ``NotNow`` if there is none."""
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
