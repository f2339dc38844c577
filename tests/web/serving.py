"""The application behind a real server, for tests of what happens on a connection."""

from __future__ import annotations

import asyncio
from asyncio import Protocol
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn

from tests.servers import free_port
from tests.web.office import Office


@asynccontextmanager
async def served(office: Office, protocol: type[Protocol] | None = None) -> AsyncIterator[int]:
    """Serve the application, which has already begun its life; yields the port."""
    port = free_port()
    config = uvicorn.Config(office.app, http=protocol or "auto", port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                if await _answers(client, f"http://127.0.0.1:{port}/healthz"):
                    break
                await asyncio.sleep(0.05)
        yield port
    finally:
        server.should_exit = True
        await running


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(address)).is_success
    except httpx.TransportError:
        return False
