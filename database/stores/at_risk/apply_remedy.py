"""Widening the pool of one booked call at risk: its plan begins with a later step, and so its seat may rest there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.at_risk.remedies import WIDENING, among_wider
from database.stores.directory.read import read_directory
from database.stores.journal.audit_log import write_audit
from database.stores.journal.plan_json import dump_plan, load_plan
from database.stores.journal.timeline import lock, notify, record
from database.stores.seats.assignments import changes_of, queue, write_witnesses
from database.stores.seats.availability import Wish, read_wish
from database.stores.seats.load_board import load_seats
from database.stores.seats.pools import pool_of
from database.tables.booking import booking
from database.tables.escalation import escalation
from domain.escalation import Kind
from domain.failure import Failure
from domain.ids import KICK_CHANNEL
from domain.plan import Plan
from domain.seats.search import Answer, Search, apply_placement

ONE_DAY = timedelta(days=1)


@dataclass
class NotWiderEnough(Failure):
    """Nobody of that pool could take it by now, or its plan has no such step."""

    title = "The wider pool does not help"

    @property
    def detail(self) -> str:
        return "Nobody of that wider pool is free for this call any more. What else could help stands below."


async def widen_pool(engine: AsyncEngine, escalation_id: str, step: int, actor: str, now: datetime) -> bool:
    """Begin with this step of the call's own plan and give it a seat there; False where it isn't at risk.

    Its search begins with that step, too, and so does a seat that its customer moves to. Raises
    ``EscalationUnknown``, ``NotWiderEnough``.
    """
    async with engine.connect() as conn:
        wish = await read_wish(conn, escalation_id, now)
        if await _at_risk(conn, escalation_id, now) is None:
            return False
    plan = _beginning_with(wish.plan, step)
    async with engine.begin() as conn:
        # Made ahead: it may take seats from people who left, on other days than the one that is locked next.
        wider = await pool_of(conn, wish.desk, plan, await read_directory(conn), now)
    async with engine.begin() as conn:
        return await _give_seat(conn, replace(wish, pool=wider), plan, actor, now)


def _beginning_with(plan: Plan, step: int) -> Plan:
    steps = plan.decision.steps
    if not plan.begins_at < step <= len(steps) or steps[step - 1].kind not in WIDENING:
        raise NotWiderEnough
    return replace(plan, begins_at=step)


async def _at_risk(conn: AsyncConnection, escalation_id: str, now: datetime) -> Row[int, datetime, Any] | None:
    query = select(booking.c.id, booking.c.starts_at, booking.c.occupies)
    at_risk = (booking.c.escalation == escalation_id) & (booking.c.state == "at_risk") & (booking.c.starts_at > now)
    return (await conn.execute(query.where(at_risk))).one_or_none()


async def _give_seat(conn: AsyncConnection, wish: Wish, plan: Plan, actor: str, now: datetime) -> bool:
    """In one transaction, under the lock of the day: booking, escalation and witness are of the wider pool."""
    row = await _at_risk(conn, wish.escalation, now)
    if row is None:
        return False
    day = row.starts_at.astimezone(wish.local).date()
    await queue(conn, wish.desk, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
    demand = wish.demand(row.starts_at, day, row.id)._replace(begin=begin, end=end)
    found = among_wider(seats.board, demand, {day.toordinal()})
    search: Search | None = None
    if not isinstance(found, Answer):
        search = apply_placement(seats.board, demand, found, {day.toordinal()})
    stands = load_plan((await lock(conn, wish.escalation)).plan)
    if await _at_risk(conn, wish.escalation, now) != row:
        return False
    if search is None or stands.begins_at >= plan.begins_at:
        raise NotWiderEnough
    await conn.execute(update(booking).where(booking.c.id == row.id).values(state="sold", pool=wish.pool))
    moved = update(escalation).where(escalation.c.id == wish.escalation)
    await conn.execute(moved.values(pool=wish.pool, plan=dump_plan(plan)))
    await write_witnesses(conn, wish.desk, changes_of(seats, search.moved()))
    try:
        await conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as refused:
        # Who was free on the board has left the pool or their shift meanwhile.
        raise NotWiderEnough from refused
    step = plan.decision.steps[plan.begins_at - 1].text
    body = {"booking_id": row.id, "found": f"it begins with a later step of its plan, “{step}”", "pool": plan.pool_text}
    await record(conn, wish.escalation, Kind.SEAT_FOUND, now, body=body, actor=actor)
    await write_audit(conn, actor, f"widened the pool: {step}", f"escalation:{wish.escalation}", now)
    await notify(conn, KICK_CHANNEL)
    return True
