"""Changes of shifts and teams that affect sold seats, and lost workflows of open escalations."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import text
from temporalio.client import WorkflowExecutionStatus

from database.stores.rounds.repair import open_after
from database.stores.staff.shifts import update_all_shifts
from domain.escalation import Mode
from tests.journeys.desk import Desk
from tests.journeys.test_turns import SUPPORT, booked_call
from workers.auditor import FIRST, rebuild_workflows


async def change(desk: Desk, statement: str, **values: object) -> None:
    async with desk.engine.begin() as conn:
        await conn.execute(text(statement), values)


async def update_shifts(desk: Desk) -> int:
    async with desk.engine.begin() as conn:
        return await update_all_shifts(conn, desk.now)


async def witness_of(desk: Desk) -> str:
    query = text("SELECT p.name FROM witness w JOIN person p ON p.id = w.person")
    return str((await desk.fetch_one(query)).name)


async def test_writing_shifts_again_keeps_their_rows(desk: Desk) -> None:
    await booked_call(desk)
    rows = text("SELECT min(xmin::text::bigint) AS oldest, max(xmin::text::bigint) AS newest FROM shift")
    before = await desk.fetch_one(rows)
    assert await update_shifts(desk) == 0
    assert await desk.fetch_one(rows) == before


async def test_a_seat_is_reassigned_when_its_witness_is_off(desk: Desk) -> None:
    escalation_id, _, _ = await booked_call(desk)
    first = await witness_of(desk)
    await change(desk, "DELETE FROM weekly_shift s USING person p WHERE p.id = s.person AND p.name = :n", n=first)
    assert await update_shifts(desk) == 0
    assert await witness_of(desk) != first
    assert "seat_lost" not in await desk.timeline(escalation_id)


async def test_a_seat_that_nobody_can_serve_is_at_risk_and_can_be_moved(desk: Desk) -> None:
    escalation_id, start, _ = await booked_call(desk)
    kept = text("CREATE TABLE kept AS SELECT * FROM weekly_shift")
    async with desk.engine.begin() as conn:
        await conn.execute(kept)
    await change(desk, "DELETE FROM weekly_shift")
    assert await update_shifts(desk) == 1
    assert await update_shifts(desk) == 0
    assert (await desk.fetch_one(text("SELECT state FROM booking"))).state == "at_risk"
    assert (await desk.timeline(escalation_id))[-1] == "seat_lost"
    await change(desk, "INSERT INTO weekly_shift SELECT * FROM kept")
    await update_shifts(desk)
    later = next(other for other in await desk.free_starts(escalation_id) if other > start)
    await desk.move(escalation_id, later)
    assert (await desk.fetch_one(text("SELECT state FROM booking"))).state == "sold"


async def test_a_pool_goes_on_without_a_person_who_left(desk: Desk) -> None:
    await booked_call(desk)
    first = await witness_of(desk)
    assert first in SUPPORT
    await change(desk, "UPDATE person SET active = false WHERE name = :n", n=first)
    assert (await desk.open(ticket="2")).created
    assert await witness_of(desk) != first


async def test_a_lost_workflow_is_restarted_and_continues(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    await desk.workflow(escalation_id).terminate("lost")
    over = (await desk.open(ticket="2")).escalation_id
    later = desk.now + timedelta(minutes=1)
    async with desk.engine.connect() as conn:
        assert {row.escalation for row in await open_after(conn, FIRST, later)} == {escalation_id, over}
    stop, client = asyncio.Event(), desk.environment.client
    stop.set()
    assert await rebuild_workflows(desk.engine, client, FIRST, later, stop) == FIRST, "a process that stops begins none"
    assert "repaired" not in await desk.timeline(escalation_id)
    stop.clear()
    assert await rebuild_workflows(desk.engine, client, FIRST, later, stop) == max(escalation_id, over)
    assert (await desk.workflow(escalation_id).describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await desk.timeline(escalation_id))[-1] == "repaired"
    assert "repaired" not in await desk.timeline(over)
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id)


async def test_an_escalation_that_can_not_be_relayed_blocks_no_other(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    await change(desk, "UPDATE escalation SET plan = '{}'")
    await change(desk, "UPDATE escalation_event SET told_at = NULL")
    two = await desk.open(ticket="2")
    running = (await desk.workflow(two.escalation_id).describe()).status
    assert running is WorkflowExecutionStatus.RUNNING
    unrelayed = text("SELECT count(*) AS n FROM escalation_event WHERE told_at IS NULL AND escalation::text = :id")
    assert (await desk.fetch_one(unrelayed.bindparams(id=escalation_id))).n > 0
