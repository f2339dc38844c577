"""500 customers in their waiting rooms on one web process: how soon a change stands on a page, and what idling costs.

Each page has its stream open, as browsers have. Beside it, in the same run: as many pages that ask for themselves every
three seconds, and a bare notification of PostgreSQL to one listener.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import text

from bench.footprint import footprint, idling
from bench.stack import Bench, benched, percentiles
from bench.web_process import web_process
from database.listening import listen
from database.stores.escalations.open import open_or_refuse
from domain.escalation import Customer, Mode, Opening, Ticket

ROOMS, CHANGES = 500, 200
IDLE = 30.0
"""Seconds of idling."""
ASKED_EVERY = 3.0
"""Seconds between two requests of a page that has no stream."""
PAUSE = 0.1
"""Seconds between two changes."""


@dataclass
class Room:
    """One customer's page."""

    escalation_id: str
    address: str
    shown: asyncio.Event
    """Set whenever the page arrives."""


@dataclass(frozen=True)
class Cost:
    memory: float
    """Megabytes of the web process."""
    idle: float
    """Per cent of one core."""
    delays: Sequence[float]
    """Milliseconds from the beginning of a change, a transaction, to the page that shows it."""


async def measure(folder: Path) -> str:
    """The table, as Markdown."""
    async with benched(folder, 20) as bench:
        # Rounds seem to run: nothing else writes during the measurement.
        await _run(bench, "INSERT INTO search_clock (ran_at) VALUES (now() + interval '1 hour')")
        rooms = [await _open(bench, nth) for nth in range(ROOMS)]
        async with web_process(bench, folder) as (port, pid):
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=httpx.Timeout(60, read=None), limits=limits
            ) as client:
                await asyncio.gather(*(client.get(room.address) for room in rooms[:50]))
                empty = Cost(footprint(pid).memory, (await idling({"web": pid}, IDLE))["web"], ())
                async with _all(_stream, client, rooms):
                    streamed = await _cost(bench, pid, rooms)
                await asyncio.sleep(5)
                async with _all(_ask, client, rooms):
                    asked = (await idling({"web": pid}, IDLE))["web"]
        bare = await _bare(bench)
    return _table(empty, streamed, asked, bare)


async def _open(bench: Bench, nth: int) -> Room:
    """A call now, which waits for somebody."""
    tokens = bench.dependencies.tokens
    ticket = Ticket("zendesk", str(nth), "https://help.example/1", "Engine stops at sea", {"priority": "urgent"})
    opening = Opening(ticket, Customer("Mira Olsen", f"mira.{nth}@example.com", ""), Mode.NOW, "api:bench")
    opened = await open_or_refuse(bench.engine, opening, tokens, datetime.now(UTC))
    token = tokens.customer_link(opened.escalation_id, 1)
    return Room(opened.escalation_id, f"/c/{token}", asyncio.Event())


@asynccontextmanager
async def _all(page, client: httpx.AsyncClient, rooms: Sequence[Room]) -> AsyncIterator[None]:  # type: ignore[no-untyped-def]
    """Keep every room's page open during the block, once each has been shown."""
    tasks = [asyncio.create_task(page(client, room)) for room in rooms]
    await asyncio.gather(*(room.shown.wait() for room in rooms))
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for room in rooms:
        room.shown.clear()


async def _stream(client: httpx.AsyncClient, room: Room) -> None:
    while True:
        async with client.stream("GET", f"{room.address}/stream") as answer:
            async for line in answer.aiter_lines():
                if line == "data: </html>":
                    room.shown.set()
        # Too many together are refused; browsers try again, each after its own delay.
        await asyncio.sleep(random.uniform(0.5, ASKED_EVERY))


async def _ask(client: httpx.AsyncClient, room: Room) -> None:
    await asyncio.sleep(random.uniform(0, ASKED_EVERY))
    while True:
        if (await client.get(room.address)).is_success:
            room.shown.set()
        await asyncio.sleep(ASKED_EVERY)


async def _cost(bench: Bench, pid: int, rooms: Sequence[Room]) -> Cost:
    await asyncio.sleep(10)
    idle = (await idling({"web": pid}, IDLE))["web"]
    memory, delays = footprint(pid).memory, []
    for room in random.sample(list(rooms), CHANGES):
        room.shown.clear()
        change = "UPDATE call SET state = 'taken', accepted_at = now() WHERE escalation = :id"
        began = time.perf_counter()
        await _run(bench, change, f"escalation:{room.escalation_id}", id=room.escalation_id)
        await asyncio.wait_for(room.shown.wait(), 30)
        delays.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE)
    return Cost(memory, idle, delays)


async def _bare(bench: Bench) -> list[float]:
    """Milliseconds from the beginning of a transaction that only notifies to the arrival at a listener."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear() -> None:
        async for notification in listen(bench.url_of("muster"), ["live"]):
            await heard.put(notification.payload)

    hearing, delays = asyncio.create_task(hear()), []
    await heard.get()
    for nth in range(CHANGES):
        began = time.perf_counter()
        await _run(bench, "SELECT 1", f"bare:{nth}")
        while await heard.get() != f"bare:{nth}":
            pass
        delays.append((time.perf_counter() - began) * 1000)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    return delays


async def _run(bench: Bench, statement: str, payload: str = "", **values: str) -> None:
    async with bench.engine.begin() as conn:
        await conn.execute(text(statement), values)
        if payload:
            await conn.execute(text("SELECT pg_notify('live', :payload)"), {"payload": payload})


def _table(empty: Cost, streamed: Cost, asked: float, bare: Sequence[float]) -> str:
    p50, p99 = percentiles(streamed.delays)
    bare_p50, bare_p99 = percentiles(bare)
    memory = f"{empty.memory:.0f} MB without pages, {streamed.memory:.0f} with {ROOMS} streams"
    return "\n".join(
        [
            "| | Muster | beside |",
            "| --- | --- | --- |",
            f"| a change stands on the page, p50 / p99 ms | {p50:.0f} / {p99:.0f} (goal: 1,000) "
            f"| bare notification: {bare_p50:.1f} / {bare_p99:.1f} |",
            f"| idle processor time, % of a core | {streamed.idle:.1f} "
            f"| without pages {empty.idle:.1f}; asking every {ASKED_EVERY:.0f} s: {asked:.1f} |",
            f"| memory of the web process | {memory} "
            f"| {(streamed.memory - empty.memory) / ROOMS * 1000:.0f} kB a page |",
            "",
            f"{CHANGES} changes of single calls among {ROOMS} open pages.",
        ]
    )
