"""Web, worker and ticker as separate processes, with Temporal and a database; if wanted, with moved clocks.

The clocks of Temporal and of the database stay right. Debian's `faketime` moves those of the processes it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from cli.stack import parts, temporal
from cli.stack.child import Child
from cli.stack.supervisor import Supervisor
from tests.cli.running import environment, run_muster
from tests.faults.stack import RULES
from tests.servers import free_port

MOVED = Path(__file__).with_name("moved_clock")
PROCESSES = ("web", "worker", "ticker")


@dataclass(frozen=True)
class SeparateProcesses:
    variables: dict[str, str]
    """Settings for a command beside them."""
    url: str
    probes: Mapping[str, str]
    """Addresses of the probes of worker and ticker, and of the web, by process."""
    logs: Path
    credentials: dict[str, Any]
    supervisor: Supervisor

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def sign_in_link(self, role: str) -> str:
        return next(str(person["sign_in"]) for person in self.credentials["people"] if person["role"] == role)

    def doctor(self, offset: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `muster doctor` beside the processes, on a machine whose clock is as wrong as theirs."""
        child = process("doctor", self.variables, offset)
        return subprocess.run(
            child.command, env=dict(child.environment), capture_output=True, text=True, check=False, timeout=60
        )

    def pid(self, name: str) -> int:
        return self.supervisor.running[name].pid

    async def ask(self, name: str, path: str) -> httpx.Response | None:
        """What the process answers at this path; None if it doesn't."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return await client.get(f"{self.probes[name]}{path}", timeout=3)
        except httpx.HTTPError:
            return None

    async def until_answered(self, name: str, path: str, status: int, within: float = 60) -> httpx.Response:
        """Wait for an answer with this status."""
        deadline = asyncio.get_running_loop().time() + within
        while (answer := await self.ask(name, path)) is None or answer.status_code != status:
            assert asyncio.get_running_loop().time() < deadline, f"{name}{path}: {answer and answer.text}"
            await asyncio.sleep(0.1)
        return answer


def process(name: str, variables: dict[str, str], offset: str | None) -> Child:
    """The `muster` command with this name; its clock is moved by ``offset``, such as ``+3d``."""
    child = parts.muster(name, variables, name)
    if offset is None:
        return child
    faketime = shutil.which("faketime")
    assert faketime, "install Debian's faketime"
    # The command itself stays between us and the process, and doesn't pass signals on; its library is enough.
    library = subprocess.check_output([faketime, "-f", "+0d", "printenv", "LD_PRELOAD"], text=True).strip()
    faked = {"LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(MOVED)}
    return replace(child, environment=variables | faked)


@contextlib.asynccontextmanager
async def separate_processes(
    folder: Path, database_url: str, offset: str | None = None, settings: Mapping[str, str] | None = None
) -> AsyncIterator[SeparateProcesses]:
    """The processes, seeded and ready, until the block ends. ``settings`` are further variables of theirs."""
    home, logs, port, smtp = folder / "home", folder / "logs", free_port(), free_port()
    logs.mkdir()
    server = temporal.Server(folder / "temporal.db", free_port(), free_port())
    variables = environment(home, port) | {
        "MUSTER_DATABASE_URL": database_url.replace("+psycopg", ""),
        "MUSTER_SECRET_KEY": "a key of thirty-two bytes or more",
        "MUSTER_EMBEDDED": "true",
        "MUSTER_SMTP_HOST": "127.0.0.1",
        "MUSTER_SMTP_PORT": str(smtp),
        "TEMPORAL_ADDRESS": server.address,
        "MUSTER_PROBE_PORT": str(free_port()),
        **(settings or {}),
    }
    seeded = await asyncio.to_thread(run_muster, variables, "seed", f"--rules={RULES}", "--always-on-duty", "--quiet")
    assert seeded.returncode == 0, seeded.stderr
    supervisor, url = Supervisor(logs, lambda line: None, lambda: None), f"http://127.0.0.1:{port}"
    ports = {"worker": variables["MUSTER_PROBE_PORT"], "ticker": str(free_port())}
    probes = {"web": url} | {name: f"http://127.0.0.1:{probe}" for name, probe in ports.items()}
    credentials = json.loads((home / "credentials.json").read_text())
    stack = SeparateProcesses(variables, url, probes, logs, credentials, supervisor)
    try:
        await supervisor.start(parts.temporal_child(server))
        await supervisor.start(parts.mailbox_child(home / "mail", smtp, {**os.environ}))
        for name in PROCESSES:
            probe = {"MUSTER_PROBE_PORT": ports.get(name, "0")}
            await supervisor.start(process(name, variables | probe, offset))
        for name in PROCESSES:
            await stack.until_answered(name, "/readyz", 200)
        yield stack
    finally:
        await supervisor.stop((*PROCESSES, "mailbox", "temporal"), within=8)
