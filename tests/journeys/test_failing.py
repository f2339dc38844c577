"""Workflows whose tasks fail are found by what Temporal reports about them, and rebuilt."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.comparing import PROBLEMS_REPORTED, Problem
from activities.dependencies import Dependencies
from activities.last_heard import last_heard
from activities.messages import EscalationOpened, Happened
from domain.escalation import Mode
from domain.ids import TASK_QUEUE, Tokens
from tests.journeys.conftest import round_the_clock
from tests.journeys.desk import EXAMPLES, Desk
from tests.journeys.test_positions import audited
from tests.workflows.replaying import replay
from workers.registration import build_worker


@workflow.defn(name="Escalation")
class Incompatible:
    """An escalation's workflow that can't replay the history of any other: it begins with an unknown activity."""

    @workflow.run
    async def run(self, opened: EscalationOpened) -> str:
        return str(await workflow.execute_activity("unknown", start_to_close_timeout=timedelta(seconds=1)))

    @workflow.signal
    def happened(self, message: Happened) -> None:
        """Nothing."""


@pytest.fixture
async def unattended(database: AsyncEngine, temporal_env: WorkflowEnvironment) -> Desk:
    """The boat shop without a worker."""
    desk = Desk(database, temporal_env, Tokens(b"a key of thirty-two bytes or more"))
    await desk.furnish(round_the_clock((EXAMPLES / "small_team.rules").read_text()))
    return desk


async def problems(desk: Desk, escalation_id: str) -> list[str]:
    described = await desk.workflow(escalation_id).describe()
    return list(described.typed_search_attributes.get(PROBLEMS_REPORTED) or [])


async def until_heard(desk: Desk, escalation_id: str, seq: int) -> None:
    async with asyncio.timeout(60):
        while await last_heard(desk.environment.client, escalation_id) < seq:  # noqa: ASYNC110 - happens in Temporal
            await asyncio.sleep(0.1)


async def test_a_workflow_that_no_worker_can_replay_is_rebuilt_and_goes_on(unattended: Desk) -> None:
    desk = unattended
    client, dependencies = desk.environment.client, Dependencies(desk.engine, desk.tokens)
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    async with build_worker(client, dependencies):
        await desk.accept()
        await until_heard(desk, escalation_id, 4)
    assert await audited(desk, escalation_id) == []

    failing = Worker(
        client, task_queue=TASK_QUEUE, workflows=[Incompatible], workflow_runner=UnsandboxedWorkflowRunner()
    )
    async with failing:
        await desk.workflow(escalation_id).signal("happened", Happened(()))
        async with asyncio.timeout(60):
            while not await problems(desk, escalation_id):  # noqa: ASYNC110 - happens in Temporal
                await asyncio.sleep(0.1)
    assert await audited(desk, escalation_id) == [Problem.FAILING]

    async with build_worker(client, dependencies):
        call_id = str((await desk.call_of(escalation_id)).id)
        for side in ("customer", "agent"):
            await desk.join(call_id, side)
        await desk.wrap_up(escalation_id, "Freja Holm", "yes", cause="product fault")
        await until_heard(desk, escalation_id, len(await desk.timeline(escalation_id)))
    assert await audited(desk, escalation_id) == [Problem.FAILING], "once is enough"
    await replay(await desk.workflow(escalation_id).fetch_history())
