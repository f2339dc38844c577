"""Workflows that disagree with the rows are rebuilt from them, and go on where the rows are."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from temporalio.client import WorkflowExecutionStatus

from activities.comparing import Problem, find_problem
from activities.last_heard import last_heard
from activities.messages import Event, Happened
from cli.main import main
from database.stores.rounds import repair
from domain.escalation import Mode
from tests.journeys.desk import Desk
from tests.workflows.replaying import replay
from workers.auditor import FIRST, OVERDUE_EVERY, OverdueWorkflows, rebuild_workflows
from workers.rebuild import BY_HAND
from workflows.escalation import EscalationWorkflow


async def audited(desk: Desk, escalation_id: str) -> list[str]:
    """What the auditor finds wrong with this workflow, each time it had to rebuild it."""
    await rebuild_workflows(
        desk.engine, desk.environment.client, FIRST, desk.now + timedelta(minutes=1), asyncio.Event()
    )
    found = "SELECT body->>'found' FROM escalation_event WHERE kind = 'repaired' AND CAST(escalation AS text) = :one"
    async with desk.engine.connect() as conn:
        return list((await conn.execute(text(found).bindparams(one=escalation_id))).scalars())


async def taken_by_freja(desk: Desk) -> str:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept_without_relay()
    return escalation_id


async def run_id(desk: Desk, escalation_id: str) -> str:
    described = await desk.workflow(escalation_id).describe()
    return str(described.run_id)


async def heard(desk: Desk, escalation_id: str) -> int:
    """The last event that the workflow has heard of."""
    return await last_heard(desk.environment.client, escalation_id)


async def test_a_workflow_that_heard_everything_is_left_alone(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    await desk.relay()
    before = await run_id(desk, escalation_id)
    assert await audited(desk, escalation_id) == []
    assert await run_id(desk, escalation_id) == before
    await replay(await desk.workflow(escalation_id).fetch_history())


async def test_a_workflow_whose_signal_was_lost_is_rebuilt(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    async with desk.engine.begin() as conn:
        # As if it had been signalled, and Temporal had forgotten.
        await conn.execute(text("UPDATE escalation_event SET told_at = at - interval '5 minutes'"))
    assert await audited(desk, escalation_id) == [Problem.BEHIND]
    assert await audited(desk, escalation_id) == [Problem.BEHIND], "once is enough"
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id), "it knows who has the call"
    await replay(await desk.workflow(escalation_id).fetch_history())


async def test_a_workflow_ahead_of_restored_rows_is_rebuilt(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    await desk.relay()
    lost = Event(900, "call_began", desk.now, {"call_id": str((await desk.call_of(escalation_id)).id), "offer": 1})
    await desk.workflow(escalation_id).signal(EscalationWorkflow.happened, Happened((lost,)))
    async with asyncio.timeout(30):
        while await heard(desk, escalation_id) != lost.seq:  # noqa: ASYNC110 - what is awaited happens in Temporal
            await asyncio.sleep(0.05)
    assert await audited(desk, escalation_id) == [Problem.AHEAD]
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id), "the call hasn't begun by the rows"


async def test_a_booked_call_that_is_rebuilt_can_be_moved(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    start, *later = [start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3)]
    await desk.book(escalation_id, start)
    await desk.workflow(escalation_id).terminate("lost")
    assert await audited(desk, escalation_id) == [Problem.GONE]
    await desk.move(escalation_id, later[-1])
    await desk.advance(escalation_id, later[-1] - desk.now - timedelta(minutes=58))
    assert (await desk.message_kinds(escalation_id))[-1] == "reminder"


async def test_a_workflow_is_rebuilt_by_hand(
    desk: Desk, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    escalation_id = await taken_by_freja(desk)
    await desk.relay()
    gone = (await desk.open(ticket="2")).escalation_id
    await desk.workflow(gone).terminate("lost")
    async with desk.engine.begin() as conn:
        await conn.execute(text("UPDATE escalation SET opened_at = opened_at - interval '5 minutes'"))
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setenv("MUSTER_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", desk.environment.client.service_client.config.target_host)

    async def muster(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, ["rebuild", *arguments])

    assert (await muster("--all", "--dry-run")).output == f"would rebuild {gone}: {Problem.GONE}\n1 would be rebuilt\n"
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TEMPORAL_NAMESPACE", "nowhere")
        refused = (await muster(gone)).output
    assert "Temporal refused, NOT_FOUND" in refused, "it did answer"
    assert (await muster("--all")).output == f"rebuilt {gone}: {Problem.GONE}\n1 rebuilt\n"
    assert (await muster("--all")).output == "0 rebuilt\n"
    before = await run_id(desk, escalation_id)
    unknown = str(uuid.uuid4())
    assert (await muster("--dry-run", escalation_id, unknown)).output == (
        f"would rebuild {escalation_id}: {BY_HAND}\n"
        f"left {unknown}: it is over, or there is no such escalation\n1 would be rebuilt\n"
    )
    assert await run_id(desk, escalation_id) == before
    assert (await muster(escalation_id)).exit_code == 0
    assert await run_id(desk, escalation_id) != before
    assert (await desk.timeline(escalation_id))[-1] == "repaired"
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id), "it knows who has the call"
    for wrong in ((), ("--all", escalation_id), ("7",)):
        assert (await muster(*wrong)).exit_code == 2
    assert "is over, or there is no such" in (await muster(str(uuid.uuid4()))).output


async def test_a_workflow_that_let_a_deadline_pass_is_rebuilt_when_it_is_found_again(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    await desk.relay()
    before, overdue = (
        await run_id(desk, escalation_id),
        OverdueWorkflows(desk.engine, desk.environment.client, asyncio.Event()),
    )
    in_time, late = desk.now + timedelta(minutes=19), desk.now + timedelta(minutes=21)
    for now in (in_time, in_time + OVERDUE_EVERY, late + OVERDUE_EVERY):
        # Her customer was to join within ten minutes, and a workflow may be ten minutes late.
        await overdue.rebuild(now)
        assert await run_id(desk, escalation_id) == before
    await overdue.rebuild(late + 2 * OVERDUE_EVERY)
    assert await run_id(desk, escalation_id) != before
    assert await audited(desk, escalation_id) == [Problem.STUCK.value]


async def test_one_audit_rebuilds_every_workflow_that_temporal_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "PAGE", 2)
    lost = [(await desk.open(ticket=str(number))).escalation_id for number in range(5)]
    for escalation_id in lost:
        await desk.workflow(escalation_id).terminate("lost")
    for escalation_id in lost:
        assert await audited(desk, escalation_id) == [Problem.GONE]
        assert (await desk.workflow(escalation_id).describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_workflow_that_heard_of_an_event_after_the_rows_were_read_is_not_ahead(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    now = desk.now + timedelta(minutes=1)
    async with desk.engine.connect() as conn:
        position = await repair.position_of(conn, escalation_id, now)
    assert position is not None
    await desk.relay()
    await desk.join(str((await desk.call_of(escalation_id)).id), "customer")
    await desk.join(str((await desk.call_of(escalation_id)).id), "agent")
    async with asyncio.timeout(30):
        while await heard(desk, escalation_id) <= position.seq:  # noqa: ASYNC110 - what is awaited happens in Temporal
            await asyncio.sleep(0.05)
    assert await find_problem(desk.environment.client, desk.engine, position, now) is None


async def test_an_opening_that_the_relay_has_yet_to_report_is_left_to_the_relay(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.workflow(escalation_id).terminate()
    async with desk.engine.begin() as conn:
        await conn.execute(text("UPDATE escalation_event SET told_at = NULL WHERE kind = 'opened'"))
    assert await audited(desk, escalation_id) == []
    async with desk.engine.begin() as conn:
        await conn.execute(text("UPDATE escalation_event SET told_at = now() WHERE kind = 'opened'"))
    assert await audited(desk, escalation_id) == [Problem.GONE.value]
