"""Replays a history with the current code, in the strict sandbox."""

from __future__ import annotations

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.temporal import DATA_CONVERTER
from workflows.escalation import EscalationWorkflow


async def replay(history: WorkflowHistory) -> None:
    """Replay the history. Raises the error with which a worker would fail."""
    replayer = Replayer(
        workflows=[EscalationWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=SandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(history)
