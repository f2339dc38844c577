"""The children of the embedded stack, with a readiness check for each."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from cli.stack import postgres, temporal
from cli.stack.child import Child
from workers.probe_ports import PORTS

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
    async def lacks(pid: int) -> str | None:
        if not listens(pid, cluster.port):
            return f"it does not listen at port {cluster.port}"
        return None if await asyncio.to_thread(postgres.answers, cluster.url("postgres")) else "it lets nobody in"

    return Child(
        "postgres",
        postgres.command(cluster),
        {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        lacks,
        stop_signal=postgres.STOP_SIGNAL,
        last_signal=signal.SIGQUIT,
        orphan_signal=postgres.STOP_SIGNAL,
        run_as=postgres.run_as(),
    )


def temporal_child(server: temporal.Server) -> Child:
    async def lacks(pid: int) -> str | None:
        if not listens(pid, server.port, server.ui_port):
            return f"it does not listen at the ports {server.port} and {server.ui_port}"
        # The front end listens before its namespace exists; once the retention can be set, the namespace exists.
        return None if await temporal.raise_retention(server) else "its namespace does not exist"

    return Child("temporal", temporal.command(server), {**os.environ, **temporal.ENVIRONMENT}, lacks)


def mailbox_child(folder: Path, port: int, environment: Mapping[str, str]) -> Child:
    async def lacks(pid: int) -> str | None:
        return None if listens(pid, port) else f"it does not listen at port {port}"

    arguments = ("mailbox", "--port", str(port), "--folder", str(folder))
    return replace(muster("mailbox", environment, *arguments), lacks=lacks)


def web_child(url: str, environment: Mapping[str, str]) -> Child:
    port = urlsplit(url).port or 80

    async def lacks(pid: int) -> str | None:
        if not listens(pid, port):
            return f"it does not listen at port {port}"
        status, body = await ask(f"{url}/readyz", PROBE_WITHIN)
        return None if status == 200 else f"/readyz answers {body.decode(errors='replace') or 'nothing'}"

    async def answers() -> bool:
        return (await ask(f"{url}/healthz", PROBE_WITHIN))[0] == 200

    return replace(muster("web", environment, "web"), lacks=lacks, answers=answers)


def worker_child(port: int, environment: Mapping[str, str]) -> Child:
    """The worker. It is ready when each of its parts has worked, among them polling, whichever Temporal it uses."""
    return replace(_probed("worker", port, environment, "worker"), niceness=NICENESS["worker"])


def ticker_child(name: str, port: int, environment: Mapping[str, str]) -> Child:
    """A ticker. It is ready when a round has run, or another ticker was running one."""
    return _probed(name, port, environment, "ticker")


def _probed(name: str, port: int, environment: Mapping[str, str], command: str) -> Child:
    """A worker or ticker with its probe at this port, or at one of the next if the port is taken."""

    async def lacks(pid: int) -> str | None:
        own = next((one for one in range(port, port + PORTS) if listens(pid, one)), None)
        if own is None:
            return "its probe has not started"
        status, body = await ask(f"http://127.0.0.1:{own}/readyz")
        return None if status == 200 else f"no success yet: {', '.join(_parsed(body).get('failing', ('its probe',)))}"

    return replace(muster(name, {**environment, "MUSTER_PROBE_PORT": str(port)}, command), lacks=lacks)


def _parsed(body: bytes) -> dict[str, Any]:
    """A JSON object; an empty one if it is anything else."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def listens(pid: int, *ports: int) -> bool:
    """Whether this process itself listens at all of these ports: another program may have taken one of them."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.AccessDenied:
        # Some systems tell only root. A port that is taken then ends the child, or leaves it without an answer.
        return True
    except psutil.Error:
        return False
    return set(ports) <= {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN}


async def ask(url: str, within: float = 2) -> tuple[int, bytes]:
    """The status and body that one of our own addresses answers; status 0 if there is none within these seconds."""

    def get() -> tuple[int, bytes]:
        try:
            with _WITHOUT_PROXY.open(url, timeout=within) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except (OSError, http.client.HTTPException):
            return 0, b""

    return await asyncio.to_thread(get)
