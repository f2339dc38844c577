"""Booking, moving and cancelling a call, each in one transaction.

Either the link is used and the seat is taken, or nothing changes.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.customer_link import end_links
from database.stores.journal.notify import notify_customer
from database.stores.journal.timeline import lock, notify, record
from database.stores.seats.assignments import lock_days, write_witnesses
from database.stores.seats.availability import BookingRequest, read_booking_request, seat_at
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.booked_calls import BookingWithCall, Link, booking_of_link, live_booking, lock_with_link
from database.stores.seats.load_board import Seats, next_version
from database.stores.selling.holds import drop_hold, end_request, find_hold
from database.stores.selling.statements import sell
from database.tables.booking import booking, pool, witness
from database.tables.escalation import escalation
from database.tables.muster import call, offer
from domain.booking import SlotTaken, TooLate, occupied
from domain.customer_link import LinkExpired, LinkUsed
from domain.escalation import Kind, NotNow, Outcome, State
from domain.failure import Busy
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL, Tokens
from domain.seats.slots import refuse_beyond

log = logging.getLogger(__name__)


async def book(
    conn: AsyncConnection,
    escalation_id: str,
    link_id: int,
    start: datetime,
    tokens: Tokens,
    now: datetime,
    request: BookingRequest | None = None,
    zone: str = "",
) -> BookingWithCall:
    """Use up the link and take the seat. Idempotent: booking the same start time again returns the same booking.

    ``request`` is what the escalation may book, if the caller has already read it; ``zone`` is the time zone in which
    the customer chose, and from then on the one of all their pages and mails about this escalation. Raises
    ``LinkUnknown``, ``LinkUsed``, ``LinkExpired``, ``NotNow``, ``SlotRefused``, ``SlotTaken``.
    """
    refuse_beyond(start, now)
    if request is None:
        request = await read_booking_request(conn, escalation_id, now)
    desk_id, day = request.desk, start.astimezone(request.local).date()
    # A booking on the other side of midnight may need the same people.
    await lock_days(conn, desk_id, request.days(start))
    seats = await _board_of(conn, request, start)
    row, link, existing = await lock_with_link(conn, escalation_id, link_id)
    if existing is not None:
        if existing.starts_at != start:
            raise LinkUsed(existing.starts_at)
        return existing
    _must_be_open(link, now)
    if row.state != State.INVITED:
        raise NotNow(row.state)
    if (row.pool, row.plan) != (request.pool, request.stored):
        request = await read_booking_request(conn, escalation_id, now)
        seats = await _board_of(conn, request, start)
    hold = await find_hold(conn, link_id)
    instead_of = None if hold is None else hold.id
    changes = await seat_at(conn, seats, request, start, {day}, now, instead_of=instead_of)
    if hold is not None:
        await drop_hold(conn, escalation_id, "answered")
        changes = [replace(one, existed=one.existed and one.demand.booking != hold.id) for one in changes]
    else:
        await end_request(conn, escalation_id)
    sold = await sell(conn, row, link, request.plan, start, changes, tokens, now, zone)
    await _record_sale(conn, escalation_id, sold, request, now)
    await _check_constraints(conn, desk_id, start)
    return sold


async def _record_sale(
    conn: AsyncConnection, escalation_id: str, sold: BookingWithCall, request: BookingRequest, now: datetime
) -> None:
    """Write the event, and queue the customer's confirmation."""
    start = sold.starts_at.isoformat()
    body = {"starts_at": start, "booking_id": sold.booking_id, "call_id": sold.call_id}
    await record(conn, escalation_id, Kind.BOOKED, now, body=body, actor="customer", relayed=False, state=State.BOOKED)
    params = {
        "booking": sold.booking_id,
        "starts_at": start,
        "seconds": request.plan.decision.booking.slot,
        "sequence": 0,
    }
    await notify_customer(conn, escalation_id, "confirmation", now, key=f"{sold.booking_id}/0", **params)


async def _board_of(conn: AsyncConnection, request: BookingRequest, start: datetime) -> Seats:
    day = start.astimezone(request.local).date()
    return await BOARDS.current(conn, request.desk, day, day, exact={day})


def _must_be_open(link: Link, now: datetime) -> None:
    if link.state != "open" or link.expires_at <= now:
        raise LinkExpired


async def move(
    conn: AsyncConnection, escalation_id: str, start: datetime, now: datetime, zone: str = ""
) -> BookingWithCall:
    """Move a call to another seat; ``zone`` as in ``book``.

    Raises ``TooLate``, ``NotNow``, ``SlotRefused``, ``SlotTaken``, ``Busy``.
    """
    refuse_beyond(start, now)
    request = await read_booking_request(conn, escalation_id, now)
    desk_id, day = request.desk, start.astimezone(request.local).date()
    current = await live_booking(conn, escalation_id)
    days = {day, current.starts_at.astimezone(request.local).date()}
    await lock_days(conn, desk_id, days | request.days(start))
    seats = await BOARDS.current(conn, desk_id, min(days), max(days), exact=days)
    row = await lock(conn, escalation_id)
    if (row.pool, row.plan) != (request.pool, request.stored):
        # A manager has widened the escalation's pool in the meantime.
        request = await read_booking_request(conn, escalation_id, now)
        seats = await BOARDS.current(conn, desk_id, min(days), max(days), exact=days)
    current = await live_booking(conn, escalation_id)
    if current.starts_at == start:
        return await booking_of_link(conn, escalation_id, current.link)
    if now >= current.muster_at or current.call_state != "waiting":
        raise TooLate()
    if current.starts_at.astimezone(request.local).date() not in days:
        # Another click has moved the call to a day that isn't locked here, so its seat there can't be given back.
        raise Busy()
    plan, changes = request.plan, await seat_at(conn, seats, request, start, days, now, instead_of=current.id)
    new = {"state": "sold", "starts_at": start, "occupies": Range(*occupied(start, plan.decision))}
    new |= {"sequence": booking.c.sequence + 1, "changed_at": now}
    await conn.execute(update(booking).where(booking.c.id == current.id).values(new))
    for previous_day in days - {day}:
        await next_version(conn, desk_id, previous_day)
    await write_witnesses(conn, desk_id, changes)
    due = {"starts_at": start, "muster_at": start - timedelta(seconds=plan.decision.calls.prepare)}
    await conn.execute(update(call).where(call.c.id == current.call_id).values(due))
    if zone:
        await conn.execute(update(escalation).where(escalation.c.id == escalation_id).values(customer_zone=zone))
    body = {"starts_at": start.isoformat(), "from": current.starts_at.isoformat(), "call_id": str(current.call_id)}
    await record(conn, escalation_id, Kind.MOVED, now, body=body, actor="customer", relayed=False, state=State.BOOKED)
    await _notify_of_booking(conn, escalation_id, "moved", current.id, now)
    await notify(conn, KICK_CHANNEL)
    await _check_constraints(conn, desk_id, start)
    return await booking_of_link(conn, escalation_id, current.link)


async def _check_constraints(conn: AsyncConnection, desk_id: int, start: datetime) -> None:
    """Check the deferred constraints now. If one fails, the cached board was wrong and is dropped.

    Raises ``SlotTaken``.
    """
    try:
        await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as refused:
        BOARDS.forget(conn, desk_id)
        log.error("seat refused by the database: start=%s error=%s", start.isoformat(), refused.orig)
        raise SlotTaken(start) from refused


async def cancel(conn: AsyncConnection, escalation_id: str, now: datetime) -> None:
    """Cancel a booking at the customer's request. Idempotent. Raises ``TooLate`` once the call has begun."""
    row = await lock(conn, escalation_id)
    if row.outcome == Outcome.CANCELLED:
        return
    if row.state not in (State.BOOKED, State.MUSTERING, State.ACCEPTED):
        raise TooLate()
    booking_id = await release(conn, escalation_id, now)
    await record(
        conn,
        escalation_id,
        Kind.CANCELLED,
        now,
        actor="customer",
        relayed=False,
        state=State.CLOSED,
        outcome=Outcome.CANCELLED,
        key="cancelled",
    )
    if booking_id is not None:
        await _notify_of_booking(conn, escalation_id, "cancelled", booking_id, now)


async def release(conn: AsyncConnection, escalation_id: str, now: datetime) -> int | None:
    """Release everything that an escalation holds: seat, call, offers, links. Returns the id of its booking, if any.

    The caller must have locked the escalation.
    """
    await drop_hold(conn, escalation_id, "closed")
    await _bump_day_versions(conn, escalation_id)
    sold = update(booking).where(booking.c.escalation == escalation_id, booking.c.state.in_(["sold", "at_risk"]))
    cancelled = sold.values(state="cancelled", sequence=booking.c.sequence + 1, changed_at=now)
    booking_id: int | None = (await conn.execute(cancelled.returning(booking.c.id))).scalar_one_or_none()
    await conn.execute(delete(witness).where(witness.c.booking == booking_id))
    running = ["waiting", "offered", "taken", "on_call", "wrapping_up"]
    end_calls = update(call).where(call.c.escalation == escalation_id, call.c.state.in_(running))
    calls = (await conn.execute(end_calls.values(state="cancelled", ended_at=now).returning(call.c.id))).scalars().all()
    live = update(offer).where(offer.c.call.in_(calls), offer.c.state.in_(["offered", "accepted"]))
    people = await conn.execute(live.values(state="withdrawn", answered_at=now).returning(offer.c.person))
    for person_id in people.scalars():
        await notify(conn, LIVE_CHANNEL, f"person:{person_id}")
    await end_links(conn, escalation_id)
    await notify(conn, KICK_CHANNEL)
    return booking_id


async def _bump_day_versions(conn: AsyncConnection, escalation_id: str) -> None:
    """Increment the seat's day versions before its witness is deleted, in the order in which sales lock them."""
    seats = select(pool.c.desk, witness.c.day).join(booking, booking.c.id == witness.c.booking)
    seats = seats.join(pool, pool.c.id == witness.c.pool).where(booking.c.escalation == escalation_id)
    for row in (await conn.execute(seats)).all():
        await next_version(conn, row.desk, row.day)


async def _notify_of_booking(
    conn: AsyncConnection, escalation_id: str, kind: str, booking_id: int, now: datetime
) -> None:
    """Queue an email about a booking. Copies the booking's data, so that the email stays the same if sent later."""
    query = select(booking.c.starts_at, booking.c.seconds, booking.c.sequence).where(booking.c.id == booking_id)
    row = (await conn.execute(query)).one()
    await notify_customer(
        conn,
        escalation_id,
        kind,
        now,
        key=f"{booking_id}/{row.sequence}",
        booking=booking_id,
        starts_at=row.starts_at.isoformat(),
        seconds=row.seconds,
        sequence=row.sequence,
    )
