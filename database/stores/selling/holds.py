"""A slot held for a customer who found no time that fits: a seat like any other, until they take it or the hold ends.

A hold is a row of ``booking`` in the state ``held``, without a call, and its witness. So the seat is taken exactly as a
sold one is, moves like one, and nobody else is sold it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_customer
from database.stores.journal.timeline import lock, record
from database.stores.seats.assignments import lock_days, write_witnesses
from database.stores.seats.availability import read_booking_request, seat_at
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.booked_calls import lock_with_link
from database.stores.seats.load_board import next_version
from database.tables.booking import booking, pool, witness
from database.tables.customer_request import customer_request
from domain.booking import SlotRefused, occupied
from domain.customer_link import LinkExpired
from domain.customer_request import HELD_AT_LEAST, HELD_FOR, RequestGone
from domain.escalation import OPEN_STATES, Kind, State
from domain.seats.slots import refuse_beyond

ENDED_AT_ONCE = 50
"""Maximum holds that one look ends."""


async def hold_slot(
    conn: AsyncConnection, escalation_id: str, request_id: int, start: datetime, person_id: int, now: datetime
) -> datetime:
    """Hold a seat at this start time for a customer's request; returns until when.

    Raises ``RequestGone``, ``LinkExpired``, ``SlotRefused``, ``SlotTaken``.
    """
    refuse_beyond(start, now)
    wanted = await read_booking_request(conn, escalation_id, now)
    days, day = wanted.days(start), wanted.day_of(start)
    await lock_days(conn, wanted.desk, days)
    seats = await BOARDS.current(conn, wanted.desk, day, day, exact={day})
    asked = select(customer_request).where(customer_request.c.id == request_id, customer_request.c.state == "open")
    asked_row = (await conn.execute(asked)).one_or_none()
    if asked_row is None:
        raise RequestGone
    row, link, booked = await lock_with_link(conn, escalation_id, asked_row.link)
    if booked is not None or row.state != State.INVITED or link.state != "open" or link.expires_at <= now:
        raise LinkExpired
    if (row.pool, row.plan) != (wanted.pool, wanted.stored):
        raise RequestGone
    # Whoever takes the slot must still be within the rules' notice.
    until = min(now + HELD_FOR, now + (start - wanted.allowed.earliest), link.expires_at)
    if until < now + HELD_AT_LEAST:
        raise SlotRefused(start, "it begins too soon to be held")
    changes = await seat_at(conn, seats, wanted, start, {day}, now)
    held = {
        "escalation": escalation_id,
        "link": link.id,
        "pool": wanted.pool,
        "starts_at": start,
        "seconds": wanted.plan.decision.booking.slot,
        "occupies": Range(*occupied(start, wanted.plan.decision)),
        "state": "held",
        "booked_at": now,
    }
    number: int = (await conn.execute(insert(booking).values(held).returning(booking.c.id))).scalar_one()
    own = [
        change if change.existed else replace(change, demand=change.demand._replace(booking=number))
        for change in changes
    ]
    await write_witnesses(conn, wanted.desk, own)
    changed = update(customer_request).where(customer_request.c.id == request_id, customer_request.c.state == "open")
    answer = {"state": "held", "booking": number, "held_until": until, "answered_at": now, "answered_by": person_id}
    if (await conn.execute(changed.values(answer))).rowcount == 0:
        raise RequestGone
    body = {"request": request_id, "starts_at": start.isoformat(), "until": until.isoformat()}
    await record(conn, escalation_id, Kind.SLOT_HELD, now, body=body, actor=f"person:{person_id}", relayed=False)
    await notify_customer(
        conn,
        escalation_id,
        "slot_held",
        now,
        key=str(number),
        link=link.nth,
        held=start.isoformat(),
        until=until.isoformat(),
    )
    return until


async def find_hold(conn: AsyncConnection, link_id: int) -> Row[Any] | None:
    """The id and start time of the slot that is held for this link, or None."""
    held: Select[Any] = select(booking.c.id, booking.c.starts_at)
    held = held.where(booking.c.link == link_id, booking.c.state == "held")
    found: Row[Any] | None = (await conn.execute(held)).one_or_none()
    return found


async def drop_hold(conn: AsyncConnection, escalation_id: str, request_becomes: str) -> bool:
    """Give back the seat held for this escalation, if any. The caller has locked it, and writes the event."""
    held = select(booking.c.id).where(booking.c.escalation == escalation_id, booking.c.state == "held")
    numbers = (await conn.execute(held)).scalars().all()
    seats = select(pool.c.desk, witness.c.day).join(pool, pool.c.id == witness.c.pool)
    for row in (await conn.execute(seats.where(witness.c.booking.in_(numbers)).order_by(witness.c.day))).all():
        await next_version(conn, row.desk, row.day)
    await conn.execute(delete(witness).where(witness.c.booking.in_(numbers)))
    await conn.execute(delete(booking).where(booking.c.id.in_(numbers)))
    pending = customer_request.c.state.in_(["open", "held"]) & (customer_request.c.escalation == escalation_id)
    changes = {"state": request_becomes, "booking": None, "held_until": None}
    await conn.execute(update(customer_request).where(pending).values(changes))
    return bool(numbers)


async def end_request(conn: AsyncConnection, escalation_id: str) -> None:
    """What the customer asked for is answered: they have booked."""
    pending = customer_request.c.state.in_(["open", "held"]) & (customer_request.c.escalation == escalation_id)
    await conn.execute(update(customer_request).where(pending).values(state="answered", booking=None, held_until=None))


async def end_hold(
    conn: AsyncConnection, escalation_id: str, now: datetime, *, why: str, actor: str = "muster"
) -> bool:
    """End a hold, because the customer wants ``none`` of it or its time ``ran_out``; the request is open again."""
    row = await lock(conn, escalation_id)
    if not await drop_hold(conn, escalation_id, "open"):
        return False
    relayed = row.state not in OPEN_STATES
    await record(conn, escalation_id, Kind.HOLD_ENDED, now, body={"why": why}, actor=actor, relayed=relayed)
    return True


async def expired_holds(conn: AsyncConnection) -> list[str]:
    """Escalations whose hold is over, by the database's clock, the oldest first."""
    over = (customer_request.c.state == "held") & (customer_request.c.held_until <= func.clock_timestamp())
    query = select(customer_request.c.escalation).where(over).order_by(customer_request.c.held_until)
    return [str(one) for one in (await conn.execute(query.limit(ENDED_AT_ONCE))).scalars()]
