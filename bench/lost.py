"""Temporal's whole store is lost: how long until every open escalation has a workflow again, by the auditor alone.

Compared with starting as many bare workflows on the same server. `python -m bench.lost 500` uses 500 escalations.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client

from bench.latency import opened
from bench.stack import Bench, benched, running
from bench.waiting_bare import connected, start_many
from cli.stack import temporal
from config.temporal import DATA_CONVERTER
from domain.escalation import Mode
from domain.ids import workflow_id
from workers.auditor import FIRST, rebuild_workflows
from workers.relay import relay_once

COUNT = 10_000
IN_FLIGHT = 8


async def measure(folder: Path, count: int = COUNT) -> str:
    """The table, as Markdown."""
    async with benched(folder, 10) as bench:
        escalations = await _opened(bench, count)
        bench.stop_temporal()
        host, port = bench.client.service_client.config.target_host.rsplit(":", 1)
        server = temporal.Server(folder / "empty.db", int(port), int(port) + 1000)
        with running(temporal.command(server), folder / "empty.log"):
            bare = await connected(f"{host}:{port}")
            began = time.perf_counter()
            rebuilt = await _until_rebuilt(bench, await _client(f"{host}:{port}"), escalations)
            began_bare = time.perf_counter()
            await start_many(bare, "bare", range(count))
            took = time.perf_counter() - began_bare
    return "\n".join(
        [
            f"| {count:,} open escalations, Temporal's store lost | seconds | per second |",
            "| --- | ---: | ---: |",
            f"| all have workflows again | {rebuilt - began:.0f} | {count / (rebuilt - began):.0f} |",
            f"| starting as many bare workflows, eight at a time | {took:.0f} | {count / took:.0f} |",
        ]
    )


async def _opened(bench: Bench, count: int) -> list[str]:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def open_one(number: int) -> str:
        async with gate:
            return await opened(bench, number, Mode.BOOKING)

    escalations = list(await asyncio.gather(*(open_one(number) for number in range(count))))
    while await relay_once(bench.engine, bench.client):
        pass
    return escalations


async def _client(address: str) -> Client:
    return await Client.connect(address, data_converter=DATA_CONVERTER)


async def _until_rebuilt(bench: Bench, client: Client, escalations: list[str]) -> float:
    """The moment at which one pass of the auditor over all escalations has ended; each must have its workflow."""
    after, now = FIRST, datetime.now(UTC) + timedelta(minutes=1)
    while True:
        after = await rebuild_workflows(bench.engine, client, after, now, asyncio.Event())
        if after == FIRST:
            break
    ended = time.perf_counter()
    for escalation in escalations:
        await client.get_workflow_handle(workflow_id(escalation)).describe()
    return ended


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        print(asyncio.run(measure(Path(folder), count)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else COUNT)
