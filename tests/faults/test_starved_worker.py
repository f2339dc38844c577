"""A worker with a twentieth of a core: it falls behind, and then everything is done, once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from tests.faults.actors.crowd import Crowd
from tests.faults.striking.starvation import starved
from tests.faults.test_kills import AFTER_DEATHS
from tests.faults.trial import FaultTrial, in_background

pytestmark = [pytest.mark.soak, pytest.mark.timeout(420)]

STARVED = 25.0
"""For how many seconds the worker gets too little; several times an activity's time limit."""


async def test_a_worker_with_a_twentieth_of_a_core_falls_behind_and_catches_up(
    trial: FaultTrial,
) -> None:
    crowd, began = Crowd(trial, random.Random(11)), datetime.now(UTC)
    worker = trial.stack.stack.record.children["worker"].pid
    async with in_background(*(agent.work() for agent in await trial.agents())):
        await crowd.arrive(12)
        await asyncio.sleep(4)
        async with starved(worker):
            await crowd.arrive(24)
            await asyncio.sleep(STARVED)
        endings = await crowd.end(within=180)
        trial.notes.append(f"{crowd.opened} escalations: {endings}")
    await trial.withdraw_all()
    trial.notes.append(f"the backlog was empty {await trial.drained():.1f} s after the last ending")
    done, again = await attempts(await trial.stack.temporal(), began)
    trial.notes.append(f"activities: {done}, of which attempted again: {again}")
    await trial.judged(AFTER_DEATHS)
    assert set(endings) <= {"rated", "cancelled", "not cancelled", "silent"}, endings
    assert done > 0
    assert again < done / 2, "activities time out again and again"


async def attempts(client: Client, since: datetime) -> tuple[int, int]:
    """How many activities were done since then, and how many attempts that took beyond the first of each."""
    done = again = 0
    async for event in _events(client, since):
        if event.HasField("activity_task_started_event_attributes"):
            done += 1
            again += event.activity_task_started_event_attributes.attempt - 1
    return done, again


async def _events(client: Client, since: datetime) -> AsyncIterator[HistoryEvent]:
    query = f"WorkflowType = 'Escalation' AND StartTime >= '{since.isoformat()}'"
    async for run in client.list_workflows(query):
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        for event in history.events:
            yield event
