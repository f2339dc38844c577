"""Replays histories with the current code, in the strict sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime

from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.temporal import DATA_CONVERTER
from workflows.backstop import BackstopWorkflow
from workflows.escalation import EscalationWorkflow

LISTED_WITHIN = 20.0
"""Seconds within which Temporal must list a workflow that was started; usually a few milliseconds."""


def _replayer() -> Replayer:
    return Replayer(
        workflows=[EscalationWorkflow, BackstopWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=SandboxedWorkflowRunner(),
    )


async def replay(history: WorkflowHistory) -> None:
    """Replay the history. Raises the error with which a worker would fail."""
    await _replayer().replay_workflow(history)


async def replay_all(client: Client, since: datetime, ids: Collection[str] | None = None) -> int:
    """Replay every history that may have grown since then; returns their number.

    With ``ids``, only those of these workflows, all of which must exist. Fails with the ids of workflows that no worker
    can replay.
    """
    runs = await _grown(client, since, ids)

    async def histories() -> AsyncIterator[WorkflowHistory]:
        for run in runs:
            history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            # No worker has run a workflow whose start is delayed, and the replayer would wait for its first task.
            if any(event.HasField("workflow_task_completed_event_attributes") for event in history.events):
                yield history

    results = await _replayer().replay_workflows(histories(), raise_on_replay_failure=False)
    ids_of_runs = {run.run_id: run.id for run in runs}
    broken = {ids_of_runs[run_id]: str(error) for run_id, error in results.replay_failures.items()}
    assert broken == {}, f"histories that no worker can replay: {broken}"
    return len(runs)


async def _grown(client: Client, since: datetime, ids: Collection[str] | None) -> list[WorkflowExecution]:
    """Every run that was open at some time since then, once the server lists all ``ids``."""
    query = f"ExecutionStatus = 'Running' OR CloseTime >= '{since.isoformat()}'"
    async with asyncio.timeout(LISTED_WITHIN):
        while True:
            runs = [run async for run in client.list_workflows(query)]
            if ids is None:
                return runs
            if set(ids) <= {run.id for run in runs}:
                return [run for run in runs if run.id in ids]
            await asyncio.sleep(0.05)
