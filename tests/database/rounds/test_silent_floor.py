"""All desks fall silent together, because the database, a network or the web was down: people keep their calls."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables.directory import presence
from tests.database.rounds.round_floor import Floor

THREE = ("Freja Holm", "Lukas Weber", "Anna Schmidt")


async def three_calls(database: AsyncEngine) -> tuple[Floor, list[str]]:
    floor = Floor(database, datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    await floor.furnish()
    await floor.come_on(*THREE)
    calls = [await floor.open(ticket) for ticket in ("one", "two", "three")]
    await floor.round()
    assert set((await floor.offered()).values()) == set(THREE)
    return floor, calls


async def test_people_whose_desks_fell_silent_together_keep_their_calls(database: AsyncEngine) -> None:
    floor, calls = await three_calls(database)
    for one in calls:
        await floor.accept(one)
    floor.later(seconds=60)
    await floor.round()
    assert [(await floor.call_of(one)).state for one in calls] == ["taken"] * 3
    floor.later(seconds=61)
    await floor.round()
    assert [(await floor.call_of(one)).state for one in calls] == ["waiting"] * 3, "after two minutes they are gone"


async def test_a_desk_that_stays_silent_when_the_others_are_back_is_gone(database: AsyncEngine) -> None:
    floor, calls = await three_calls(database)
    for one in calls:
        await floor.accept(one)
    silent = await floor.person("Anna Schmidt")
    floor.later(seconds=60)
    await floor.beat("Freja Holm", "Lukas Weber")
    await floor.round()
    states = {(await floor.call_of(one)).person: (await floor.call_of(one)).state for one in calls}
    assert sorted(states.values()) == ["taken", "taken", "waiting"]
    assert silent not in {person for person, state in states.items() if state == "taken"}


async def test_an_offer_that_expired_at_a_silent_desk_makes_nobody_away(database: AsyncEngine) -> None:
    floor, calls = await three_calls(database)
    floor.later(seconds=46)
    await floor.round()
    assert [(await floor.call_of(one)).state for one in calls] == ["waiting"] * 3
    async with database.connect() as conn:
        assert set((await conn.execute(select(presence.c.state))).scalars()) == {"available"}
    await floor.beat(*THREE)
    await floor.round()
    assert set((await floor.offered()).values()) == set(THREE), "they are back, and are asked again"
