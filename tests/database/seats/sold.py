"""A small desk with seats to sell: two people in one pool, on shift from nine to five each day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.directory.read import read_directory
from database.stores.journal.plan_json import dump_plan
from database.stores.rules.versions import current_ruleset, publish
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.schedule_changes import change_schedule
from database.stores.staff.shifts import update_all_shifts
from database.tables.booking import booking, pool, pool_agent, witness
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, team, title, weekly_shift
from database.tables.escalation import customer, escalation
from domain.plan import Plan
from domain.schedules.change import Change

DAY = date(2026, 12, 1)
NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
FIVE = NINE + timedelta(hours=8)
RULES = 'rules for "Desk"\n\notherwise\n  send to team "Team"\n'


async def furnish(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(desk.insert().values(id=1, name="Desk", time_zone="UTC", currency="EUR"))
        await conn.execute(team.insert().values(id=1, name="Team", address="t@example.com"))
        await conn.execute(title.insert().values(id=1, name="Title"))
        people = [{"id": n, "name": f"P{n}", "email": f"p{n}@example.com", "team": 1, "title": 1} for n in (1, 2)]
        await conn.execute(insert(person), [row | {"roles": ["agent"]} for row in people])
        week = {"days": list(range(7)), "start_minute": 540, "end_minute": 1020, "time_zone": "UTC"}
        await conn.execute(insert(weekly_shift), [{"person": n} | week for n in (1, 2)])
        await update_all_shifts(conn, NINE)
        await publish(conn, RULES, "test", "the first rules", None, NINE)


async def plan_of(engine: AsyncEngine) -> Plan:
    async with engine.connect() as conn:
        rules = await current_ruleset(conn, await read_directory(conn))
    assert rules is not None
    return Plan(rules.decide({}, NINE), rules.version, NINE)


async def sold(engine: AsyncEngine, plan: Plan, *, who: int, start: datetime = NINE + timedelta(hours=1)) -> int:
    """Insert a booked call whose witness is this person; both people are in its pool."""
    async with engine.begin() as conn:
        await conn.execute(pool.insert().values(id=1, desk=1, key=plan.pool_key, definition={}, description="pool"))
        await conn.execute(insert(pool_agent), [{"pool": 1, "person": n} for n in (1, 2)])
        await conn.execute(customer.insert().values(id=1, email="c@example.com", name="C"))
    return await another(engine, plan, 1, who=who, start=start)


async def tried(conn: AsyncConnection, who: int, change: Change) -> ReassignResult:
    """A dry run of the change: carried out, and rolled back."""
    savepoint = await conn.begin_nested()
    try:
        return await change_schedule(conn, who, change, "test", NINE)
    finally:
        await savepoint.rollback()


async def another(engine: AsyncEngine, plan: Plan, number: int, *, who: int, start: datetime) -> int:
    """Insert one more in the same pool: it occupies five minutes before ``start`` and half an hour after."""
    one = f"00000000-0000-0000-0000-{number:012}"
    span = Range(start - timedelta(minutes=5), start + timedelta(minutes=30))
    async with engine.begin() as conn:
        row = {"id": one, "desk": 1, "ticket_system": "z", "ticket_id": one, "ticket_url": "u", "facts": {}}
        row |= {"subject": "Engine stops at sea", "customer": 1, "mode": "booking", "state": "booked", "team": 1}
        row |= {"plan": dump_plan(plan), "ruleset": plan.ruleset, "rule": "otherwise", "opened_by": "t"}
        await conn.execute(escalation.insert().values(row | {"opened_at": NINE, "updated_at": NINE}))
        link = {"id": number, "escalation": one, "nth": 1, "token_hash": one.encode(), "state": "used"}
        await conn.execute(customer_link.insert().values(link | {"issued_at": NINE, "expires_at": FIVE}))
        row = {"escalation": one, "link": number, "pool": 1, "starts_at": start, "seconds": 1200, "occupies": span}
        statement = booking.insert().values(row | {"booked_at": NINE}).returning(booking.c.id)
        made: int = (await conn.execute(statement)).scalar_one()
        row = {"booking": made, "pool": 1, "person": who, "during": span, "day": start.date(), "nth": number}
        await conn.execute(witness.insert().values(row | {"version": 1}))
    return made
