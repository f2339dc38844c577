"""A database that stands still on warm connections, that can't write, or whose connections others hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.stack.postgres import Cluster
from tests.faults.striking.starvation import postmaster_of, standing_still
from tests.web.customers import Caller, caller, visitor
from tests.web.forms import form_to
from tests.web.office import Office, office, ticket
from web.pools import WebPools

__all__ = ["office"]

Send = Callable[[], Awaitable[httpx.Response]]
READ = ("/board", "/desk", "/ops", "/shifts", "/outcomes", "/rules")


async def booking_of(client: httpx.AsyncClient, mira: Caller, start: datetime | None = None) -> Send:
    """Books a free time, the first by default, when called."""
    fields = form_to((await client.get(mira.address)).text, "/book").fields
    chosen = {"start": (start or (await mira.free())[0]).isoformat()}
    return lambda: client.post(f"{mira.address}/book", data=fields | chosen)


async def rating_of(client: httpx.AsyncClient, office: Office) -> Send:
    """Rates another customer's call when called."""
    rated = await caller(office, "2")
    address = await rated.is_asked(await rated.book())
    fields = form_to((await client.get(address)).text).fields | {"score": "4", "send": "yes"}
    return lambda: client.post(address, data=fields)


async def everything(office: Office, client: httpx.AsyncClient) -> dict[str, Send]:
    """Requests of every kind, by name; each has used its connection a moment ago."""
    mira, manager, program = await caller(office), await office.browser("Marta Manager"), office.program()
    rate = await rating_of(client, office)
    book = await booking_of(client, mira)
    requests: dict[str, Send] = {
        "GET link": lambda: client.get(mira.address),
        "POST book": book,
        "POST rate": rate,
        "POST api": lambda: program.post("/api/v1/escalations", json=ticket("9")),
    }
    for address in READ:
        requests[f"GET {address}"] = lambda address=address: manager.client.get(address)  # type: ignore[misc]
    for name, send in requests.items():
        if name.startswith("GET"):
            assert (await send()).status_code == 200, name
    return requests


async def answers(requests: dict[str, Send]) -> dict[str, int]:
    found = await asyncio.gather(*(send() for send in requests.values()))
    return {name: answer.status_code for name, answer in zip(requests, found, strict=True)}


async def test_while_the_database_stands_still_everything_answers_503_and_then_works_at_once(
    office: Office, postgres_cluster: Cluster
) -> None:
    async with visitor(office.app) as client:
        requests = await everything(office, client)
        with standing_still(postmaster_of(postgres_cluster.folder)):
            # The second time, there are no connections left to give up.
            for _ in range(2):
                assert set((await answers(requests)).values()) == {503}
            assert await readiness(client, 503) == {"status": "waiting", "database": "unreachable"}
            assert (await client.get("/healthz")).status_code == 200
        await readiness(client, 200)
        after = await answers(requests)
        assert {status for name, status in after.items() if name.startswith("GET")} == {200}
        assert (after["POST book"], after["POST rate"], after["POST api"]) == (303, 303, 201)


async def hold(engine: AsyncEngine, stop: asyncio.Event, holding: asyncio.Semaphore) -> None:
    """Keep one of the pool's connections busy with one slow statement after another."""
    async with engine.connect() as conn:
        holding.release()
        while not stop.is_set():
            await conn.execute(text("SELECT pg_sleep(0.5)"))
            await conn.rollback()


async def test_with_all_other_connections_held_a_customer_opens_the_link_books_and_rates(office: Office) -> None:
    pools: WebPools = office.app.state.pools
    stop, holding = asyncio.Event(), asyncio.Semaphore(0)
    async with visitor(office.app) as client, AsyncExitStack() as finally_:
        mira, manager = await caller(office), await office.browser("Marta Manager")
        await manager.get("/board")
        rate, book = await rating_of(client, office), await booking_of(client, mira)
        tasks = await finally_.enter_async_context(asyncio.TaskGroup())
        finally_.callback(stop.set)
        others = [pools.pages, pools.reports, pools.commands]
        count = sum(engine.pool.size() for engine in others)  # type: ignore[attr-defined]
        for engine in others:
            for _ in range(engine.pool.size()):  # type: ignore[attr-defined]
                tasks.create_task(hold(engine, stop, holding))
        for _ in range(count):
            await holding.acquire()
        assert (await manager.client.get("/board")).status_code == 503
        assert (await manager.client.get("/outcomes")).status_code == 503
        assert (await client.get(mira.address)).status_code == 200
        assert (await book()).status_code == 303
        assert (await rate()).status_code == 303


async def test_a_read_only_database_is_not_ready_and_refuses_a_booking_with_503(
    office: Office, database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database.engine.TRUSTED", -1.0)
    async with visitor(office.app) as client:
        mira = await caller(office)
        book = await booking_of(client, mira)
        async with database.connect() as conn:
            name = await conn.scalar(text("SELECT current_database()"))
            await conn.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
            await conn.commit()
        await end_connections(database)
        refused = await readiness(client, 503)
        assert refused["database"] == "read_only"
        assert (await client.get(mira.address)).status_code == 200
        assert (await book()).status_code == 503
        assert (await client.get("/healthz")).status_code == 200


async def test_a_database_that_cannot_create_files_is_not_ready(
    office: Office, database: AsyncEngine, postgres_cluster: Cluster
) -> None:
    async with visitor(office.app) as client:
        assert (await client.get("/readyz")).json() == {"status": "ready", "database": "ok"}
        async with database.connect() as conn:
            number = await conn.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        folder = postgres_cluster.folder / "base" / str(number)
        folder.chmod(0o500)
        try:
            # A new connection, because this one's temporary file exists already.
            await end_connections(database)
            assert (await readiness(client, 503))["database"] == "refused"
        finally:
            folder.chmod(0o700)
        await readiness(client, 200)


async def end_connections(database: AsyncEngine) -> None:
    """End all other connections to this database."""
    async with database.connect() as conn:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        await conn.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"))


async def readiness(client: httpx.AsyncClient, status: int) -> dict[str, Any]:
    """What `/readyz` says once it answers with this status; its answers are kept for a second."""
    for _ in range(300):
        if (answer := await client.get("/readyz")).status_code == status:
            found: dict[str, Any] = answer.json()
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"/readyz never answers {status}")
