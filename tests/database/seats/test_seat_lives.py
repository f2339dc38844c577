"""Desks that live in random steps through the stores: after every step, what is sold can be served."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking
from database.tables.customer_link import customer_link
from domain.booking import SlotTaken
from domain.escalation import Mode
from tests.database.rounds.round_floor import Floor
from tests.database.seats.seat_lives import begin_life


@pytest.mark.parametrize("seed", range(3))
async def test_at_every_step_what_was_sold_can_be_served(
    database: AsyncEngine, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    life = await begin_life(database, seed)
    await life.judge()
    for _ in range(30):
        await life.step()
        await life.judge()
    # The database refused nothing that the board allowed, and no part of the seat keeper failed.
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_two_who_buy_on_both_sides_of_midnight_are_sold_what_one_person_can_serve(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """Each start has a day of its own, and the same person would serve both calls at once."""
    floor = Floor(database)
    await floor.furnish(rules='rule "Invoices"\n  when product area is billing\n  send to team "Office"')
    midnight = floor.now.replace(hour=23)
    starts = [midnight - timedelta(minutes=10), midnight + timedelta(minutes=5)]
    made = [await floor.open(str(start), Mode.BOOKING, **{"product area": "billing"}) for start in starts]

    async def buy(escalation_id: str, start: datetime, *, after: asyncio.Event, before: asyncio.Event) -> str:
        link = (await floor.one(select(customer_link).where(customer_link.c.escalation == escalation_id))).id
        await after.wait()
        async with database.begin() as conn:
            try:
                await booking.book(conn, escalation_id, link, start, floor.tokens, floor.now)
            except SlotTaken:
                return "taken"
            before.set()
            await asyncio.sleep(0.3)
        return "sold"

    begun, sold = asyncio.Event(), asyncio.Event()
    begun.set()
    first = buy(made[0], starts[0], after=begun, before=sold)
    second = buy(made[1], starts[1], after=sold, before=sold)
    async with asyncio.timeout(20):
        assert list(await asyncio.gather(first, second)) == ["sold", "taken"]
    assert "refused by the database" not in caplog.text
