"""The minimum of waiting in Temporal: a workflow with one timer, on its own server and worker.

`python -m bench.waiting_bare 127.0.0.1:7233` runs that worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorAutoscaling, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from bench.stack import running
from cli.stack import temporal
from cli.stack.home import choose_ports

QUEUE = "waiting"
CACHED_WORKFLOWS = 1000
"""The same as Muster's own worker."""
IN_FLIGHT = 8
"""Concurrent starts, the same as the relay's."""
EVENTS_OF_WAITING = 5
"""Events in the history of a workflow whose first task has set its timer."""


@activity.defn
async def nothing() -> int:
    return 1


@workflow.defn(name="Waits")
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(timedelta(days=30))

    @workflow.update
    async def ask(self) -> int:
        return await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=5))


@dataclass(frozen=True)
class Bare:
    client: Client
    server: temporal.Server
    pids: dict[str, int]


@contextlib.asynccontextmanager
async def bare(folder: Path) -> AsyncIterator[Bare]:
    """Run a server with its file in ``folder``, and one worker, ready to start workflows."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240
    ports = choose_ports(("temporal", "ui"), 19800, {})
    server = temporal.Server(folder / "temporal.db", ports["temporal"], ports["ui"])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    served = running(temporal.command(server), folder / "server.log", env={**environment, **temporal.ENVIRONMENT})
    with served as serving:
        client = await connected(server.address)
        worker = (sys.executable, "-m", "bench.waiting_bare", server.address)
        with running(worker, folder / "worker.log", cwd=Path(__file__).parents[1], env=environment) as working:
            yield Bare(client, server, {"temporal": serving.pid, "worker": working.pid})


async def connected(address: str) -> Client:
    """A client, once the server has its namespace."""
    while True:
        try:
            client = await Client.connect(address, data_converter=pydantic_data_converter)
            await client.count_workflows()
        except (RuntimeError, RPCError):
            await asyncio.sleep(0.2)
        else:
            return client


def bare_id(name: str, number: int) -> str:
    return f"{name}-{number}"


async def start_many(client: Client, name: str, numbers: Iterable[int]) -> list[str]:
    """Start workflows with these numbers that don't run yet; returns the ids of all."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def start(number: int) -> str:
        async with gate:
            await client.start_workflow(
                Waits.run,
                id=bare_id(name, number),
                task_queue=QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        return bare_id(name, number)

    return list(await asyncio.gather(*(start(number) for number in numbers)))


async def until_waiting(client: Client, workflows: Sequence[str]) -> None:
    """Wait until the first task of each has set its timer. Checks the last hundred and every hundredth before."""
    pending = {*workflows[-100:], *workflows[::100]}
    while pending:
        described = [await client.get_workflow_handle(id_).describe() for id_ in pending]
        pending = {description.id for description in described if description.history_length < EVENTS_OF_WAITING}
        await asyncio.sleep(0.05)


async def work(address: str) -> None:
    client = await connected(address)
    restrictions = SandboxRestrictions.default.with_passthrough_modules("bench", "cli", "psutil")
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Waits],
        activities=[nothing],
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        max_cached_workflows=CACHED_WORKFLOWS,
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
