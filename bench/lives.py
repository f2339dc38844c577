"""Whole lives a second: from the opening of a call now to its rating, beside bare workflows with as much to do.

A life's history is read back, and the bare workflow has as many timers, signals and activities. Both run in turn, in
batches, on the same servers, each with one worker in this process, so that noise affects them equally.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, select, text
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from bench.latency import nothing, opened
from bench.stack import Bench, benched
from database.stores.call import arrive
from database.stores.escalations.commands import EscalationCommands
from database.stores.rounds import answers
from database.stores.rounds.presence import heartbeats, set_presence
from database.stores.rounds.round import run_round
from database.tables.customer_link import survey
from database.tables.muster import call, offer
from domain.escalation import Mode
from domain.ids import workflow_id
from domain.media.room import BuiltInRoom
from domain.wrap_up import Resolution, WrapUp
from workers.registration import build_worker
from workers.relay import run_relay

BATCH, BATCHES = 48, 3
IN_FLIGHT = 16
PEOPLE = 160
QUEUE = "bare lives"
FORM = WrapUp(Resolution.YES)
HEARD: dict[str, int] = {}
"""Signals that each bare workflow has acted upon. A person acts only after what they did before was answered."""


@dataclass(frozen=True)
class Shape:
    """What one life asks of Temporal."""

    signals: int
    timers: int
    activities: int


@workflow.defn
class BareLife:
    """Waits for its signals, each with its share of the timers set meanwhile, and runs the activities."""

    def __init__(self) -> None:
        self._heard = 0

    @workflow.run
    async def run(self, shape: Shape) -> None:
        for number in range(max(shape.signals, shape.timers)):
            if number < shape.timers:
                waiting = asyncio.create_task(workflow.sleep(timedelta(hours=1)))
            if number < shape.signals:
                await workflow.wait_condition(lambda number=number: self._heard > number)  # type: ignore[misc]
                HEARD[workflow.info().workflow_id] = number + 1
            waiting.cancel()
            if number < shape.activities:
                await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=5))

    @workflow.signal
    def happened(self) -> None:
        self._heard += 1


@dataclass
class Speeds:
    """Lives a second, by batch, and events in a life's history."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    bare_events: list[int] = field(default_factory=list)


async def measure(folder: Path) -> str:
    """The table, as Markdown."""
    speeds = Speeds()
    async with benched(folder, PEOPLE) as bench, _working(bench), _bare_worker(bench.client):
        await _come_online(bench)
        pattern = await _live(bench, 0)
        shape, events = await _shape_of(bench.client, workflow_id(pattern))
        for batch in range(BATCHES):
            first = 1 + batch * BATCH
            numbers = range(first, first + BATCH)
            speeds.ours.append(await _speed([lambda n=n: _live(bench, n) for n in numbers]))  # type: ignore[misc]
            speeds.bare.append(await _speed([lambda: _live_barely(bench.client, shape) for _ in numbers]))
        bare = await _live_barely(bench.client, shape)
        bare_events = (await _shape_of(bench.client, bare))[1]
    return _table(speeds, shape, events, bare_events)


def _table(speeds: Speeds, shape: Shape, events: int, bare_events: int) -> str:
    ours, bare = (sorted(one)[len(one) // 2] for one in (speeds.ours, speeds.bare))
    return "\n".join(
        [
            f"| lives of {BATCH}, {IN_FLIGHT} at a time | a second: median (least to most) | events each | ratio |",
            "| --- | ---: | ---: | ---: |",
            f"| bare workflows: {shape.signals} signals, {shape.timers} timers, {shape.activities} activities "
            f"| {bare:.1f} ({min(speeds.bare):.1f} to {max(speeds.bare):.1f}) | {bare_events} | 1.00 |",
            f"| **calls, from opening to rating** | {ours:.1f} ({min(speeds.ours):.1f} to {max(speeds.ours):.1f}) "
            f"| {events} | {ours / bare:.2f} |",
            "",
            "Ours decide by rules, run rounds, and write every event, mail and link into PostgreSQL with `fsync` on.",
        ]
    )


@asynccontextmanager
async def _working(bench: Bench) -> AsyncIterator[None]:
    """Worker, relay and rounds."""
    stop = asyncio.Event()
    async with build_worker(bench.client, bench.dependencies), asyncio.TaskGroup() as tasks:
        tasks.create_task(run_relay(bench.engine, bench.client, stop))
        others = [tasks.create_task(_run_rounds(bench)), tasks.create_task(_stay_online(bench))]
        yield
        stop.set()
        for task in others:
            task.cancel()


async def _run_rounds(bench: Bench) -> None:
    searching = text("SELECT EXISTS (SELECT FROM call WHERE state IN ('waiting', 'searching'))")
    while True:
        async with bench.engine.begin() as conn:
            if (await conn.execute(searching)).scalar_one():
                await run_round(conn, bench.dependencies.tokens)
        await asyncio.sleep(0.25)


def _bare_worker(client: Client) -> Worker:
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "bench", "activities", "cli", "config", "database", "domain", "psutil", "rules_dsl", "sqlalchemy", "workers"
    )
    runner = SandboxedWorkflowRunner(restrictions=restrictions)
    return Worker(client, task_queue=QUEUE, workflows=[BareLife], activities=[nothing], workflow_runner=runner)


async def _people(bench: Bench) -> list[int]:
    async with bench.engine.connect() as conn:
        return list((await conn.execute(text("SELECT id FROM person WHERE name LIKE 'Advisor %'"))).scalars())


async def _come_online(bench: Bench) -> None:
    async with bench.engine.begin() as conn:
        for person in await _people(bench):
            await set_presence(conn, person, "available", "", datetime.now(UTC))


async def _stay_online(bench: Bench) -> None:
    people = await _people(bench)
    while True:
        async with bench.engine.begin() as conn:
            await heartbeats(conn, people, datetime.now(UTC))
        await asyncio.sleep(5)


async def _live(bench: Bench, number: int) -> str:
    """One life as its people live it; returns the escalation's id once its workflow has ended."""
    tokens, commands = bench.dependencies.tokens, EscalationCommands(bench.engine, bench.dependencies.tokens)
    escalation_id = await opened(bench, number, Mode.NOW)
    query = select(offer).join(call, call.c.id == offer.c.call).where(call.c.escalation == escalation_id)
    row = await _found(bench, query.where(offer.c.state == "offered"))
    async with bench.engine.begin() as conn:
        await answers.accept(conn, str(row.call), row.nth, row.person, tokens, datetime.now(UTC))
    for token in (tokens.customer_join(str(row.call)), tokens.agent_join(str(row.call), row.nth)):
        async with bench.engine.begin() as conn:
            await arrive(conn, token, BuiltInRoom(), datetime.now(UTC))
    await commands.wrap_up(escalation_id, str(row.call), row.person, FORM)
    await _found(bench, select(survey.c.call).where(survey.c.call == row.call))
    await commands.rate(escalation_id, str(row.call), 5, "")
    await bench.client.get_workflow_handle(workflow_id(escalation_id)).result()
    return escalation_id


async def _found(bench: Bench, query: Select[Any]) -> Row[Any]:
    while True:
        async with bench.engine.connect() as conn:
            if (row := (await conn.execute(query)).first()) is not None:
                found: Row[Any] = row
                return found
        await asyncio.sleep(0.1)


async def _live_barely(client: Client, shape: Shape) -> str:
    started = await client.start_workflow(BareLife.run, shape, id=f"life-{uuid.uuid4()}", task_queue=QUEUE)
    for number in range(shape.signals):
        await started.signal(BareLife.happened)
        while HEARD.get(started.id, 0) <= number:  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.005)
    await started.result()
    return started.id


async def _speed(lives: list[Callable[[], Awaitable[object]]]) -> float:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def live(one: Callable[[], Awaitable[object]]) -> None:
        async with gate:
            await one()

    began = time.perf_counter()
    await asyncio.gather(*(live(one) for one in lives))
    return len(lives) / (time.perf_counter() - began)


async def _shape_of(client: Client, workflow_id_: str) -> tuple[Shape, int]:
    events = [event async for event in client.get_workflow_handle(workflow_id_).fetch_history_events()]
    kinds = Counter(event.event_type for event in events)
    return Shape(
        kinds[EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED],
        kinds[EventType.EVENT_TYPE_TIMER_STARTED],
        kinds[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED],
    ), len(events)
