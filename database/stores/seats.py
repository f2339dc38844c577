"""Reading seats: who can be sold when, and which starts are free. Writing one is ``booking.py``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.plans import load_plan
from database.tables.booking import pool_agent, witness
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, shift
from database.tables.escalation import escalation
from domain.booking import Seat, Seller, SlotRefused, SlotTaken, Span, find_seat, occupied
from domain.plan import Plan
from domain.slots import Window, nearest, offered_starts, why_not_offered, window

ONE_DAY = timedelta(days=1)


async def read_sellers(conn: AsyncConnection, pool: int, first: datetime, last: datetime) -> list[Seller]:
    """Everybody in the pool with their shifts and witnesses between two instants, a day around them."""
    around = Range(first - ONE_DAY, last + ONE_DAY)
    mates = select(pool_agent.c.person).where(pool_agent.c.pool == pool)
    shifts: dict[int, list[Span]] = defaultdict(list)
    query = select(shift).where(shift.c.person.in_(mates), shift.c.during.overlaps(around))
    for row in await conn.execute(query):
        shifts[row.person].append((row.during.lower, row.during.upper))
    busy: dict[int, list[Span]] = defaultdict(list)
    sold: dict[int, dict[date, set[int]]] = defaultdict(lambda: defaultdict(set))
    query = select(witness).where(witness.c.person.in_(mates), witness.c.during.overlaps(around))
    for row in await conn.execute(query):
        busy[row.person].append((row.during.lower, row.during.upper))
        sold[row.person][row.day].add(row.nth)
    counted = (
        select(pool_agent.c.person, func.count().label("pools"))
        .join(person, person.c.id == pool_agent.c.person)
        .where(pool_agent.c.person.in_(mates), person.c.active)
        .group_by(pool_agent.c.person)
    )
    return [
        Seller(
            row.person,
            row.pools,
            tuple(shifts[row.person]),
            tuple(busy[row.person]),
            {day: frozenset(nths) for day, nths in sold[row.person].items()},
        )
        for row in await conn.execute(counted)
    ]


async def _escalation(conn: AsyncConnection, escalation_id: str) -> tuple[Any, Plan, bool]:
    query = (
        select(escalation.c.pool, escalation.c.plan, desk.c.time_zone)
        .join(desk, desk.c.id == escalation.c.desk)
        .where(escalation.c.id == escalation_id)
    )
    row = (await conn.execute(query)).one()
    latest = (
        select(customer_link.c.priority)
        .where(customer_link.c.escalation == escalation_id)
        .order_by(customer_link.c.nth.desc())
        .limit(1)
    )
    priority = bool((await conn.execute(latest)).scalar_one_or_none())
    return row, load_plan(row.plan), priority


async def free_starts(conn: AsyncConnection, escalation_id: str, now: datetime) -> list[datetime]:
    """The starts that this escalation can book, in order."""
    row, plan, priority = await _escalation(conn, escalation_id)
    allowed = window(plan.decision, row.time_zone, now, priority=priority)
    sellers = await read_sellers(conn, row.pool, *_span(plan, allowed))
    starts = offered_starts(plan.decision, row.time_zone, allowed)
    return [start for start, day in starts if find_seat(start, day, plan.decision, sellers) is not None]


def _span(plan: Plan, allowed: Window) -> Span:
    return occupied(allowed.earliest, plan.decision)[0], occupied(allowed.latest, plan.decision)[1]


async def seat_at(
    conn: AsyncConnection, escalation_id: str, start: datetime, day: date, now: datetime
) -> tuple[Plan, Seat]:
    """A seat for this start. Raises ``SlotRefused`` or ``SlotTaken``. The caller holds the day's lock."""
    row, plan, priority = await _escalation(conn, escalation_id)
    allowed = window(plan.decision, row.time_zone, now, priority=priority)
    if (reason := why_not_offered(plan.decision, row.time_zone, allowed, start, now)) is not None:
        raise SlotRefused(start, reason)
    sellers: Sequence[Seller] = await read_sellers(conn, row.pool, *occupied(start, plan.decision))
    if (seat := find_seat(start, day, plan.decision, sellers)) is None:
        raise SlotTaken(start)
    return plan, seat


async def why_not(
    conn: AsyncConnection, escalation_id: str, start: datetime, now: datetime
) -> SlotTaken | SlotRefused | None:
    """Why a start can't be booked, with the nearest that can; None where it can."""
    row, plan, priority = await _escalation(conn, escalation_id)
    free = await free_starts(conn, escalation_id, now)
    if start in free:
        return None
    allowed = window(plan.decision, row.time_zone, now, priority=priority)
    reason = why_not_offered(plan.decision, row.time_zone, allowed, start, now)
    around = nearest(free, start)
    return SlotTaken(start, around) if reason is None else SlotRefused(start, reason, around)
