"""The auditor: what got stuck is repaired, recorded on the timeline and counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds.repair import OVERDUE, SPENT, Findings, audit, counted_repairs, note_rebuilt, open_nearest
from database.tables.escalation import escalation_event
from database.tables.muster import call
from domain.escalation import Mode
from tests.database.rounds.round_floor import Floor

NOTHING = Findings(0, 0, 0, 0)


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    floor = Floor(database)
    await floor.furnish()
    await floor.come_on("Freja Holm")
    return floor


async def run_audit(floor: Floor) -> Findings:
    await floor.serve_desks()
    async with floor.engine.begin() as conn:
        await conn.execute(update(escalation_event).values(told_at=floor.now))
        return await audit(conn, floor.now)


async def counted(floor: Floor) -> dict[str, int]:
    async with floor.engine.connect() as conn:
        return {repair.what: repair.times for repair in await counted_repairs(conn)}


async def test_an_offer_that_no_ticker_ended_is_ended_and_the_person_is_free(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    floor.now = (await floor.live(one)).expires_at + OVERDUE - timedelta(seconds=1)
    await floor.beat("Freja Holm")
    assert await run_audit(floor) == NOTHING
    floor.later(seconds=2)
    assert (await run_audit(floor)).held_too_long == 1
    assert (await floor.call_of(one)).state == "waiting"
    assert await counted(floor) == {"held_too_long": 1}
    assert await run_audit(floor) == NOTHING


async def test_a_person_busy_with_a_call_that_is_over_is_freed(floor: Floor) -> None:
    for nth in range(2):
        one = await floor.open(f"call{nth}")
        await floor.round()
        await floor.accept(one)
        async with floor.engine.begin() as conn:
            await conn.execute(update(call).where(call.c.escalation == one).values(state="done"))
        assert (await run_audit(floor)).busy_with_nothing == 1
    assert await counted(floor) == {"busy_with_nothing": 2}
    assert await floor.offered() == {}
    assert (await floor.timeline(one))[-1] == "repaired"


async def test_a_call_offered_to_nobody_waits_again(floor: Floor) -> None:
    one = await floor.open("one")
    async with floor.engine.begin() as conn:
        await conn.execute(update(call).where(call.c.escalation == one).values(state="offered"))
    assert (await run_audit(floor)).offered_to_nobody == 1
    assert (await floor.call_of(one)).state == "waiting"


async def test_the_seat_of_a_call_that_is_over_is_released(floor: Floor) -> None:
    start = floor.now + timedelta(minutes=30)
    one = await floor.book("one", start)
    async with floor.engine.begin() as conn:
        await conn.execute(update(call).where(call.c.escalation == one).values(state="done"))
    floor.now = start + timedelta(minutes=25) + SPENT
    assert await run_audit(floor) == NOTHING
    floor.later(seconds=1)
    assert (await run_audit(floor)).held_too_long == 1
    assert (await floor.one(text("SELECT state FROM booking"))).state == "done"
    assert (await floor.one(text("SELECT count(*) AS left_over FROM witness"))).left_over == 0


async def test_missing_workflows_count_as_repairs_and_events_that_wait_for_the_relay_do_not(floor: Floor) -> None:
    one = await floor.open("one")
    floor.later(seconds=20)
    for _ in range(2):
        async with floor.engine.begin() as conn:
            findings = await audit(conn, floor.now)
            assert (findings.unrelayed, findings.repairs) == (1, {})
    async with floor.engine.begin() as conn:
        await note_rebuilt(conn, one, "its workflow was gone", floor.now)
        await conn.execute(text("INSERT INTO repair (what, times, last_at) VALUES ('untold', 9, now())"))
    assert await counted(floor) == {"workflow_gone": 1}, "what the previous release counted isn't shown either"


async def test_the_nearest_calls_are_looked_at_first(floor: Floor) -> None:
    await floor.open("only invited", Mode.BOOKING)
    opened = []
    for hours in (5, 1, 4, 2, 3):
        opened.append((hours, await floor.book(f"in {hours} hours", floor.now + timedelta(hours=hours))))
    await run_audit(floor)
    floor.later(minutes=1)
    async with floor.engine.connect() as conn:
        nearest = [position.escalation for position in await open_nearest(conn, 0, floor.now)]
        assert nearest == [escalation for _, escalation in sorted(opened)]
        assert [one.escalation for one in await open_nearest(conn, 3, floor.now)] == nearest[3:]
