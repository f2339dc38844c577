"""What a manager can do for one booking at risk: release the reserve for it, or begin its plan at a later step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.at_risk.remedies import WIDENING, find_remedy_place, without_reserve
from database.stores.directory.read import read_directory
from database.stores.journal.audit_log import write_audit
from database.stores.journal.plan_json import dump_plan, load_plan
from database.stores.journal.timeline import lock, notify, record
from database.stores.seats.assignments import changes_of, lock_days, write_witnesses
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
    """Nobody in the reserve can take the call any more."""

    title = "The reserve does not help"

    @property
    def detail(self) -> str:
        return "Nobody in reserve is free for this call any more. See below what else could help."


@dataclass
class NotWiderEnough(Failure):
    """Nobody in the wider pool can take the call any more, or the plan has no such step."""

    title = "The wider pool does not help"

    @property
    def detail(self) -> str:
        return "Nobody in that wider pool is free for this call any more. See below what else could help."


@dataclass(frozen=True)
class _SeatSearch:
    """The result of searching for a seat for a booking at risk, under its day's lock."""

    booking_id: int
    plan: Plan
    """The escalation's current plan."""
    seats: Seats
    search: Search | None
    """None if no seat was found."""


async def release_reserve(conn: AsyncConnection, escalation_id: str, actor: str, now: datetime) -> bool:
    """Give the call a seat from its plan's reserve. Returns False, without changing anything, if the call isn't at
    risk.

    The reserve stays in force for every other call. Raises ``EscalationUnknown``, ``ReserveNotEnough``.
    """
    request = await read_booking_request(conn, escalation_id, now)
    result = await _find_seat(conn, request, now, with_reserve=True)
    if result is None:
        return False
    if result.search is None:
        raise ReserveNotEnough
    await conn.execute(update(booking).where(booking.c.id == result.booking_id).values(state="sold"))
    await write_witnesses(conn, request.desk, changes_of(result.seats, result.search.moved()))
    body = {"booking_id": result.booking_id, "found": "the reserve was released for it"}
    await record(conn, escalation_id, Kind.SEAT_FOUND, now, body=body, actor=actor)
    await write_audit(conn, actor, "released the reserve", f"escalation:{escalation_id}", now)
    return True


async def widen_pool(engine: AsyncEngine, escalation_id: str, step: int, actor: str, now: datetime) -> bool:
    """Begin the call's plan at this step, and give the call a seat in that step's pool. Returns False if the call isn't
    at risk.

    The search for a person will also begin at that step, and so will the search for a new seat if the customer moves
    the call. Raises ``EscalationUnknown``, ``NotWiderEnough``.
    """
    async with engine.connect() as conn:
        request = await read_booking_request(conn, escalation_id, now)
        if await _at_risk(conn, escalation_id, now) is None:
            return False
    plan = _beginning_with(request.plan, step)
    async with engine.begin() as conn:
        # A separate transaction: it may reassign seats of people who have left, on days other than the one locked next.
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
    """Move the booking, the escalation and the witness to the wider pool, under the day's lock."""
    result = await _find_seat(conn, request, now)
    if result is None:
        return False
    if result.search is None or result.plan.begins_at >= plan.begins_at:
        raise NotWiderEnough
    await conn.execute(update(booking).where(booking.c.id == result.booking_id).values(state="sold", pool=request.pool))
    widened = update(escalation).where(escalation.c.id == request.escalation)
    await conn.execute(widened.values(pool=request.pool, plan=dump_plan(plan)))
    await write_witnesses(conn, request.desk, changes_of(result.seats, result.search.moved()))
    try:
        await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as refused:
        # Since the board was loaded, the witness has left the pool or is no longer on shift.
        raise NotWiderEnough from refused
    step = plan.decision.steps[plan.begins_at - 1].text
    how = f"it begins with a later step of its plan, “{step}”"
    body = {"booking_id": result.booking_id, "found": how, "pool": plan.pool_text}
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
) -> _SeatSearch | None:
    """Search for a seat under the day's lock, then lock the escalation. None if the booking isn't at risk."""
    row = await _at_risk(conn, request.escalation, now)
    if row is None:
        return None
    day = request.day_of(row.starts_at)
    await lock_days(conn, request.desk, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
    days = {day.toordinal()}
    demand = request.demand(row.starts_at, day, row.id)._replace(begin=begin, end=end)
    if with_reserve:
        demand = without_reserve(demand)
    placement = find_remedy_place(seats.board, demand, days)
    search = None if isinstance(placement, Answer) else apply_placement(seats.board, demand, placement, days)
    plan = load_plan((await lock(conn, request.escalation)).plan)
    if await _at_risk(conn, request.escalation, now) != row:
        return None
    return _SeatSearch(row.id, plan, seats, search)
