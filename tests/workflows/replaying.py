"""Replaying a history on today's code, in the strict sandbox."""

from __future__ import annotations

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.temporal import DATA_CONVERTER
from workflows.escalation import EscalationWorkflow


async def replay(history: WorkflowHistory) -> None:
    """Raises what the worker would fail with, were it to begin from this history."""
    replayer = Replayer(
        workflows=[EscalationWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=SandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(history)
