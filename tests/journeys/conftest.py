"""The worker for the journeys, in the strict sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.dependencies import Dependencies
from domain.ids import Tokens
from tests.journeys.desk import EXAMPLES, Desk
from tests.workflows.replaying import replay_all
from workers.registration import build_worker


def round_the_clock(rules: str) -> str:
    """The same rules for an office that never closes, because tests may run at any hour of any day."""
    always = rules.replace('Mon to Fri 08:30 to 16:30, except holidays "Denmark"', "Mon to Sun 00:00 to 24:00")
    assert always != rules
    return always


@pytest.fixture
async def desk(database: AsyncEngine, temporal_env: WorkflowEnvironment) -> AsyncIterator[Desk]:
    """The boat shop, open around the clock. After the journey, every history must replay."""
    began, tokens = datetime.now(UTC), Tokens(b"a key of thirty-two bytes or more")
    desk = Desk(database, temporal_env, tokens)
    await desk.furnish(round_the_clock((EXAMPLES / "small_team.rules").read_text()))
    async with build_worker(temporal_env.client, Dependencies(database, tokens), runner=SandboxedWorkflowRunner()):
        yield desk
    await replay_all(temporal_env.client, began, await desk.started_workflows())
