"""Records histories: as files that later releases must be able to replay.

`MUSTER_RECORD_HISTORIES=tests/workflows/histories make test ARGS=tests/journeys/test_stages.py`
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from tests.journeys.desk import Desk

_TASK = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED: False,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED: False,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: True,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: False,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: False,
    EventType.EVENT_TYPE_TIMER_FIRED: False,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: True,
}
"""Whether the workflow has nothing to do after this event; others don't matter."""


async def settled_history(desk: Desk, escalation_id: str) -> WorkflowHistory:
    """The history, once the workflow has taken in everything and waits, or has ended."""
    async with asyncio.timeout(60):
        while True:
            history = await desk.workflow(escalation_id).fetch_history()
            telling = [_TASK[event.event_type] for event in history.events if event.event_type in _TASK]
            if telling and telling[-1]:
                return history
            await asyncio.sleep(0.05)


def record(history: WorkflowHistory, name: str) -> None:
    """Write the history as a new file to the folder in MUSTER_RECORD_HISTORIES, if set; fails if there is one."""
    if folder := os.environ.get("MUSTER_RECORD_HISTORIES"):
        compact = json.dumps(json.loads(history.to_json()), separators=(",", ":"))
        with Path(folder, f"{name}.json").open("x") as new:
            new.write(f"{compact}\n")
