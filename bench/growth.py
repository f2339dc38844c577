"""Whether pages and background work stay as fast when years of escalations are stored: 10,000 events and 10 million.

Both databases have the same open escalations, people and lives a day; the large one only has a longer past. They are
kept in ``artefacts/growth``, so that an interrupted run continues where it stopped.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.growth_queries import QUERIES, TOKENS, Query, Sample
from bench.growth_rows import OPEN, fill, lives_of
from bench.stack import furnish, running, until_it_answers
from cli.stack import postgres
from cli.stack.home import choose_ports
from config.settings import stored_secret, with_driver
from database.engine import open_engine
from database.migrate import upgrade
from database.stores.escalations.open import open_or_refuse
from database.stores.staff.shifts import everybody, update_shifts
from domain.escalation import Customer, Mode, Opening, Ticket

SMALL, LARGE = 10_000, 10_000_000
"""Events."""
ROUNDS = 9
FOLDER = Path(__file__).parents[1] / "artefacts/growth"
SETTINGS = {"max_connections": "50", "max_wal_size": "8GB", "maintenance_work_mem": "512MB", "shared_buffers": "512MB"}
PEOPLE = 40
FACTS = {"priority": "high", "tags": ["rigging"], "replies": 7, "reopened": False, "ticket age": 90000}


def table(small: int = SMALL, large: int = LARGE) -> str:
    FOLDER.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_table(small, large))


async def _table(small: int, large: int) -> str:
    port = choose_ports(("postgres",), 19700, {})["postgres"]
    cluster = postgres.Cluster(FOLDER / "postgres", port, stored_secret(FOLDER / "password"))
    postgres.initialise(cluster)
    with running(postgres.command(cluster, SETTINGS), FOLDER / "postgres.log", **postgres.run_as()):
        await until_it_answers(cluster)
        lines = [await _prepared(cluster, size) for size in (small, large)]
        timed = await _timed(cluster, (small, large))
        rows = [_row(query, *timed[query.name]) for query in QUERIES]
    lines.append(
        "- Milliseconds: median (longest) of nine runs, each about another escalation, which has been read before"
    )
    lines.append("- The two databases take turns, so that both meet the same noise")
    head = ["| what | 10,000 events: ms | 10 million events: ms | ratio |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, "", *head, *rows])


def _row(query: Query, small: list[float], large: list[float]) -> str:
    medians = [statistics.median(times) for times in (small, large)]
    shown = [f"{median:.1f} ({max(times):.1f})" for median, times in zip(medians, (small, large), strict=True)]
    return f"| {query.name} | {shown[0]} | {shown[1]} | {medians[1] / medians[0]:.1f} |"


async def _prepared(cluster: postgres.Cluster, size: int) -> str:
    """Migrate and fill the database of this size; returns a line about its contents."""
    name = f"events_{size}"
    postgres.ensure_database(cluster, name)
    upgrade(with_driver(cluster.url(name)))
    engine = open_engine(with_driver(cluster.url(name)), connections=2)
    pattern = await _pattern(engine)
    with psycopg.connect(cluster.url(name)) as conn:
        fill(conn, size, pattern)
    with psycopg.connect(cluster.url(name), autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")
        counted = conn.execute(
            "SELECT (SELECT count(*) FROM escalation_event), (SELECT count(*) FROM message),"
            " pg_size_pretty(pg_database_size(current_database()))"
        ).fetchone()
    await engine.dispose()
    assert counted is not None
    events, messages, disk = counted
    return f"- {lives_of(size):,} escalations, {OPEN} of them open: {events:,} events, {messages:,} messages; {disk}"


async def _pattern(engine: AsyncEngine) -> str:
    """Seed the database unless it is; returns the id of a real escalation that the generated ones resemble."""
    now = datetime.now(UTC)
    async with engine.connect() as conn:
        found = await conn.execute(text("SELECT id::text FROM escalation WHERE ticket_id = 'pattern'"))
        existing: str | None = found.scalar_one_or_none()
    if existing is None:
        await furnish(engine, PEOPLE)
    async with engine.begin() as conn:
        await update_shifts(conn, await everybody(conn), now)
    if existing is not None:
        return existing
    ticket = Ticket("zendesk", "pattern", "", "Engine stops at sea", FACTS)
    opening = Opening(ticket, Customer("Pattern", "pattern@customer.example"), Mode.BOOKING, "cli")
    return (await open_or_refuse(engine, opening, TOKENS, now)).escalation_id


async def _timed(cluster: postgres.Cluster, sizes: tuple[int, int]) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of each query in the small and the large database, in turn, so that both meet the same noise."""
    engines = [open_engine(with_driver(cluster.url(f"events_{size}")), connections=1) for size in sizes]
    samples = []
    for engine, size in zip(engines, sizes, strict=True):
        async with engine.connect() as conn:
            samples.append(await Sample.draw(conn, lives_of(size)))
    timed = {}
    for query in QUERIES:
        times: tuple[list[float], list[float]] = ([], [])
        for nth in [*range(ROUNDS), *range(ROUNDS)]:
            for engine, sample, taken in zip(engines, samples, times, strict=True):
                taken.append(await _run(query, engine, sample.nth(nth)))
        timed[query.name] = times[0][ROUNDS:], times[1][ROUNDS:]
        shown = " and ".join(f"{statistics.median(taken[ROUNDS:]):.1f} ms" for taken in times)
        print(f"{query.name}: {shown}; at first {statistics.median(times[1][:ROUNDS]):.1f} ms", flush=True)
    for engine in engines:
        await engine.dispose()
    return timed


async def _run(query: Query, engine: AsyncEngine, sample: Sample) -> float:
    """Milliseconds of the query, in a transaction that is rolled back."""
    async with engine.connect() as conn:
        began = time.perf_counter()
        await query.run(conn, sample)
        return (time.perf_counter() - began) * 1000
