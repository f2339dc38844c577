"""An agent with a call vanishes: noticed within 20 seconds, and offered to another within 30, in real time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables.escalation import escalation_event
from tests.database.rounds.round_floor import Floor
from workers.ticker import run_ticker

pytestmark = [pytest.mark.timeout(120), pytest.mark.soak]


async def test_a_vanished_agent_is_noticed_within_20_seconds_and_another_asked_within_30(database: AsyncEngine) -> None:
    floor = Floor(database, datetime.now(UTC))
    await floor.furnish()
    stop = asyncio.Event()
    ticker = asyncio.create_task(run_ticker(database, floor.tokens, stop))
    try:
        floor.now = datetime.now(UTC)
        await floor.beat("Freja Holm")
        escalation_id = await floor.open("one")
        await until(floor, "Freja Holm")
        floor.now = datetime.now(UTC)
        await floor.accept(escalation_id)
        await floor.beat("Freja Holm")
        last_beat, silent_since = floor.now, time.monotonic()
        while await floor.offered() != {"one": "Lukas Weber"}:
            assert time.monotonic() - silent_since < 30, "no offer to anybody else"
            floor.now = datetime.now(UTC)
            await floor.beat("Lukas Weber")
            await asyncio.sleep(0.5)
    finally:
        stop.set()
        await ticker
    vanished = select(escalation_event.c.at).where(escalation_event.c.kind == "agent_vanished")
    noticed = (await floor.one(vanished)).at - last_beat
    assert noticed.total_seconds() < 20


async def until(floor: Floor, name: str) -> None:
    deadline = time.monotonic() + 10
    while name not in (await floor.offered()).values():
        assert time.monotonic() < deadline, f"no offer to {name}"
        await asyncio.sleep(0.1)
