"""An empty pool, somebody without a team, two thousand people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking
from database.stores.at_risk.background_solver import SearchMemory
from database.stores.seats.availability import free_starts
from database.stores.seats.closed_slots import day_of_slots
from database.tables.booking import pool_agent, witness
from database.tables.customer_link import customer_link
from database.tables.directory import person, presence, shift
from database.tables.muster import offer
from domain.booking import SlotTaken
from domain.escalation import Mode
from domain.seats.reasons import Why
from tests.database.rounds.round_floor import Floor
from workers.seat_keeper import keep_seats

NOBODY = 'rule "Rare"\n  when tags include "rare"\n  send to team "Office"\n  require skill "sails" at level 5\n'
MANY = 2000


@pytest.fixture
def floor(database: AsyncEngine) -> Floor:
    return Floor(database)


async def test_a_pool_of_nobody_sells_nothing_says_why_and_ends_its_search(floor: Floor) -> None:
    await floor.furnish(rules=NOBODY)
    await floor.come_on("Anna Schmidt", "Ines Costa")
    wants = await floor.open("wants", Mode.BOOKING, tags=["rare"])
    async with floor.engine.connect() as conn:
        assert (await conn.execute(select(pool_agent))).all() == []
        assert await free_starts(conn, wants, floor.now) == []
        slots = (await day_of_slots(conn, wants, floor.now.date(), floor.now)).slots
    reasons = {slot.closed.why for slot in slots if slot.closed is not None}
    assert len(slots) == sum(slot.closed is not None for slot in slots)
    assert reasons == {Why.NOT_OFFERED, Why.NOBODY_IN_POOL}
    link = (await floor.one(select(customer_link))).id
    async with floor.engine.begin() as conn:
        with pytest.raises(SlotTaken):
            await booking.book(conn, wants, link, floor.now + timedelta(hours=1), floor.tokens, floor.now)
    await keep_seats(floor.engine, SearchMemory(), floor.now)
    now = await floor.open("now", tags=["rare"])
    for _ in range(3):
        await floor.round()
        floor.later(minutes=10)
    assert await floor.offered() == {}
    assert "exhausted" in await floor.timeline(now)


async def test_somebody_in_no_team_is_never_asked_and_nothing_is_sold_on_them(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on("Anna Schmidt")
    async with floor.engine.begin() as conn:
        await conn.execute(text("UPDATE person SET team = NULL, title = NULL"))
    wants, now = await floor.open("wants", Mode.BOOKING), await floor.open("now")
    await floor.round()
    assert await floor.offered() == {}
    assert "exhausted" in await floor.timeline(now), "nobody can take it, so its customer isn't kept waiting"
    async with floor.engine.connect() as conn:
        assert await free_starts(conn, wants, floor.now) == []
    async with floor.engine.begin() as conn:
        back = "UPDATE person SET team = (SELECT id FROM team WHERE name = 'Support'), title = 1 WHERE name = :name"
        await conn.execute(text(back), {"name": "Anna Schmidt"})
    await keep_seats(floor.engine, SearchMemory(), floor.now)
    later = await floor.open("later")
    await floor.round()
    assert await floor.offered() == {"later": "Anna Schmidt"}
    assert "offered" in await floor.timeline(later)


async def test_two_thousand_people_are_matched_in_one_round_and_sold_from(floor: Floor) -> None:
    await floor.furnish()
    async with floor.engine.begin() as conn:
        team = (await conn.execute(text("SELECT id FROM team WHERE name = 'Support'"))).scalar_one()
        row: dict[str, Any] = {"team": team, "title": 1, "roles": ["agent"]}
        people = [{"name": f"P{n}", "email": f"p{n}@x.example"} | row for n in range(MANY)]
        made = (await conn.execute(insert(person).returning(person.c.id), people)).scalars().all()
        around = Range(floor.now - timedelta(hours=2), floor.now + timedelta(hours=8))
        await conn.execute(insert(shift), [{"person": one, "during": around} for one in made])
        there = {"state": "available", "since": floor.now, "seen_at": floor.now}
        await conn.execute(insert(presence), [{"person": one} | there for one in made])
    for number in range(30):
        await floor.open(f"now-{number}")
    report = await floor.round()
    assert report is not None
    assert (report.due, report.offers) == (30, 30)
    async with floor.engine.connect() as conn:
        asked = (await conn.execute(select(offer.c.person).where(offer.c.state == "offered"))).scalars().all()
    assert len(set(asked)) == 30
    for number in range(5):
        await floor.book(f"booked-{number}", floor.now + timedelta(hours=1))
    async with floor.engine.connect() as conn:
        assert len(set((await conn.execute(select(witness.c.person))).scalars())) == 5
    await keep_seats(floor.engine, SearchMemory(), floor.now)
