"""The board says why a call waits, although people are free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds.reasons_to_wait import reasons_to_wait
from database.tables.muster import search_clock
from tests.database.rounds.round_floor import Floor

INVOICES = 'rule "Invoices"\n  when product area is billing\n  send to team "Office"'
MATES = ("Freja Holm", "Lukas Weber", "Noor Haddad")
INES = "Ines Costa"
BILLING: dict[str, Any] = {"product area": "billing"}


@pytest.fixture
def floor(database: AsyncEngine) -> Floor:
    return Floor(database)


async def why(floor: Floor) -> list[str]:
    async with floor.engine.connect() as conn:
        return list((await reasons_to_wait(conn, floor.now)).values())


async def test_a_call_that_waits_beside_free_people_says_why(floor: Floor) -> None:
    await floor.furnish(rules=INVOICES)
    await floor.come_on(*MATES)
    one = await floor.open("one", **BILLING)
    await floor.round()
    assert await why(floor) == ['3 free, but none can take it: 3 not in team "Office"']
    await floor.come_on()
    assert await why(floor) == ["nobody free: 1 not at the desk"]
    await floor.beat(INES, state="away")
    assert await why(floor) == ["nobody free: 1 away"]
    await floor.come_on(INES)
    assert await why(floor) == ["1 of those who are free can take it and will be asked"]
    await floor.round()
    assert await why(floor) == [], "it is offered"
    await floor.decline(one)
    assert await why(floor) == ["1 free, but none can take it: 1 declined it or did not join it"]
    await floor.open("two", **BILLING)
    await floor.round()
    assert await why(floor) == ["nobody free: 1 being asked for another call"]
    async with floor.engine.begin() as conn:
        await conn.execute(update(search_clock).values(stopped_at=floor.now - timedelta(minutes=1)))
    assert await why(floor) == ["the search stands still until desks can be reached again"]
