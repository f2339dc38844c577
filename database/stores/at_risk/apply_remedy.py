"""What a manager does for one booked call at risk: releases the reserve for it, or lets it begin with a later step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.at_risk.remedies import WIDENING, placed_on, unreserved
from database.stores.directory.read import read_directory
from database.stores.journal.audit_log import write_audit
from database.stores.journal.plan_json import dump_plan, load_plan
from database.stores.journal.timeline import lock, notify, record
from database.stores.seats.assignments import changes_of, queue, write_witnesses
from database.stores.seats.availability import BookingRequest, read_booking_request
from database.stores.seats.load_board import Seats, load_seats
from database.stores.seats.pools import pool_of
from database.tables.booking import booking
from database.tables.escalation import escalation
from domain.escalation import Kind
from domain.failure import Failure
from domain.ids import KICK_CHANNEL
from domain.plan import Plan
from domain.schedules.schedule import ONE_DAY
from domain.seats.search import Answer, Search, apply_placement


@dataclass
class ReserveNotEnough(Failure):
    """Nobody kept free could take it by now."""

    title = "The reserve does not help"

    @property
    def detail(self) -> str:
        return "Nobody who is kept in reserve is free for this call any more. What else could help stands below."


@dataclass
class NotWiderEnough(Failure):
    """Nobody of that pool could take it by now, or its plan has no such step."""

    title = "The wider pool does not help"

    @property
    def detail(self) -> str:
        return "Nobody of that wider pool is free for this call any more. What else could help stands below."


@dataclass(frozen=True)
class _Found:
    """A seat that the board has for a booking at risk, or none; under the lock of its day."""

    booking_id: int
    plan: Plan
    """Of its escalation, as it stands."""
    seats: Seats
    search: Search | None


async def release_reserve(conn: AsyncConnection, escalation_id: str, actor: str, now: datetime) -> bool:
    """Give the call a seat that its plan's reserve kept back; False where it isn't at risk, so nothing was to be done.

    The reserve holds for every other call as before. Raises ``EscalationUnknown``, ``ReserveNotEnough``.
    """
    request = await read_booking_request(conn, escalation_id, now)
    found = await _find_seat(conn, request, now, with_reserve=True)
    if found is None:
        return False
    if found.search is None:
        raise ReserveNotEnough
    await conn.execute(update(booking).where(booking.c.id == found.booking_id).values(state="sold"))
    await write_witnesses(conn, request.desk, changes_of(found.seats, found.search.moved()))
    body = {"booking_id": found.booking_id, "found": "the reserve was released for it"}
    await record(conn, escalation_id, Kind.SEAT_FOUND, now, body=body, actor=actor)
    await write_audit(conn, actor, "released the reserve", f"escalation:{escalation_id}", now)
    return True


async def widen_pool(engine: AsyncEngine, escalation_id: str, step: int, actor: str, now: datetime) -> bool:
    """Begin with this step of the call's own plan and give it a seat there; False where it isn't at risk.

    Its search begins with that step, too, and so does a seat that its customer moves to. Raises
    ``EscalationUnknown``, ``NotWiderEnough``.
    """
    async with engine.connect() as conn:
        request = await read_booking_request(conn, escalation_id, now)
        if await _at_risk(conn, escalation_id, now) is None:
            return False
    plan = _beginning_with(request.plan, step)
    async with engine.begin() as conn:
        # Made ahead: it may take seats from people who left, on other days than the one that is locked next.
        wider = await pool_of(conn, request.desk, plan, await read_directory(conn), now)
    async with engine.begin() as conn:
        return await _give_wider_seat(conn, replace(request, pool=wider), plan, actor, now)


def _beginning_with(plan: Plan, step: int) -> Plan:
    steps = plan.decision.steps
    if not plan.begins_at < step <= len(steps) or steps[step - 1].kind not in WIDENING:
        raise NotWiderEnough
    return replace(plan, begins_at=step)


async def _give_wider_seat(
    conn: AsyncConnection, request: BookingRequest, plan: Plan, actor: str, now: datetime
) -> bool:
    """In one transaction, under the lock of the day: booking, escalation and witness are of the wider pool."""
    found = await _find_seat(conn, request, now)
    if found is None:
        return False
    if found.search is None or found.plan.begins_at >= plan.begins_at:
        raise NotWiderEnough
    await conn.execute(update(booking).where(booking.c.id == found.booking_id).values(state="sold", pool=request.pool))
    moved = update(escalation).where(escalation.c.id == request.escalation)
    await conn.execute(moved.values(pool=request.pool, plan=dump_plan(plan)))
    await write_witnesses(conn, request.desk, changes_of(found.seats, found.search.moved()))
    try:
        await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as refused:
        # Who was free on the board has left the pool or their shift meanwhile.
        raise NotWiderEnough from refused
    step = plan.decision.steps[plan.begins_at - 1].text
    told = f"it begins with a later step of its plan, “{step}”"
    body = {"booking_id": found.booking_id, "found": told, "pool": plan.pool_text}
    await record(conn, request.escalation, Kind.SEAT_FOUND, now, body=body, actor=actor)
    await write_audit(conn, actor, f"widened the pool: {step}", f"escalation:{request.escalation}", now)
    await notify(conn, KICK_CHANNEL)
    return True


async def _at_risk(conn: AsyncConnection, escalation_id: str, now: datetime) -> Row[int, datetime, Any] | None:
    query = select(booking.c.id, booking.c.starts_at, booking.c.occupies)
    at_risk = (booking.c.escalation == escalation_id) & (booking.c.state == "at_risk") & (booking.c.starts_at > now)
    return (await conn.execute(query.where(at_risk))).one_or_none()


async def _find_seat(
    conn: AsyncConnection, request: BookingRequest, now: datetime, *, with_reserve: bool = False
) -> _Found | None:
    """Look for a seat under the lock of the day, then lock the escalation; None where it is not at risk (any more)."""
    row = await _at_risk(conn, request.escalation, now)
    if row is None:
        return None
    day = row.starts_at.astimezone(request.local).date()
    await queue(conn, request.desk, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
    days = {day.toordinal()}
    demand = request.demand(row.starts_at, day, row.id)._replace(begin=begin, end=end)
    if with_reserve:
        demand = unreserved(demand)
    found = placed_on(seats.board, demand, days)
    search = None if isinstance(found, Answer) else apply_placement(seats.board, demand, found, days)
    plan = load_plan((await lock(conn, request.escalation)).plan)
    if await _at_risk(conn, request.escalation, now) != row:
        return None
    return _Found(row.id, plan, seats, search)
