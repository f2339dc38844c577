"""What PostgreSQL itself refuses, whatever the code does: constraints are the last guard against doubles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables.booking import booking, pool, pool_agent, witness
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, shift
from database.tables.escalation import customer, escalation, escalation_event
from database.tables.muster import call, offer, rating
from database.tables.muster import round as round_table

NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


async def furnish(engine: AsyncEngine) -> None:
    """An organisation; two people on shift from nine to five, one of them in the pool; two escalations with links."""
    async with engine.begin() as conn:
        await conn.execute(desk.insert().values(id=1, name="Desk", time_zone="UTC", currency="EUR"))
        await conn.execute(person.insert(), [{"id": n, "name": f"P{n}", "email": f"p{n}@example.com"} for n in (1, 2)])
        day = Range(NINE, NINE + timedelta(hours=8))
        await conn.execute(shift.insert(), [{"person": 1, "during": day}, {"person": 2, "during": day}])
        await conn.execute(pool.insert().values(id=1, desk=1, key="k", definition={}, description="pool"))
        await conn.execute(pool_agent.insert().values(pool=1, person=1))
        await conn.execute(customer.insert().values(id=1, email="c@example.com", name="C"))
        for number, one in enumerate((ONE, TWO), start=1):
            row = {"id": one, "desk": 1, "ticket_system": "z", "ticket_id": one, "ticket_url": "u", "subject": "s"}
            row |= {"facts": {}, "customer": 1, "mode": "booking", "state": "invited", "plan": {}, "ruleset": "r"}
            row |= {"rule": "otherwise", "opened_by": "t", "opened_at": NINE, "updated_at": NINE}
            await conn.execute(escalation.insert().values(row))
            link = {"id": number, "escalation": one, "nth": 1, "token_hash": one.encode(), "state": "open"}
            await conn.execute(customer_link.insert().values(link | {"issued_at": NINE, "expires_at": NINE}))


def booked(number: int, start: datetime = NINE) -> dict[str, object]:
    one = (ONE, TWO)[number - 1]
    span = Range(start, start + timedelta(minutes=30))
    row: dict[str, object] = {"id": number, "escalation": one, "link": number, "pool": 1, "starts_at": start}
    return row | {"seconds": 1200, "occupies": span, "booked_at": start}


def proof(number: int, start: datetime = NINE, person_id: int = 1, nth: int = 1) -> dict[str, object]:
    span = Range(start, start + timedelta(minutes=30))
    row: dict[str, object] = {"booking": number, "pool": 1, "person": person_id, "during": span}
    return row | {"day": date(2026, 12, 1), "nth": nth, "version": 1}


async def sell(engine: AsyncEngine, *rows: tuple[dict[str, object], dict[str, object] | None]) -> None:
    async with engine.begin() as conn:
        for sold, witnessed in rows:
            await conn.execute(booking.insert().values(sold))
            if witnessed is not None:
                await conn.execute(witness.insert().values(witnessed))


async def test_a_seat_with_its_witness_is_sold(database: AsyncEngine) -> None:
    await furnish(database)
    await sell(
        database,
        (booked(1), proof(1)),
        (booked(2, NINE + timedelta(hours=1)), proof(2, NINE + timedelta(hours=1), nth=2)),
    )


@pytest.mark.parametrize(
    ("second", "its_proof", "constraint"),
    [
        (booked(2, NINE + timedelta(hours=1)), None, "booking_has_witness"),
        (booked(2), proof(2, nth=2), "witness_one_call"),
        (booked(2), proof(2, person_id=2), "witness_in_pool"),
        (booked(2, NINE - timedelta(hours=1)), proof(2, NINE - timedelta(hours=1), nth=2), "witness_on_shift"),
        (booked(2, NINE + timedelta(hours=1)), proof(2, NINE + timedelta(hours=1), nth=1), "witness_day_cap"),
        (booked(2, NINE + timedelta(hours=1)), proof(2, NINE + timedelta(hours=2), nth=2), "witness_same_time"),
    ],
)
async def test_a_seat_that_cannot_be_served_is_refused(
    database: AsyncEngine, second: dict[str, object], its_proof: dict[str, object] | None, constraint: str
) -> None:
    await furnish(database)
    with pytest.raises(IntegrityError, match=constraint):
        await sell(database, (booked(1), proof(1)), (second, its_proof))


async def test_a_shift_with_a_seat_cannot_be_deleted(database: AsyncEngine) -> None:
    await furnish(database)
    await sell(database, (booked(1), proof(1)))
    with pytest.raises(IntegrityError, match="witness_on_shift"):
        async with database.begin() as conn:
            await conn.execute(text("DELETE FROM shift WHERE person = 1"))


async def offers_made(engine: AsyncEngine, *rows: dict[str, object]) -> None:
    async with engine.begin() as conn:
        await conn.execute(round_table.insert().values(id=1, at=NINE, calls=1, offers=1, took_ms=1))
        for one in (ONE, TWO):
            values = {"id": one, "escalation": one, "nth": 1, "state": "offered", "muster_at": NINE}
            await conn.execute(call.insert().values(values))
        for row in rows:
            made = {"round": 1, "why": {}, "made_at": NINE, "expires_at": NINE}
            await conn.execute(offer.insert().values(made | row))


async def test_one_person_has_one_live_offer(database: AsyncEngine) -> None:
    await furnish(database)
    with pytest.raises(IntegrityError, match="offer_live_agent"):
        await offers_made(
            database,
            {"call": ONE, "nth": 1, "person": 1, "state": "accepted"},
            {"call": TWO, "nth": 1, "person": 1, "state": "offered"},
        )


async def test_one_call_has_one_live_offer(database: AsyncEngine) -> None:
    await furnish(database)
    with pytest.raises(IntegrityError, match="offer_live_call"):
        await offers_made(
            database,
            {"call": ONE, "nth": 1, "person": 1, "state": "accepted"},
            {"call": ONE, "nth": 2, "person": 2, "state": "offered"},
        )


async def test_one_link_books_one_call_and_one_call_has_one_rating(database: AsyncEngine) -> None:
    await furnish(database)
    later = NINE + timedelta(hours=1)
    with pytest.raises(IntegrityError, match="booking_one_a_link"):
        await sell(database, (booked(1), proof(1)), (booked(2, later) | {"link": 1}, proof(2, later, nth=2)))
    await offers_made(database)
    rated = {"call": ONE, "escalation": ONE, "score": 5, "at": NINE}
    async with database.begin() as conn:
        await conn.execute(rating.insert().values(rated))
    with pytest.raises(IntegrityError, match="rating_pkey"):
        async with database.begin() as conn:
            await conn.execute(rating.insert().values(rated | {"score": 1}))


async def test_a_ticket_has_one_open_escalation(database: AsyncEngine) -> None:
    await furnish(database)
    with pytest.raises(IntegrityError, match="escalation_open_ticket"):
        async with database.begin() as conn:
            await conn.execute(text("UPDATE escalation SET ticket_id = 'same'"))


async def test_the_timeline_is_not_rewritten(database: AsyncEngine) -> None:
    await furnish(database)
    row = {"escalation": ONE, "seq": 1, "kind": "opened", "body": {}, "actor": "t", "at": NINE}
    async with database.begin() as conn:
        await conn.execute(escalation_event.insert().values(row))
        await conn.execute(text("UPDATE escalation_event SET told_at = now()"))
    for change in ("UPDATE escalation_event SET kind = 'closed'", "DELETE FROM escalation_event"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.begin() as conn:
                await conn.execute(text(change))
