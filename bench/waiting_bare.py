"""The least that waiting can be in Temporal: a workflow of one timer, on a server and a worker of its own.

`python -m bench.waiting_bare 127.0.0.1:7233` is that worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorAutoscaling, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from bench.stack import running
from cli.stack import temporal
from cli.stack.home import choose_ports

QUEUE = "waiting"
CACHED_WORKFLOWS = 1000
"""As Muster's own worker keeps."""
IN_FLIGHT = 8
"""Starts under way at once, as many as the relay's."""
STANDS = 5
"""Events of a workflow whose first task has set its timer."""


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
    """A server kept in a file under ``folder``, and one worker, ready to start workflows."""
    folder.mkdir()  # noqa: ASYNC240
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
    """Once the server has its namespace."""
    while True:
        try:
            client = await Client.connect(address, data_converter=pydantic_data_converter)
            await client.count_workflows()
        except (RuntimeError, RPCError):
            await asyncio.sleep(0.2)
        else:
            return client


async def start_many(client: Client, name: str, count: int) -> list[str]:
    """So many, started; their ids."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(number: int) -> str:
        async with gate:
            await client.start_workflow(Waits.run, id=f"{name}-{number}", task_queue=QUEUE)
        return f"{name}-{number}"

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def standing(client: Client, workflows: Sequence[str]) -> None:
    """Until the first task of each has set its timer. Looks at the last hundred and at every hundredth before."""
    looked_at = {*workflows[-100:], *workflows[::100]}
    while looked_at:
        seen = [await client.get_workflow_handle(one).describe() for one in looked_at]
        looked_at = {one.id for one in seen if one.history_length < STANDS}
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
