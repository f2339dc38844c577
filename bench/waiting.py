"""10,000 escalations waiting for their customers, on a complete embedded stack: the cost of starting and keeping them.

Compared, in the same run, with as many bare Temporal workflows with one timer, on their own server and worker. Both
idle in the same minute; bookings and bare updates alternate, so that noise affects both equally.
`python -m bench.waiting 200 10` uses 200 escalations and ten idle seconds instead of sixty.

The stack, and the figures of each stage as soon as it has ended, stay in a folder of ``artefacts/waiting``: a run that
was interrupted goes on there, and opens only what is missing. A rate counts what the last run opened.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text

from bench.flock.stack import Stack, open_many, running, until_relayed
from bench.footprint import Footprint, footprints, idling, spent
from bench.notes import Notes
from bench.waiting_bare import IN_FLIGHT, Bare, Waits, bare, bare_id, start_many, until_waiting
from bench.waiting_table import Costs, Started, Waiting, tables
from database.stores.seats.availability import free_starts
from database.tables.customer_link import customer_link
from domain.ids import workflow_id

COUNT = 10_000
ADVISORS = 40
IDLE = 60.0
"""Seconds of idling, without the escalations and with them."""
SETTLING = 10.0
"""Seconds between the last activity and the measurement of idling."""
BOOKED_BEFORE, BOOKED_AMONG = 50, 200
SUPERVISOR = "supervisor"
FOLDERS = Path(__file__).parents[1] / "artefacts/waiting"


@dataclass(frozen=True)
class Progress:
    started: int
    """By this run."""
    answered: float
    """Seconds until the last was answered."""


@dataclass(frozen=True)
class Pair:
    """The stack under test, and the peer."""

    ours: Stack
    peer: Bare

    def pids(self) -> dict[str, int]:
        record = self.ours.home.read_record()
        ours = {name: running.pid for name, running in record.children.items()}
        peers = {f"bare {name}": pid for name, pid in self.peer.pids.items()}
        assert record.pid is not None
        return {**ours, SUPERVISOR: record.pid, **peers}

    async def footprints(self) -> dict[str, Footprint]:
        return footprints(self.pids(), alone=SUPERVISOR)

    async def idle(self, seconds: float) -> dict[str, float]:
        await asyncio.sleep(SETTLING)
        return await idling(self.pids(), seconds, alone=SUPERVISOR)


async def measure(count: int = COUNT, idle: float = IDLE) -> str:
    """The tables, as Markdown."""
    folder = FOLDERS / str(count)
    folder.mkdir(parents=True, exist_ok=True)
    async with running(folder, ADVISORS) as ours, bare(folder / "bare") as peer:
        return tables(await _measured(Pair(ours, peer), Notes(folder / "notes.json"), count, idle))


async def _measured(pair: Pair, notes: Notes, count: int, idle: float) -> Waiting:
    alone = await notes.once("alone", dict[str, list[float]], lambda: _alone(pair))
    idle_before = await notes.once("idle before", dict[str, float], lambda: pair.idle(idle))
    before = await notes.once("before", dict[str, Footprint], pair.footprints)
    disk_before = await notes.once("disk before", dict[str, float], lambda: _on_disk(pair))
    ours = await notes.once("ours", Started, lambda: _started(pair, lambda: _open_missing(pair, count)))
    bare_started = await notes.once("bare", Started, lambda: _started(pair, lambda: _start_missing(pair, count)))
    idle_after = await notes.once("idle after", dict[str, float], lambda: pair.idle(idle))
    after = await notes.once("after", dict[str, Footprint], pair.footprints)
    disk_after = await notes.once("disk after", dict[str, float], lambda: _on_disk(pair))
    among = await notes.once("among", dict[str, list[float]], lambda: _among(pair, count))
    busy = {**ours.busy} | {name: seconds for name, seconds in bare_started.busy.items() if name.startswith("bare")}
    costs = {
        name: Costs(before[name].memory, after[name].memory, idle_before[name], idle_after[name], busy[name])
        for name in before
    }
    disk = {name: (size - disk_before[name]) for name, size in disk_after.items()}
    return Waiting(count, idle, costs, ours, bare_started, disk, alone, among)


async def _alone(pair: Pair) -> dict[str, list[float]]:
    early = await open_many(pair.ours, "early", range(BOOKED_BEFORE))
    early_bare = await start_many(pair.peer.client, "early", range(BOOKED_BEFORE))
    await asyncio.gather(_until_waiting(pair, early), until_waiting(pair.peer.client, early_bare))
    return await _timed_in_turn(pair, early, early_bare)


async def _among(pair: Pair, count: int) -> dict[str, list[float]]:
    bare_ids = [bare_id("waiting", number) for number in range(count)]
    return await _timed_in_turn(pair, _spread(await _opened(pair.ours, "waiting")), _spread(bare_ids))


async def _started(pair: Pair, start: Callable[[], Awaitable[Progress]]) -> Started:
    """CPU seconds include the letters, which the last run's end waits for."""
    before, began = await pair.footprints(), time.perf_counter()
    progress = await start()
    waiting = time.perf_counter() - began
    print(f"{progress.started:,} wait after {waiting:.0f} s", flush=True)
    mailed = time.perf_counter()
    await _mailed(pair.ours)
    mail_took = time.perf_counter() - mailed
    return Started(progress.started, progress.answered, waiting, mail_took, spent(before, await pair.footprints()))


async def _open_missing(pair: Pair, count: int) -> Progress:
    began, known = time.perf_counter(), len(await _opened(pair.ours, "waiting"))
    # Those that an interrupted run left are the lowest numbers, but for some of the last few.
    first = max(known - 2 * IN_FLIGHT, 0)
    ids = await open_many(pair.ours, "waiting", range(first, count))
    answered = time.perf_counter() - began
    await _until_waiting(pair, ids)
    return Progress(count - known, answered)


async def _start_missing(pair: Pair, count: int) -> Progress:
    client, began = pair.peer.client, time.perf_counter()
    known = (await client.count_workflows("WorkflowId STARTS_WITH 'waiting-'")).count
    ids = await start_many(client, "waiting", range(max(known - 2 * IN_FLIGHT, 0), count))
    answered = time.perf_counter() - began
    await until_waiting(client, ids)
    return Progress(count - known, answered)


async def _opened(stack: Stack, name: str) -> list[str]:
    """The escalations of this name, in the order in which they were opened."""
    query = text("SELECT id::text FROM escalation WHERE ticket_id LIKE :name ORDER BY opened_at, id")
    async with stack.engine.connect() as conn:
        return list((await conn.execute(query, {"name": f"{name}-%"})).scalars())


async def _until_waiting(pair: Pair, escalations: Sequence[str]) -> None:
    """Wait until the workflows of all have been started. A delayed start has nothing more to do before the nudge."""
    await until_relayed(pair.ours)
    for escalation in (*escalations[-100:], *escalations[::100]):
        await pair.ours.client.get_workflow_handle(workflow_id(escalation)).describe()


async def _mailed(stack: Stack) -> None:
    """Wait until every customer's letter has been sent."""
    due = text("SELECT count(*) FROM message WHERE state = 'queued'")
    while True:
        async with stack.engine.connect() as conn:
            if not (await conn.execute(due)).scalar_one():
                return
        await asyncio.sleep(0.3)


async def _on_disk(pair: Pair) -> dict[str, float]:
    """Megabytes, by server."""
    async with pair.ours.engine.connect() as conn:
        rows = (await conn.execute(text("SELECT pg_database_size(current_database())"))).scalar_one()
    files = {"temporal": pair.ours.home.temporal_file, "bare temporal": pair.peer.server.file}
    sizes = {
        name: sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*")) for name, file in files.items()
    }
    return {name: size / 1e6 for name, size in {**sizes, "postgres": rows}.items()}


def _spread(ids: Sequence[str]) -> list[str]:
    """A sample spread over all, so that most have left the worker's cache."""
    return list(ids[:: max(len(ids) // BOOKED_AMONG, 1)][:BOOKED_AMONG])


async def _timed_in_turn(pair: Pair, escalations: Sequence[str], workflows: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of each booking, and of each bare workflow's update with one activity."""
    starts = await _starts(pair.ours, escalations[0])
    took: dict[str, list[float]] = {"bare update, one activity": [], "booking": []}
    for number, (escalation, workflow) in enumerate(zip(escalations, workflows, strict=True)):
        began = time.perf_counter()
        await pair.peer.client.get_workflow_handle(workflow).execute_update(Waits.ask)
        took["bare update, one activity"].append((time.perf_counter() - began) * 1000)
        async with pair.ours.engine.connect() as conn:
            query = select(customer_link.c.id).where(customer_link.c.escalation == escalation)
            link = (await conn.execute(query)).scalar_one()
        began = time.perf_counter()
        await pair.ours.commands.book(escalation, link, starts[number % len(starts)])
        took["booking"].append((time.perf_counter() - began) * 1000)
    return took


async def _starts(stack: Stack, escalation: str) -> list[datetime]:
    """Starts late enough that nothing becomes due during the run."""
    now = datetime.now(UTC)
    async with stack.engine.connect() as conn:
        starts = await free_starts(conn, escalation, now)
    return [start for start in starts if start > now + timedelta(hours=3)]


def table() -> str:
    return asyncio.run(measure())


if __name__ == "__main__":
    print(asyncio.run(measure(*(int(word) for word in sys.argv[1:2]), *(float(word) for word in sys.argv[2:3]))))
