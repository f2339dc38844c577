"""Whoever accepts is there: rounds take no call from somebody who has just answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds.accept import AcceptRequest, take
from domain.rounds.presence import VANISHED_AFTER
from tests.database.rounds.round_floor import Floor

FREJA = "Freja Holm"


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    floor = Floor(database)
    await floor.furnish()
    await floor.come_on(FREJA)
    return floor


async def test_accepting_at_the_last_moment_is_not_followed_by_vanishing(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    floor.now += VANISHED_AFTER - timedelta(seconds=1)
    await floor.accept(one)
    floor.later(seconds=2)
    await floor.round()
    assert (await floor.call_of(one)).state == "taken"
    assert (await floor.timeline(one))[-1] == "accepted"
    floor.now += VANISHED_AFTER
    await floor.round()
    assert "agent_vanished" in await floor.timeline(one), "but a desk that stays silent loses the call"


async def test_accepting_does_not_wait_for_a_heartbeat(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    live = await floor.live(one)
    async with floor.engine.begin() as beating, floor.engine.begin() as accepting:
        await beating.execute(text("SELECT FROM presence FOR UPDATE"))
        await accepting.execute(text("SET LOCAL lock_timeout = '1s'"))
        request = AcceptRequest(str(live.call), live.nth, live.person)
        assert await take(accepting, request, floor.tokens, floor.now) is not None
