"""Histories recorded by earlier releases replay with the current code, so running escalations survive a deployment.

`tests/journeys/recording.py` says how to record the current code's histories. Recorded files never change; a new path
is a new file.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.messages import EscalationOpened
from config.temporal import DATA_CONVERTER
from tests.workflows.replaying import replay, replay_all

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
LARGEST = 50_000
"""Bytes."""
STAGES = """
link_open nudged booked moved searching_in_rounds offered_and_declined taken in_call customer_missed agent_lost wrap_up
wrapped_up awaiting_rating rated cancelled withdrawn never_booked given_up
"""


def recorded(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"recorded-{path.stem}", path.read_text())


def test_every_stage_has_a_history() -> None:
    assert {f"stage_{stage}" for stage in STAGES.split()} <= {path.stem for path in HISTORIES}


def test_histories_are_small() -> None:
    assert {path.stem: path.stat().st_size for path in HISTORIES if path.stat().st_size > LARGEST} == {}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replay(recorded(path))


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_contains_no_personal_data(path: Path) -> None:
    text = path.read_text().lower()
    payloads = str(recorded(path).events).lower()
    for secret in ("mira", "olsen", "example.com", "engine stops"):
        assert secret not in text
        assert secret not in payloads


@workflow.defn(name="Escalation")
class OtherEscalationWorkflow:
    """Does something else than our escalations do."""

    @workflow.run
    async def run(self, opened: EscalationOpened) -> str:
        await asyncio.sleep(0.01)
        return "held"


async def test_a_workflow_whose_history_no_worker_can_replay_is_named(temporal_env: WorkflowEnvironment) -> None:
    client, began = temporal_env.client, datetime.now(UTC)
    first = recorded(HISTORIES[0]).events[0].workflow_execution_started_event_attributes
    (opened,) = await DATA_CONVERTER.decode(first.input.payloads, [EscalationOpened])
    others = Worker(
        client, task_queue="others", workflows=[OtherEscalationWorkflow], workflow_runner=UnsandboxedWorkflowRunner()
    )
    async with others:
        await client.start_workflow("Escalation", opened, id="other-escalation", task_queue="others")
        await temporal_env.fast_forward(client.get_workflow_handle("other-escalation"), timedelta(seconds=1))
    with pytest.raises(AssertionError, match="other-escalation"):
        await replay_all(client, began, {"other-escalation"})
