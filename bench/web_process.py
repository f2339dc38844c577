"""One web process over a benchmark's own PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bench.stack import Bench, running
from cli.stack.home import choose_ports

ROOT = Path(__file__).parents[1]


@asynccontextmanager
async def web_process(bench: Bench, folder: Path) -> AsyncIterator[tuple[int, int]]:
    """Run a web process; yields its port and its process id once it is ready."""
    port = choose_ports(("web",), 19600, {})["web"]
    names = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "TEMPORAL_"))}
    environment = names | {
        "MUSTER_DATABASE_URL": bench.url_of("muster"),
        "MUSTER_SECRET_KEY": secrets.token_urlsafe(32),
        "MUSTER_HOST": "127.0.0.1",
        "MUSTER_PORT": str(port),
        "MUSTER_HOME": str(folder / "home"),
        "TEMPORAL_ADDRESS": bench.client.service_client.config.target_host,
    }
    command = (sys.executable, "-m", "cli.main", "web")
    with running(command, folder / "web.log", cwd=ROOT, env=environment) as process:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(300):
                try:
                    if (await client.get("/readyz")).is_success:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
            else:
                raise TimeoutError((folder / "web.log").read_text())
        yield port, process.pid
