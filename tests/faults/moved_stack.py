"""Web, worker and ticker on a machine whose clock is days off; those of the database and of Temporal are right.

Debian's `faketime` moves the clocks of the processes it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.stack import parts, temporal
from cli.stack.supervisor import Child, Supervisor, always_ready
from tests.cli.running import environment, run_muster
from tests.faults.stack import RULES
from tests.servers import free_port

MOVED = Path(__file__).with_name("moved_clock")
PROCESSES = ("web", "worker", "ticker")


@dataclass(frozen=True)
class MovedStack:
    variables: dict[str, str]
    url: str
    logs: Path
    credentials: dict[str, Any]

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def sign_in_link(self, role: str) -> str:
        return next(str(person["sign_in"]) for person in self.credentials["people"] if person["role"] == role)


def moved(
    name: str, variables: dict[str, str], offset: str, ready: Callable[[], Awaitable[bool]] = always_ready
) -> Child:
    """The `muster` command with this name, as a child whose clock is moved by ``offset``: ``+3d``."""
    faketime = shutil.which("faketime")
    assert faketime, "install Debian's faketime"
    faked = variables | {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(MOVED)}
    return Child(name, (faketime, "-f", offset, sys.executable, "-P", "-m", "cli.main", name), faked, ready)


@contextlib.asynccontextmanager
async def moved_stack(folder: Path, database_url: str, offset: str) -> AsyncIterator[MovedStack]:
    """The processes with moved clocks, seeded and serving, until the block ends."""
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
    }
    seeded = await asyncio.to_thread(run_muster, variables, "seed", f"--rules={RULES}", "--always-on-duty", "--quiet")
    assert seeded.returncode == 0, seeded.stderr
    supervisor = Supervisor(logs, lambda line: None, lambda: None)
    url = f"http://127.0.0.1:{port}"

    async def serves() -> bool:
        return await parts.read(f"{url}/readyz") is not None

    try:
        await supervisor.start(parts.temporal_child(server))
        await supervisor.start(parts.mailbox_child(home / "mail", smtp, {**os.environ}))
        for name in ("worker", "ticker"):
            await supervisor.start(moved(name, variables, offset))
        await supervisor.start(moved("web", variables, offset, serves))
        yield MovedStack(variables, url, logs, json.loads((home / "credentials.json").read_text()))
    finally:
        await supervisor.stop((*PROCESSES, "mailbox", "temporal"), within=8)
