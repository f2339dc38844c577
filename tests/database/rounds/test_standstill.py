"""After an outage, nobody is given up unasked, and desks get time to come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal.plan_json import load_plan
from database.stores.muster import replace_agent
from database.stores.rounds.repair import audit
from database.tables.directory import presence
from database.tables.escalation import escalation_event
from domain.rounds.search_clock import GRACE
from tests.database.rounds.round_floor import Floor

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    floor = Floor(database, NOON)
    await floor.furnish()
    await floor.come_on("Freja Holm")
    return floor


async def exhausting_call(floor: Floor) -> str:
    """A call whose search nobody answers, ten seconds before it is given up."""
    call = await floor.open("unanswered")
    await floor.come_on()
    await floor.round()
    plan = load_plan((await floor.one(text("SELECT plan FROM escalation WHERE ticket_id = 'unanswered'"))).plan)
    left = timedelta(seconds=plan.gives_up_after - 10)
    floor.later(seconds=left.total_seconds())
    await floor.round()
    assert (await floor.call_of(call)).state == "waiting"
    return call


async def is_given_up_ten_seconds_after_the_grace_period(floor: Floor, call: str) -> None:
    floor.later(seconds=GRACE.total_seconds() + 9)
    await floor.round()
    assert (await floor.call_of(call)).state == "waiting"
    floor.later(seconds=1)
    await floor.round()
    assert (await floor.call_of(call)).state == "unserved"


async def test_a_search_is_given_up_after_its_time_if_rounds_ran_all_the_while(floor: Floor) -> None:
    call = await exhausting_call(floor)
    floor.later(seconds=10)
    await floor.round()
    assert (await floor.call_of(call)).state == "unserved"


async def test_an_outage_is_not_search_time_and_the_story_tells_of_it(floor: Floor) -> None:
    call = await exhausting_call(floor)
    floor.later(minutes=30)
    await floor.round(after_standstill=True)
    row = await floor.call_of(call)
    assert (row.state, row.interrupted_at) == ("waiting", floor.now)
    event = await floor.one(select(escalation_event).where(escalation_event.c.kind == "search_interrupted"))
    assert event.body["extended_by"] == 1800 + GRACE.total_seconds()
    await is_given_up_ten_seconds_after_the_grace_period(floor, call)


async def test_a_call_that_was_locked_when_rounds_came_back_loses_no_time_either(floor: Floor) -> None:
    call = await exhausting_call(floor)
    floor.later(minutes=30)
    async with floor.engine.begin() as conn:
        await conn.execute(text("SELECT FROM call WHERE id = :id FOR UPDATE"), {"id": (await floor.call_of(call)).id})
        await floor.round(after_standstill=True)
    await is_given_up_ten_seconds_after_the_grace_period(floor, call)


async def test_a_call_due_during_an_outage_has_its_whole_time_afterwards(floor: Floor) -> None:
    await floor.round()
    floor.later(seconds=2)
    call = await floor.open("due meanwhile")
    await floor.come_on()
    floor.later(minutes=20)
    await floor.round(after_standstill=True)
    row = await floor.call_of(call)
    assert (row.search_began_at, row.interrupted_at) == (floor.now + GRACE, floor.now)
    event = await floor.one(select(escalation_event).where(escalation_event.c.kind == "search_interrupted"))
    assert event.body["began_late_by"] == 1200


async def test_a_phone_that_rang_into_an_outage_rings_on(floor: Floor) -> None:
    call = await floor.open("ringing")
    await floor.round()
    before = (await floor.live(call)).expires_at
    floor.later(minutes=10)
    await floor.round(after_standstill=True)
    live = await floor.live(call)
    assert (live.state, live.expires_at) == ("offered", before + timedelta(minutes=10) + GRACE)
    assert (await floor.one(select(presence))).state == "available", "nobody failed to answer"
    await floor.beat("Freja Holm")
    await floor.accept(call)
    assert (await floor.call_of(call)).state == "taken"


async def test_an_agent_keeps_a_taken_call_through_an_outage_but_not_without_coming_back(floor: Floor) -> None:
    call = await floor.open("taken")
    await floor.round()
    await floor.accept(call)
    floor.later(minutes=10)
    await floor.round(after_standstill=True)
    assert (await floor.call_of(call)).state == "taken"
    floor.later(seconds=GRACE.total_seconds())
    await floor.round()
    assert (await floor.call_of(call)).state == "waiting"


async def test_time_with_an_agent_and_a_standstill_in_it_are_taken_out_once(floor: Floor) -> None:
    call = await floor.open("taken")
    await floor.round()
    began = (await floor.call_of(call)).search_began_at
    await floor.accept(call)
    floor.later(minutes=10)
    await floor.round(after_standstill=True)
    row = await floor.call_of(call)
    async with floor.engine.begin() as conn:
        assert await replace_agent(conn, call, str(row.id), (await floor.live(call)).nth, floor.now)
    await floor.come_on()
    floor.later(seconds=GRACE.total_seconds())
    await floor.round()
    assert (await floor.call_of(call)).search_began_at == began + timedelta(minutes=10)


async def test_nobody_is_asked_while_no_web_process_serves_desks(floor: Floor) -> None:
    await floor.serve_desks()
    await floor.round()
    call = await floor.open("nobody to ask")
    floor.later(seconds=12)
    await floor.round()
    assert await floor.offered() == {}
    floor.later(minutes=5)
    await floor.round()
    await floor.beat("Freja Holm")
    await floor.round()
    assert await floor.offered() == {"nobody to ask": "Freja Holm"}, "a desk's heartbeat proves that desks are served"
    assert (await floor.call_of(call)).interrupted_at == floor.now


async def test_no_step_is_skipped_before_desks_could_come_back(database: AsyncEngine) -> None:
    floor = Floor(database, NOON)
    rule = 'rule "Urgent"\n  when priority is high\n  send to title "Marine Engineer"'
    await floor.furnish(rules=rule + '\n  if nobody in 5 minutes, widen to team "Support"')
    await floor.round()
    call = await floor.open("urgent", priority="high")
    floor.later(minutes=2)
    await floor.round(after_standstill=True)
    floor.later(seconds=GRACE.total_seconds() - 1)
    await floor.round()
    assert (await floor.call_of(call)).step == 0
    floor.later(seconds=1)
    await floor.round()
    assert (await floor.call_of(call)).step == 1, "nobody of the first step has come back"


async def test_with_every_ticker_dead_the_backstop_still_ends_offers_and_widens_slowly(floor: Floor) -> None:
    call = await floor.open("one")
    await floor.serve_desks()
    await floor.round()
    began = (await floor.call_of(call)).search_began_at
    for minute in range(2):
        floor.later(minutes=1)
        await floor.serve_desks()
        if not minute:
            await floor.beat("Freja Holm")
        await floor.round(after_standstill=True)
    assert (await floor.one(select(presence))).state == "away", "the offer expired, because it could be answered"
    assert (await floor.call_of(call)).search_began_at == began + timedelta(seconds=100)


async def test_the_auditor_takes_no_call_from_people_who_could_not_be_heard(floor: Floor) -> None:
    call = await floor.open("taken")
    await floor.round()
    await floor.accept(call)
    floor.later(minutes=10)
    async with floor.engine.begin() as conn:
        assert (await audit(conn, floor.now)).held_too_long == 0
    assert (await floor.call_of(call)).state == "taken"
