"""How much slower than its own SQL a command is: booking, moving, wrapping up, rating.

Every command runs on one copy of a prepared database, with its statements recorded. Plain psycopg then runs the same
statements, each command's in one transaction, on another copy. A third copy is timed with Temporal stopped. A bare
Temporal update with one activity is timed in the same run. One at a time, then eight at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.answers_prepared import Prepared, prepare
from bench.latency import Bare, bare_worker, bare_workflows
from bench.stack import Bench, benched, percentiles
from database.engine import open_engine
from database.stores.escalations.commands import EscalationCommands

PEOPLE = 160
EIGHT = 8
BARE_UPDATE = "a bare Temporal update, one activity"
KINDS = ("book", "move", "wrap up", "rate")

Ask = Callable[[], Awaitable[object]]
Statements = list[tuple[str, Any]]


@dataclass
class Times:
    """Milliseconds."""

    alone: list[float] = field(default_factory=list)
    parallel: list[float] = field(default_factory=list)


async def measure(folder: Path, count: int = 80) -> str:
    """The table, as Markdown. Half of the ``count`` commands of each kind run alone, half eight at a time."""
    async with benched(folder, PEOPLE) as bench:
        prepared = await prepare(bench, count)
        await bench.engine.dispose()
        for name in ("timed", "recorded", "stopped", "bare_sql"):
            bench.copy_database(name)
        async with bare_worker(bench.client):
            workflows = await bare_workflows(bench.client, count)
            asks: list[Ask] = [lambda one=one: one.execute_update(Bare.ask) for one in workflows]  # type: ignore[misc]
            statements = await _recorded(bench, prepared)
            replays = Replays(bench.url_of("bare_sql"), statements)
            commands = await _timed_in_turn(bench, "timed", prepared, {BARE_UPDATE: asks} | replays.asks)
        bench.stop_temporal()
        stopped = await _timed_in_turn(bench, "stopped", prepared, {})
    lines = [
        "| what a person waits for | alone p50 / p99, ms | 8 at a time p50 / p99, ms | ratio of p50 to its plain SQL |",
        "| --- | ---: | ---: | ---: |",
        _row(BARE_UPDATE, commands[BARE_UPDATE], None),
    ]
    for kind in KINDS:
        number = sum(map(len, statements[kind])) / len(statements[kind])
        bare = commands[in_sql(kind)]
        if replays.out_of_turn[kind]:
            bare.parallel.clear()
        lines.append(_row(f"{kind}: its {number:.0f} statements in plain SQL", bare, None))
        lines.append(_row(f"**{kind}**", commands[kind], bare))
        lines.append(_row(f"{kind}, with Temporal stopped", stopped[kind], None))
    notes = f"{count // 2} of each alone, as many eight at a time, in turn with their plain SQL."
    if any(replays.out_of_turn.values()):
        notes += " No figure: recorded statements of neighbours met the same rows in another order and conflicted."
    return "\n".join([*lines, "", notes])


def in_sql(kind: str) -> str:
    return f"{kind} in plain SQL"


def _row(name: str, times: Times, bare: Times | None) -> str:
    p50, p99 = percentiles(times.alone)
    busy = "{:.1f} / {:.1f}".format(*percentiles(times.parallel)) if times.parallel else "–"
    ratio = ""
    if bare is not None:
        ratio = f"{p50 / percentiles(bare.alone)[0]:.2f} alone"
        if bare.parallel:
            ratio += f", {percentiles(times.parallel)[0] / percentiles(bare.parallel)[0]:.2f} of 8"
    return f"| {name} | {p50:.1f} / {p99:.1f} | {busy} | {ratio} |"


async def _timed_in_turn(
    bench: Bench, database: str, prepared: Prepared, peers: Mapping[str, Sequence[Ask]]
) -> dict[str, Times]:
    """Times of all commands on this database, and of the peers, in turn so that noise affects them equally."""
    engine = open_engine(bench.url_of(database), connections=20)
    try:
        ours = _asks(EscalationCommands(engine, bench.dependencies.tokens), prepared)
        times = {name: Times() for name in (*ours, *peers)}
        for kind in KINDS:
            turn = {kind: ours[kind], **{name: asks for name, asks in peers.items() if name == in_sql(kind)}}
            if kind == KINDS[0] and BARE_UPDATE in peers:
                turn[BARE_UPDATE] = peers[BARE_UPDATE]
            half = len(ours[kind]) // 2
            for at in range(half):
                for name, asks in turn.items():
                    await _clocked(asks[at], times[name].alone)
            for at in range(half, 2 * half, EIGHT):
                for name, asks in turn.items():
                    eight = (_clocked(ask, times[name].parallel) for ask in asks[at : at + EIGHT])
                    await asyncio.gather(*eight)
        return times
    finally:
        await engine.dispose()


async def _clocked(ask: Ask, into: list[float]) -> None:
    began = time.perf_counter()
    await ask()
    into.append((time.perf_counter() - began) * 1000)


def _asks(commands: EscalationCommands, prepared: Prepared) -> dict[str, list[Ask]]:
    return {
        "book": [lambda one=one: commands.book(one.escalation, one.link, one.start) for one in prepared.bookings],  # type: ignore[misc]
        "move": [lambda one=one: commands.move(one.escalation, one.later) for one in prepared.bookings],  # type: ignore[misc]
        "wrap up": [
            lambda one=one: commands.wrap_up(one.escalation, one.call, one.person, prepared.form)  # type: ignore[misc]
            for one in prepared.calls
        ],
        "rate": [lambda one=one: commands.rate(one.escalation, one.call, 5, "") for one in prepared.held],  # type: ignore[misc]
    }


async def _recorded(bench: Bench, prepared: Prepared) -> dict[str, list[Statements]]:
    """The statements of each command, run one at a time."""
    engine = open_engine(bench.url_of("recorded"), connections=20)
    recorded: dict[str, list[Statements]] = {kind: [] for kind in KINDS}
    try:
        for kind, asks in _asks(EscalationCommands(engine, bench.dependencies.tokens), prepared).items():
            for ask in asks:
                with _listening(engine) as statements:
                    await ask()
                recorded[kind].append(statements)
    finally:
        await engine.dispose()
    return recorded


@contextmanager
def _listening(engine: AsyncEngine) -> Iterator[Statements]:
    statements: Statements = []

    def note(_: object, __: object, statement: str, parameters: Any, ___: object, many: bool) -> None:
        statements.extend((statement, one) for one in (parameters if many else [parameters]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


class Replays:
    """Each command's statements as one transaction in plain psycopg, on one of eight open connections."""

    def __init__(self, url: str, statements: Mapping[str, Sequence[Statements]]) -> None:
        self._address = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._free: asyncio.LifoQueue[psycopg.AsyncConnection[Any] | None] = asyncio.LifoQueue()
        for _ in range(EIGHT):
            self._free.put_nowait(None)
        self.out_of_turn = dict.fromkeys(statements, 0)
        """Transactions that conflicted with one recorded before them, because eight run in any order."""
        self.asks: dict[str, Sequence[Ask]] = {
            in_sql(kind): [partial(self._replay, kind, one) for one in commands]
            for kind, commands in statements.items()
        }

    async def _replay(self, kind: str, statements: Statements) -> None:
        connection = await self._free.get() or await psycopg.AsyncConnection.connect(self._address, autocommit=True)
        try:
            async with connection.transaction(), connection.cursor() as cursor:
                for statement, parameters in statements:
                    await cursor.execute(statement.encode(), parameters)
                    if cursor.description:
                        await cursor.fetchall()
        except (psycopg.IntegrityError, psycopg.OperationalError):
            self.out_of_turn[kind] += 1
        finally:
            self._free.put_nowait(connection)
