"""How long a person waits for an answer: booking and accepting, compared with a bare update that runs one activity.

All four are measured in turn in one run, one at a time and then eight at a time, so that noise affects all equally.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from bench.stack import Bench, benched, percentiles
from database.stores.escalations.commands import EscalationCommands
from database.stores.escalations.open import open_or_refuse
from database.stores.rounds import answers
from database.stores.rounds.presence import set_presence
from database.stores.rounds.round import run_round
from database.stores.seats.availability import free_starts
from database.tables.customer_link import customer_link
from database.tables.muster import offer
from domain.escalation import Customer, Mode, Opening, Ticket
from workers.registration import build_worker
from workers.relay import relay_once

ROUNDS = 120
PEOPLE = 160
FACTS = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 7200}


@activity.defn
async def nothing() -> int:
    return 1


@workflow.defn
class Bare:
    """The smallest possible workflow with updates that run an activity."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def ask(self) -> int:
        return await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=5))

    @workflow.update
    async def ask_locally(self) -> int:
        return await workflow.execute_local_activity(nothing, start_to_close_timeout=timedelta(seconds=5))


async def opened(bench: Bench, number: int, mode: Mode) -> str:
    opening = Opening(
        Ticket("bench", f"{mode}-{number}", "https://bench.example/1", "A call", FACTS),
        Customer(f"Customer {number}", f"{mode}{number}@example.com", "Europe/Copenhagen"),
        mode,
        "api:bench",
    )
    return (await open_or_refuse(bench.engine, opening, bench.dependencies.tokens, datetime.now(UTC))).escalation_id


async def _bookings(bench: Bench) -> list[Callable[[], Awaitable[object]]]:
    """Bookings, one per link, each of another free start."""
    bookings: list[Callable[[], Awaitable[object]]] = []
    commands = EscalationCommands(bench.engine, bench.dependencies.tokens)
    starts: list[datetime] = []
    for number in range(ROUNDS):
        escalation_id = await opened(bench, number, Mode.BOOKING)
        async with bench.engine.connect() as conn:
            if not starts:
                now = datetime.now(UTC)
                free = await free_starts(conn, escalation_id, now)
                starts = [start for start in free if start > now + timedelta(minutes=20)]
            query = select(customer_link.c.id).where(customer_link.c.escalation == escalation_id)
            link = (await conn.execute(query)).scalar_one()
        start = starts[number % len(starts)]
        bookings.append(lambda one=escalation_id, link=link, start=start: commands.book(one, link, start))  # type: ignore[misc]
    await _relay(bench)
    return bookings


async def _acceptances(bench: Bench) -> list[Callable[[], Awaitable[object]]]:
    """Acceptances of open offers, one per person."""
    for number in range(ROUNDS):
        await opened(bench, number, Mode.NOW)
    await _relay(bench)
    now = datetime.now(UTC)
    async with bench.engine.begin() as conn:
        people = (await conn.execute(text("SELECT id FROM person WHERE name LIKE 'Advisor %'"))).scalars().all()
        for person in people:
            await set_presence(conn, person, "available", "", now)
    async with bench.engine.begin() as conn:
        await run_round(conn, bench.dependencies.tokens)
    async with bench.engine.connect() as conn:
        offers = (await conn.execute(select(offer).where(offer.c.state == "offered"))).all()

    async def accept(call: str, nth: int, person: int) -> None:
        async with bench.engine.begin() as conn:
            # The time of the offer, so that setting up the others doesn't make it expire.
            await answers.accept(conn, call, nth, person, bench.dependencies.tokens, now)

    return [lambda row=row: accept(str(row.call), row.nth, row.person) for row in offers]  # type: ignore[misc]


async def _relay(bench: Bench) -> None:
    while await relay_once(bench.engine, bench.client):
        pass


async def _timed(request: Callable[[], Awaitable[object]], into: list[float]) -> None:
    began = time.perf_counter()
    await request()
    into.append((time.perf_counter() - began) * 1000)


def bare_worker(client: Client) -> Worker:
    runner = SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules("bench", "activities", "domain")
    )
    return Worker(client, task_queue="bare", workflows=[Bare], activities=[nothing], workflow_runner=runner)


async def bare_workflows(client: Client, count: int) -> list[WorkflowHandle[Bare, None]]:
    return [await client.start_workflow(Bare.run, id=f"bare-{uuid.uuid4()}", task_queue="bare") for _ in range(count)]


async def measure(folder: Path) -> str:
    """The table, as Markdown."""
    async with (
        benched(folder, PEOPLE) as bench,
        build_worker(bench.client, bench.dependencies),
        bare_worker(bench.client),
    ):
        bare = await bare_workflows(bench.client, ROUNDS)
        ways = {
            "bare update, one activity": [_ask(handle, "ask") for handle in bare],
            "bare update, one local activity": [_ask(handle, "ask_locally") for handle in bare],
            "book (row first)": await _bookings(bench),
            "accept (row first)": await _acceptances(bench),
        }
        return await _table(ways)


def _ask(handle: WorkflowHandle[Bare, None], update: str) -> Callable[[], Awaitable[object]]:
    return lambda: handle.execute_update(update)


async def _table(ways: dict[str, list[Callable[[], Awaitable[object]]]]) -> str:
    alone: dict[str, list[float]] = {name: [] for name in ways}
    parallel: dict[str, list[float]] = {name: [] for name in ways}
    count = min(len(requests) for requests in ways.values())
    for number in range(count // 2):
        for name, requests in ways.items():
            await _timed(requests[number], alone[name])
    for number in range(count // 2, count - 7, 8):
        for name, requests in ways.items():
            await asyncio.gather(*(_timed(requests[number + extra], parallel[name]) for extra in range(8)))
    limit = statistics.median(alone["bare update, one activity"])
    lines = [
        "| what a person waits for | alone p50 / p99 ms | ratio to the first | 8 in parallel p50 / p99 ms |",
        "| --- | --- | --- | --- |",
    ]
    for name in ways:
        p50, p99 = percentiles(alone[name])
        busy50, busy99 = percentiles(parallel[name])
        lines.append(f"| {name} | {p50:.0f} / {p99:.0f} | {p50 / limit:.2f} | {busy50:.0f} / {busy99:.0f} |")
    return "\n".join(
        [*lines, "", f"{count // 2} of each alone, {len(parallel['accept (row first)'])} of each in parallel."]
    )
