"""A stack for breaking: `muster up` with very short times, whose children tests kill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from temporalio.client import Client

from cli.stack.home import Running
from config.temporal import DATA_CONVERTER
from tests.cli.running import MUSTER, Stack, running_stack

RULES = Path(__file__).with_name("hurried.rules")
RECOVERY_TIMEOUT = 60.0
"""Seconds within which everything must have recovered; the goal is ten, on an otherwise idle machine."""


@dataclass(frozen=True)
class Breakable:
    """A running stack: its addresses, credentials, and child processes."""

    stack: Stack

    @property
    def url(self) -> str:
        return self.stack.url

    @property
    def api_token(self) -> str:
        return str(self._credentials()["api_token"])

    @property
    def database_url(self) -> str:
        return self.stack.record.database_url.replace("+psycopg", "")

    @property
    def sign_in_links(self) -> Mapping[str, str]:
        """Sign-in links of the agents, by name; each works once."""
        people = self._credentials()["people"]
        return {person["name"]: person["sign_in"] for person in people if person["role"] == "agent"}

    async def temporal(self) -> Client:
        return await Client.connect(self.stack.record.temporal_address, data_converter=DATA_CONVERTER)

    def renew_sign_in_links(self) -> None:
        done = self.stack.muster("seed", f"--rules={RULES}", "--always-on-duty", "--quiet")
        assert done.returncode == 0, done.stderr

    def log_sizes(self) -> dict[Path, int]:
        return {path: path.stat().st_size for path in self.stack.home.logs.glob("*.log")}

    def kill(self, *names: str) -> dict[str, Running]:
        """SIGKILL these children; returns the killed processes, for ``wait_back``."""
        killed = {name: self.stack.record.children[name] for name in names}
        for running in killed.values():
            # A child that has just died by itself is fine too.
            with contextlib.suppress(ProcessLookupError):
                if abs(psutil.Process(running.pid).create_time() - running.started) < 1:
                    os.kill(running.pid, signal.SIGKILL)
        return killed

    async def wait_back(self, killed: Mapping[str, Running], within: float = RECOVERY_TIMEOUT) -> float:
        """Wait until their replacements run and pages are served; returns the seconds it took."""
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.url) as client:
            while not (self._replaced(killed) and await _is_ready(client)):
                assert time.monotonic() - began < within, f"not back within {within} s: {', '.join(killed)}"
                await asyncio.sleep(0.1)
        return time.monotonic() - began

    def _replaced(self, killed: Mapping[str, Running]) -> bool:
        children = self.stack.record.children
        return all(children.get(name) not in (None, before) for name, before in killed.items())

    def _credentials(self) -> dict[str, Any]:
        credentials: dict[str, Any] = json.loads(self.stack.home.credentials.read_text())
        return credentials


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz", timeout=5)).is_success
    except httpx.HTTPError:
        return False


@contextlib.asynccontextmanager
async def breakable_stack(
    folder: Path,
    variables: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    port: int | None = None,
    command: str = MUSTER,
) -> AsyncIterator[Breakable]:
    """A stack in this folder, on free ports (or this one for the web), with these settings, until the block ends.

    ``before`` is a command that runs the command that follows it.
    """
    starting = running_stack(
        folder, port, options=(f"--rules={RULES}",), variables=variables, before=before, command=command
    )
    stack = await asyncio.to_thread(starting.__enter__)
    try:
        yield Breakable(stack)
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
