"""A backtest of a draft of 100 rules on 100,000 past escalations: the pure part, and reading from PostgreSQL.

Compared with deciding each escalation separately by both texts and resolving its pools, as in a simple implementation.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.stack import running, until_it_answers
from bench.trial_sample import SINCE, UNTIL, WEEKS, compiled, directory, history, snapshots
from cli.stack import postgres
from cli.stack.home import choose_ports
from config.settings import with_driver
from database.engine import open_engine
from database.migrate import upgrade
from database.stores.backtest.columns import HistoryReader
from database.stores.backtest.read import run_backtest
from database.stores.directory.snapshots import read_snapshots, store_snapshot
from database.stores.journal.plan_json import dump_plan
from domain.backtest.backtest import Backtest
from domain.backtest.columns import HistoryColumns, columns_of
from domain.backtest.history import ChangeKind, HistoryEntry, RulesComparison
from domain.plan import Plan
from rules_dsl import Ruleset, pool
from rules_dsl.directory import Directory

ESCALATIONS, RULES, ROUNDS = 100_000, 100, 5
CUSTOMERS = 25_000
ONE_BY_ONE = 2000
"""Number of escalations decided separately; the time is scaled up to all."""
_COLUMNS = (
    "id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state, plan, ruleset, rule,"
    " directory, opened_by, opened_at, updated_at"
)


def table() -> str:
    """The table, as Markdown. Raises ``AssertionError`` if the two ways differ."""
    before, after = compiled(RULES, draft=False), compiled(RULES, draft=True)
    escalations = list(history(ESCALATIONS))
    columns = columns_of(escalations, Backtest(before, after).facts)
    pure: list[tuple[float, float]] = []
    alone: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        pure.append(_timed_pure(before, after, columns))
        alone.append(_timed_alone(before, after, escalations[:: ESCALATIONS // ONE_BY_ONE]))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        reading, complete = asyncio.run(_from_database(Path(folder), before, after, escalations))
    ours = statistics.median(seconds for _, seconds in pure)
    rows = [
        "| what | CPU s, median | wall s, median | min to max | ratio to the first |",
        "| --- | ---: | ---: | ---: | ---: |",
        _row("the pure part: decisions, pools, totals", pure, ours),
        _row(f"each separately: `decide` and `pool`, both texts ({ONE_BY_ONE:,}, scaled up)", alone, ours),
        _row("reading them from PostgreSQL into columns", reading, ours),
        _row("the complete backtest, as on the page", complete, ours),
    ]
    note = (
        f"{ESCALATIONS:,} escalations in {WEEKS} weeks, {len(snapshots())} directories of 40 people, 13 facts, "
        f"{RULES} rules in each text, every tenth changed; five in six led to a call, and every third of these was "
        f"rated; {ROUNDS} rounds in turn."
    )
    return "\n\n".join([note, "\n".join(rows)])


def _row(name: str, found: Sequence[tuple[float, float]], ours: float) -> str:
    wall = [seconds for seconds, _ in found]
    busy = statistics.median(seconds for _, seconds in found)
    spread = f"{min(wall):.2f} to {max(wall):.2f}"
    return f"| {name} | {busy:.2f} | {statistics.median(wall):.2f} | {spread} | {busy / ours:.1f} × |"


def _timed_pure(before: Ruleset, after: Ruleset, columns: HistoryColumns) -> tuple[float, float]:
    directories = snapshots()
    wall, busy = time.perf_counter(), time.process_time()
    assert _trial(before, after, columns, directories).escalations == ESCALATIONS
    return time.perf_counter() - wall, time.process_time() - busy


def _trial(
    before: Ruleset, after: Ruleset, columns: HistoryColumns, directories: dict[str, Directory]
) -> RulesComparison:
    trying = Backtest(before, after)
    trying.add_directories(directories)
    trying.add(columns)
    return trying.result()


def _timed_alone(before: Ruleset, after: Ruleset, some: Sequence[HistoryEntry]) -> tuple[float, float]:
    directories, share, elsewhere = snapshots(), ESCALATIONS / len(some), 0
    wall, busy = time.perf_counter(), time.process_time()
    for entry in some:
        pools = []
        for rules in (before, after):
            decision = rules.decide(entry.facts, entry.opened_at, explain=False)
            people = directories[entry.directory]
            steps = [pool(decision, people, 0, step=step).members for step in range(len(decision.steps) + 1)]
            pools.append(next((members for members in steps if members), ()))
        elsewhere += pools[0] != pools[1]
    took = (time.perf_counter() - wall) * share, (time.process_time() - busy) * share
    same = _trial(before, after, columns_of(some, Backtest(before, after).facts), directories)
    assert same.changes[ChangeKind.ELSEWHERE] == elsewhere, "the two ways differ"
    return took


async def _from_database(
    folder: Path, before: Ruleset, after: Ruleset, escalations: Sequence[HistoryEntry]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    cluster = postgres.Cluster(
        folder / "postgres", choose_ports(("postgres",), 19400, {})["postgres"], secrets.token_urlsafe(16)
    )
    postgres.initialise(cluster)
    reading: list[tuple[float, float]] = []
    complete: list[tuple[float, float]] = []
    with running(postgres.command(cluster), folder / "postgres.log", **postgres.run_as()):
        await until_it_answers(cluster)
        postgres.ensure_database(cluster, "muster")
        url = cluster.url("muster")
        upgrade(with_driver(url))
        engine = open_engine(with_driver(url), connections=1)
        async with engine.begin() as conn:
            hashes = {name: await store_snapshot(conn, people, SINCE) for name, people in snapshots().items()}
        await asyncio.to_thread(write_history, url, before, escalations, hashes)
        expected = _trial(before, after, columns_of(escalations, Backtest(before, after).facts), snapshots())
        async with engine.connect() as conn:
            await conn.execute(sql("SELECT 1"))
            for _ in range(ROUNDS):
                reading.append(await _timed_reading(conn, before, after))
                took, result = await _timed_complete(conn, before, after)
                complete.append(took)
                assert result.changes == expected.changes, "the rows read differ from those written"
                assert (result.before, result.after) == (expected.before, expected.after), "totals differ"
        await engine.dispose()
    return reading, complete


async def _timed_reading(conn: AsyncConnection, before: Ruleset, after: Ruleset) -> tuple[float, float]:
    asked = sorted(Backtest(before, after).facts)
    wall, busy, count, known = time.perf_counter(), time.process_time(), 0, dict[str, Directory]()
    reader = HistoryReader(asked)
    async for portion in reader.portions(conn, SINCE, UNTIL, before.version):
        known |= await read_snapshots(conn, portion.hashes - known.keys())
        count += len(reader.columns(portion, await reader.facts(conn, portion, known)))
    assert count == ESCALATIONS
    return time.perf_counter() - wall, time.process_time() - busy


async def _timed_complete(
    conn: AsyncConnection, before: Ruleset, after: Ruleset
) -> tuple[tuple[float, float], RulesComparison]:
    wall, busy = time.perf_counter(), time.process_time()
    backtest = await run_backtest(conn, before, after, directory(), WEEKS, UNTIL)
    return (time.perf_counter() - wall, time.process_time() - busy), backtest.comparison


def write_history(url: str, rules: Ruleset, escalations: Sequence[HistoryEntry], hashes: dict[str, str]) -> None:
    """Write the rows of past escalations: plans, bookings, calls, offers, ratings. ``url`` is ``postgresql://``."""
    plan = json.dumps(dump_plan(Plan(rules.decide({}, UNTIL, explain=False), rules.version, UNTIL)))
    with psycopg.connect(url) as conn:
        conn.execute(
            "INSERT INTO desk (id, name, time_zone, currency) VALUES (1, 'Bench', 'Europe/Berlin', 'EUR')"
            " ON CONFLICT DO NOTHING"
        )
        conn.execute(
            "INSERT INTO customer (id, email, name) SELECT n, n || '@b.example', 'A' FROM generate_series(1, %s) n",
            (CUSTOMERS,),
        )
        conn.execute("INSERT INTO pool (id, desk, key, definition, description) VALUES (1, 1, 'k', '{}', 'k')")
        conn.execute("SET session_replication_role = replica")  # no constraints: these seats have no witnesses
        with conn.cursor().copy(f"COPY escalation ({_COLUMNS}) FROM STDIN") as copy:
            for number, entry in enumerate(escalations):
                mode = "now" if entry.now else "booking"
                at, customer = entry.opened_at, number % CUSTOMERS + 1
                copy.write_row(
                    (entry.id, 1, "bench", str(number), "", f"Ticket {number}", json.dumps(entry.facts), customer,
                     mode, "closed", plan, rules.version, "r1", hashes[entry.directory], "bench", at, at)
                )  # fmt: skip
        booked = [entry for entry in escalations if not entry.now and entry.call_at is not None]
        with conn.cursor().copy("COPY customer_link (id, escalation, nth, token_hash, state, issued_at, expires_at)"
                                " FROM STDIN") as copy:  # fmt: skip
            for number, entry in enumerate(booked):
                token = number.to_bytes(32, "big")
                copy.write_row((number, entry.id, 1, token, "used", entry.opened_at, entry.opened_at))
        with conn.cursor().copy("COPY booking (escalation, link, pool, starts_at, seconds, occupies, state, booked_at)"
                                " FROM STDIN") as copy:  # fmt: skip
            for number, entry in enumerate(booked):
                row = (entry.id, number, 1, entry.call_at, 1800, "empty", "done", entry.opened_at)
                copy.write_row(row)
        _write_calls(conn, escalations)
        conn.execute("SET session_replication_role = DEFAULT")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")


def _write_calls(conn: psycopg.Connection, escalations: Sequence[HistoryEntry]) -> None:
    """Write calls with random people, and a rating for every third."""
    rng, people = random.Random(len(escalations)), [person.id for person in directory().people]
    insert_round = "INSERT INTO round (at, calls, offers, took_ms) VALUES (now(), 1, 1, 1) RETURNING id"
    (round_id,) = conn.execute(insert_round).fetchone() or (0,)
    rows = [(entry.id, rng.choice(people), entry.call_at) for entry in escalations if entry.call_at is not None]
    with conn.cursor().copy("COPY call (id, escalation, nth, state, muster_at, person, accepted_at, agent_joined_at,"
                            " ended_at, wrapped_up_at) FROM STDIN") as copy:  # fmt: skip
        for id_, person, at in rows:
            ended = at + timedelta(minutes=rng.randint(5, 40))
            copy.write_row((id_, id_, 1, "done", at, person, at, at, ended, ended + timedelta(minutes=3)))
    with conn.cursor().copy(
        "COPY offer (call, nth, person, round, state, why, made_at, expires_at) FROM STDIN"
    ) as copy:
        for id_, person, at in rows:
            copy.write_row((id_, 1, person, round_id, "done", "{}", at, at))
    with conn.cursor().copy("COPY rating (call, escalation, score, at) FROM STDIN") as copy:
        for id_, _, at in rows[::3]:
            copy.write_row((id_, id_, rng.randint(1, 5), at + timedelta(hours=2)))
