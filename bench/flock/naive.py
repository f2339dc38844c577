"""The peers: every workflow picks its own agent on its own timer; and a bare timer with one activity.

Naive: when due, each workflow runs an activity that picks a free agent with SKIP LOCKED, writes the offer and
notifies; the agent accepts with an update whose handler writes the acceptance. All listeners share one connection.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

QUEUE = "naive"
SHORT = timedelta(seconds=30)
Handle = WorkflowHandle[Any, Any]

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS naive;
DROP TABLE IF EXISTS naive.offer; DROP TABLE IF EXISTS naive.agent;
CREATE TABLE naive.agent (id int PRIMARY KEY, free boolean NOT NULL);
CREATE TABLE naive.offer (call text PRIMARY KEY, agent int NOT NULL UNIQUE, accepted boolean NOT NULL DEFAULT false);
"""


@dataclass
class PeerActivities:
    """The peers' activities."""

    url: str
    ran: list[float] = field(default_factory=list)

    @activity.defn(name="pick")
    async def pick(self, call: str) -> int:
        async with await psycopg.AsyncConnection.connect(self.url) as conn:
            found = await conn.execute(
                "UPDATE naive.agent SET free = false WHERE id = (SELECT id FROM naive.agent WHERE free ORDER BY id "
                "LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
            )
            row = await found.fetchone()
            if row is None:
                return 0
            await conn.execute("INSERT INTO naive.offer (call, agent) VALUES (%s, %s)", (call, row[0]))
            await conn.execute("SELECT pg_notify('naive', %s)", (call,))
            return int(row[0])

    @activity.defn(name="keep")
    async def keep(self, call: str) -> None:
        async with await psycopg.AsyncConnection.connect(self.url) as conn:
            await conn.execute("UPDATE naive.offer SET accepted = true WHERE call = %s", (call,))

    @activity.defn(name="nothing")
    async def nothing(self) -> None:
        self.ran.append(time.time())


@workflow.defn(name="NaiveCall")
class NaiveCall:
    def __init__(self) -> None:
        self.accepted = False

    @workflow.run
    async def run(self, due: datetime) -> None:
        await workflow.sleep(due - workflow.now())
        call = workflow.info().workflow_id
        while not await workflow.execute_activity("pick", call, start_to_close_timeout=SHORT):
            await workflow.sleep(timedelta(seconds=1))
        await workflow.wait_condition(lambda: self.accepted)

    @workflow.update
    async def accept(self) -> None:
        await workflow.execute_activity("keep", workflow.info().workflow_id, start_to_close_timeout=SHORT)
        self.accepted = True


@workflow.defn(name="BareTimer")
class BareTimer:
    @workflow.run
    async def run(self, due: datetime) -> None:
        await workflow.sleep(due - workflow.now())
        await workflow.execute_activity("nothing", start_to_close_timeout=SHORT)


@dataclass(frozen=True)
class PeerResult:
    visible: list[float]
    """Seconds after the due time."""
    acknowledged: list[float]
    """Seconds after the click."""
    events: float
    """Mean length of a history."""


async def naive(client: Client, url: str, calls: int, agents: int) -> PeerResult:
    """Run ``calls`` calls due together; every agent accepts immediately."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        await conn.execute(SCHEMA)
        await conn.execute("INSERT INTO naive.agent SELECT n, true FROM generate_series(1, %s) n", (agents,))
    async with _worker(client, PeerActivities(url)):
        due = datetime.now(UTC) + timedelta(seconds=15)
        handles = await _started(client, "naive", "NaiveCall", due, calls)
        visible, acknowledged = await _answered(url, handles, due, min(calls, agents))
        events = await _events(handles[:20])
        await asyncio.gather(*(handle.terminate() for handle in handles[agents:]))
    return PeerResult(visible, acknowledged, events)


async def bare(client: Client, url: str, calls: int) -> list[float]:
    """Run bare timers; returns how many seconds after the due time each activity ran."""
    activities = PeerActivities(url)
    async with _worker(client, activities):
        due = datetime.now(UTC) + timedelta(seconds=12)
        handles = await _started(client, "bare", "BareTimer", due, calls)
        await asyncio.gather(*(handle.result() for handle in handles))
    return [moment - due.timestamp() for moment in activities.ran]


def _worker(client: Client, activities: PeerActivities) -> Worker:
    restrictions = SandboxRestrictions.default.with_passthrough_modules("bench", "psycopg")
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[NaiveCall, BareTimer],
        activities=[activities.pick, activities.keep, activities.nothing],
        max_cached_workflows=2000,
        max_concurrent_activities=40,
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
    )


async def _started(client: Client, name: str, run: str, due: datetime, count: int) -> list[Handle]:
    gate = asyncio.Semaphore(16)

    async def start(number: int) -> Handle:
        async with gate:
            return await client.start_workflow(run, due, id=f"{name}-{uuid.uuid4()}", task_queue=QUEUE)

    return list(await asyncio.gather(*(start(number) for number in range(count))))


async def _answered(
    url: str,
    handles: list[Handle],
    due: datetime,
    expected: int,
) -> tuple[list[float], list[float]]:
    by_id = {handle.id: handle for handle in handles}
    visible: list[float] = []
    acknowledged: list[float] = []

    async def accept(call: str) -> None:
        clicked = time.time()
        await by_id[call].execute_update("accept")
        acknowledged.append(time.time() - clicked)

    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        await conn.execute("LISTEN naive")
        accepting = []
        async for notice in conn.notifies():
            visible.append(time.time() - due.timestamp())
            accepting.append(asyncio.create_task(accept(notice.payload)))
            if len(accepting) == expected:
                break
    await asyncio.gather(*accepting)
    return visible, acknowledged


async def _events(handles: list[Handle]) -> float:
    histories = await asyncio.gather(*(handle.fetch_history() for handle in handles))
    return sum(len(history.events) for history in histories) / len(histories)
