"""The children of the embedded stack, with a readiness check for each."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cli.stack import postgres, temporal
from cli.stack.supervisor import Child
from domain.ids import TASK_QUEUE

_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores proxies set in the environment."""

PROCESSES = ("worker", "ticker-1", "ticker-2", "web", "mailbox")
PROBED = ("worker", "ticker-1", "ticker-2")
"""These serve a probe, each on a port of its own."""
FOUNDATIONS = ("temporal", "postgres")
"""These are stopped after the processes that need them."""

PROBE_WITHIN = 5
"""Seconds within which the web must say that it is alive."""

NICENESS = {"worker": 2}
"""Above 0, to give way to the others: people wait for the web, rounds and the database. No more than this, because mail
and everything that is due by time wait for the worker: a process at 2 still gets two thirds of what one at 0 gets.
"""


def muster(name: str, environment: Mapping[str, str], *arguments: str) -> Child:
    """A `muster …` command as a child. ``-P`` keeps modules in the current folder from shadowing ours."""
    return Child(name, (sys.executable, "-P", "-m", "cli.main", *arguments), environment)


def postgres_child(cluster: postgres.Cluster) -> Child:
    async def ready() -> bool:
        return await asyncio.to_thread(postgres.answers, cluster.url("postgres"))

    return Child(
        "postgres",
        postgres.command(cluster),
        {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        ready,
        stop_signal=postgres.STOP_SIGNAL,
        last_signal=signal.SIGQUIT,
        orphan_signal=postgres.STOP_SIGNAL,
        run_as=postgres.run_as(),
    )


def temporal_child(server: temporal.Server) -> Child:
    async def ready() -> bool:
        # The front end listens before its namespace exists; once the retention can be set, the namespace exists.
        return await accepts(server.port) and await temporal.raise_retention(server)

    return Child("temporal", temporal.command(server), {**os.environ, **temporal.ENVIRONMENT}, ready)


def mailbox_child(folder: Path, port: int, environment: Mapping[str, str]) -> Child:
    async def ready() -> bool:
        return await accepts(port)

    arguments = ("mailbox", "--port", str(port), "--folder", str(folder))
    return replace(muster("mailbox", environment, *arguments), ready=ready)


def web_child(url: str, environment: Mapping[str, str]) -> Child:
    async def ready() -> bool:
        return await read(f"{url}/healthz") is not None

    async def answers() -> bool:
        return await read(f"{url}/healthz", PROBE_WITHIN) is not None

    return replace(muster("web", environment, "web"), ready=ready, answers=answers)


def worker_child(environment: Mapping[str, str], server: temporal.Server | None) -> Child:
    """The worker. It is ready when it polls Temporal or, with an external Temporal, as soon as it runs."""
    child = replace(muster("worker", environment, "worker"), niceness=NICENESS["worker"])
    if server is None:
        return child
    queue = f"http://127.0.0.1:{server.ui_port}/api/v1/namespaces/default/task-queues/{TASK_QUEUE}"

    async def ready() -> bool:
        description = await read(f"{queue}?taskQueueType=TASK_QUEUE_TYPE_WORKFLOW")
        return description is not None and bool(json.loads(description).get("pollers"))

    return replace(child, ready=ready)


async def read(url: str, within: float = 2) -> bytes | None:
    """The body of a successful response from one of our own addresses, or None after ``within`` seconds."""

    def get() -> bytes | None:
        try:
            with _WITHOUT_PROXY.open(url, timeout=within) as answer:
                body: bytes = answer.read()
                return body
        except (OSError, http.client.HTTPException):
            return None

    return await asyncio.to_thread(get)


async def accepts(port: int) -> bool:
    """Whether something is listening on this port of 127.0.0.1."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
