"""The auditor counts the workflows whose tasks fail, as Temporal reports them, and leaves the number in a row."""

from __future__ import annotations

import asyncio
import uuid

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.comparing import count_failing
from database.stores.queries.vital_signs import read_vital_signs
from workers.auditor import note_failing


@workflow.defn(sandboxed=False)
class BrokenWorkflow:
    """Fails each of its tasks, like a history that can't be replayed."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("a bug")


async def test_failing_workflows_are_counted_and_the_number_is_left_in_a_row(
    temporal_env: WorkflowEnvironment, database: AsyncEngine
) -> None:
    client, queue = temporal_env.client, uuid.uuid4().hex
    before = await count_failing(client)
    worker = Worker(client, task_queue=queue, workflows=[BrokenWorkflow], workflow_runner=UnsandboxedWorkflowRunner())
    async with worker:
        broken = await client.start_workflow(BrokenWorkflow.run, id=queue, task_queue=queue)
        async with asyncio.timeout(60):
            while await count_failing(client) == before:  # noqa: ASYNC110 - what is awaited happens in Temporal
                await asyncio.sleep(0.2)
        assert await count_failing(client) == before + 1
        await note_failing(database, client)
        async with database.connect() as conn:
            signs = await read_vital_signs(conn)
        assert signs.workflows_failing == before + 1
        await broken.terminate()
    async with asyncio.timeout(60):
        while await count_failing(client) != before:  # noqa: ASYNC110 - what is awaited happens in Temporal
            await asyncio.sleep(0.2)
