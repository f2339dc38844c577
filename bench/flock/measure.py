"""Runs the flocks: immediate acceptances, fewer agents, slower agents, killed processes; then the peers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from sqlalchemy import text
from temporalio.api.enums.v1 import EventType

from bench.flock.naive import bare, naive
from bench.flock.stack import Stack, all_due, book, running, sessions
from domain.ids import workflow_id

CALLS = 500
PROCESSES = 2
LEAD = 6.0
"""Seconds between the end of preparations and the due time."""
WAIT = 40.0
"""Seconds after the due time within which everything has finished."""


@dataclass(frozen=True)
class Flock:
    name: str
    agents: int
    think: tuple[float, float] = (0.0, 0.0)
    killed: tuple[tuple[str, float], ...] = ()
    """Children to kill, and how many seconds after the due time."""


FLOCKS = (
    Flock("500 calls, 600 agents who accept immediately", 600),
    Flock("500 calls, 400 agents who accept immediately", 400),
    Flock("500 calls, 600 agents who accept after 1 to 8 s", 600, (1.0, 8.0)),
)
KILLS = (
    Flock("both tickers killed when the calls are due", 600, (1.0, 8.0), (("ticker-1", 0.05), ("ticker-2", 0.05))),
    Flock("worker with its relay killed during the acceptances", 600, (1.0, 8.0), (("worker", 3.0),)),
    Flock("web killed during the acceptances", 600, (1.0, 8.0), (("web", 3.0),)),
)


@dataclass(frozen=True)
class Measured:
    visible: list[float]
    acknowledged: list[float]
    known: list[float]
    refused: int
    busy: dict[str, float]
    events: float
    rows: tuple[int, int, int]
    """Acceptances, distinct calls and distinct people."""
    servable: int
    """How many of the calls these people could serve together, according to an independent solver."""


async def flock(stack: Stack, scenario: Flock) -> Measured:
    escalations = await book(stack, "flock", CALLS)
    async with _agents(stack, scenario) as desks:
        before = stack.busy()
        due = datetime.now(UTC) + timedelta(seconds=LEAD)
        await all_due(stack, escalations, due)
        for name, after in scenario.killed:
            await asyncio.sleep(max(due.timestamp() + after - time.time(), 0))
            os.kill(stack.home.read_record().children[name].pid, signal.SIGKILL)
        await asyncio.sleep(max(due.timestamp() + WAIT - time.time(), 0))
        times = [entry for desk in desks for entry in await _report(desk)]
    # PostgreSQL's processes for a killed client end with it, so its CPU time is incomplete.
    killed = {name for name, _ in scenario.killed} | ({"postgres"} if scenario.killed else set())
    busy = {name: after - before.get(name, 0.0) for name, after in stack.busy().items() if name not in killed}
    known, events = await _known(stack, escalations, due)
    return Measured(
        sorted(entry["visible"] - due.timestamp() for entry in times),
        sorted(entry["acknowledged"] - entry["clicked"] for entry in times if entry.get("status") == 200),
        known,
        sum(1 for entry in times if entry.get("status") != 200),
        busy,
        events,
        await _rows(stack),
        await _servable(stack, scenario.agents),
    )


@contextlib.asynccontextmanager
async def _agents(stack: Stack, scenario: Flock) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    cookies = await sessions(stack, scenario.agents)
    desks = []
    for part in range(PROCESSES):
        desk = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.flock.agents", stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**24
        )
        request = {
            "host": "127.0.0.1",
            "port": stack.port,
            "think": scenario.think,
            "cookies": cookies[part::PROCESSES],
        }
        _send(desk, json.dumps(request))
        desks.append(desk)
    for desk in desks:
        assert (await _read_line(desk)) == "ready"
    try:
        yield desks
    finally:
        for desk in desks:
            desk.kill()
            await desk.wait()


def _send(desk: asyncio.subprocess.Process, line: str) -> None:
    assert desk.stdin is not None
    desk.stdin.write(f"{line}\n".encode())


async def _read_line(desk: asyncio.subprocess.Process) -> str:
    assert desk.stdout is not None
    return (await desk.stdout.readline()).decode().strip()


async def _report(desk: asyncio.subprocess.Process) -> list[dict[str, Any]]:
    _send(desk, "")
    times: list[dict[str, Any]] = json.loads(await _read_line(desk))["times"]
    return times


async def _known(stack: Stack, escalations: Sequence[str], due: datetime) -> tuple[list[float], float]:
    """When each workflow had processed its last signal, in seconds after ``due``; the mean number of events since."""
    gate = asyncio.Semaphore(8)

    async def processed(escalation: str) -> tuple[float | None, int]:
        async with gate:
            history = await stack.client.get_workflow_handle(workflow_id(escalation)).fetch_history()
        since = [event for event in history.events if event.event_time.ToDatetime(UTC) >= due]
        signals = [event.event_id for event in since if event.event_type == _SIGNALED]
        taken = (e for e in since if e.event_type == _TASK_DONE and signals and e.event_id > signals[-1])
        done = next(taken, None)
        return (done.event_time.ToDatetime(UTC) - due).total_seconds() if done else None, len(since)

    results = await asyncio.gather(*(processed(escalation) for escalation in escalations))
    return sorted(known for known, _ in results if known is not None), statistics.fmean(count for _, count in results)


_SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
_TASK_DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


async def _rows(stack: Stack) -> tuple[int, int, int]:
    query = text("SELECT count(*), count(DISTINCT call), count(DISTINCT person) FROM offer WHERE state = 'accepted'")
    async with stack.engine.connect() as conn:
        row = (await conn.execute(query)).one()
    return row[0], row[1], row[2]


async def _servable(stack: Stack, agents: int) -> int:
    """Size of a maximum matching of calls and advisors (Hopcroft-Karp, in SciPy), from tickets and skills only."""
    async with stack.engine.connect() as conn:
        calls = (await conn.execute(_NEEDING)).scalars().all()
        skilled = (await conn.execute(_SKILLED, {"agents": agents})).scalars().all()
    able = csr_array([[bool(has) or not needs for has in skilled] for needs in calls])
    return int((maximum_bipartite_matching(able) >= 0).sum())


_NEEDING = text("SELECT coalesce(facts ->> 'product area' = 'engine', false) FROM escalation")
_SKILLED = text("""
SELECT EXISTS (SELECT 1 FROM person_skill h JOIN skill s ON s.id = h.skill WHERE h.person = p.id AND s.name = 'diesel')
FROM (SELECT id FROM person WHERE name LIKE 'Advisor %' ORDER BY id LIMIT :agents) p
""")


async def measure(flocks: Sequence[Flock] = (*FLOCKS, *KILLS), *, peers: bool = True) -> str:
    """The tables, as Markdown."""
    rows = [
        "| flock | offers visible p50 / last, s | acceptance acknowledged p50 / p99, s | workflow knows p50 / last, s "
        "| accepted: rows / calls / people | servable | refused "
        "| CPU s (web, tickers, worker, Temporal, PostgreSQL) | events since due |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for scenario in flocks:
        with tempfile.TemporaryDirectory() as name:
            async with running(Path(name), 600) as stack:
                rows.append(_row(scenario, await flock(stack, scenario)))
                print(rows[-1], flush=True)
                if peers and scenario is flocks[0]:
                    peer_rows = await _peers(stack)
    return "\n".join(rows + (["", *peer_rows] if peers else []))


def _row(scenario: Flock, measured: Measured) -> str:
    spent = [_spent(measured.busy, names) for names in (["web"], ["ticker-1", "ticker-2"], ["worker"], *_SERVERS)]
    return (
        f"| {scenario.name} | {_two(measured.visible, 1.0)} | {_two(measured.acknowledged, 0.99)} "
        f"| {_two(measured.known, 1.0)} | {' / '.join(map(str, measured.rows))} | {measured.servable} "
        f"| {measured.refused} | {', '.join(spent)} | {measured.events:.1f} |"
    )


_SERVERS = (["temporal"], ["postgres"])


def _spent(busy: Mapping[str, float], names: Sequence[str]) -> str:
    """CPU seconds of these children together; a dash if one of them was killed, as its time is lost."""
    return f"{sum(busy[name] for name in names):.1f}" if set(names) <= busy.keys() else "–"


def _two(values: Sequence[float], share: float) -> str:
    if not values:
        return "none"
    ordered = sorted(values)
    return f"{statistics.median(ordered):.2f} / {ordered[min(int(len(ordered) * share), len(ordered) - 1)]:.2f}"


async def _peers(stack: Stack) -> list[str]:
    url = stack.home.read_record().database_url
    ran = await bare(stack.client, url, CALLS)
    measured = await naive(stack.client, url, CALLS, 600)
    return [
        "Peers in the same run, on the same servers, with their own worker:",
        "",
        "| peer | visible or run p50 / last, s | acknowledged p50 / p99, s | events |",
        "| --- | --- | --- | --- |",
        f"| each workflow picks its own agent | {_two(measured.visible, 1.0)} | {_two(measured.acknowledged, 0.99)} "
        f"| {measured.events:.0f} |",
        f"| bare Temporal: a timer, one activity | {_two(ran, 1.0)} | | 11 |",
    ]


def table() -> str:
    return asyncio.run(measure())


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    print(asyncio.run(measure([(*FLOCKS, *KILLS)[at] for at in numbers] or (*FLOCKS, *KILLS), peers=not numbers)))
