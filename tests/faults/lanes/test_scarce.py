"""Scarcity: a locked row, a starved worker, a worker that remembers no workflow, a database that stands still."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from domain.escalation import Kind
from tests.faults.lanes.lively import LIVES, lively, settled
from tests.faults.stack import Breakable, breakable_stack
from tests.faults.striking.freezing import frozen
from tests.faults.striking.gate import Gate, abort_into_lock, locked_row
from tests.faults.striking.starvation import starved
from tests.faults.trial import FaultTrial, begin_trial
from tests.workflows.replaying import replay_all

pytestmark = [pytest.mark.lanes, pytest.mark.timeout(300)]

LOCKED = 6.0
"""Seconds: longer than any statement or lock of ours may take."""
STARVED = 15.0
STANDING_STILL = 12.0
FAR = 80
"""Index of a start that is minutes away."""


async def test_a_booking_whose_row_was_locked_for_six_seconds_outlives_its_worker(trial: FaultTrial) -> None:
    customer = await trial.program.customer(trial.ticket("locked"))
    async with locked_row(trial.stack.database_url, customer.escalation, LOCKED):
        booking = asyncio.create_task(customer.book(FAR))
    began = time.monotonic()
    assert (await booking).ok
    trial.recovered(time.monotonic() - began)
    await trial.stack.wait_back(trial.stack.kill("worker"))
    moved = await customer.move(FAR + 4)
    assert moved is not None
    assert moved.ok, moved.text
    cancelled = await customer.cancel()
    assert cancelled is not None
    assert cancelled.ok, cancelled.text
    await settled(trial)


async def test_an_effect_of_the_worker_whose_row_is_locked_for_six_seconds_happens_once(
    trial: FaultTrial, gate: Gate
) -> None:
    async with lively(trial) as crowd, gate.closed(Kind.SURVEY_SENT):
        await crowd.arrive(6, LIVES)
        (first, *_) = await gate.reached()
        await abort_into_lock(gate, first, LOCKED)


async def test_a_worker_with_a_twentieth_of_a_core_loses_nothing_and_keeps_nobody_waiting(trial: FaultTrial) -> None:
    async with lively(trial) as crowd:
        async with starved(trial.stack.stack.record.children["worker"].pid):
            await crowd.arrive(6, LIVES)
            await asyncio.sleep(STARVED)
            canary = await trial.program.customer(trial.ticket("canary"))
            booked = await canary.book(FAR)
            assert booked.ok
            assert len(booked.answers) == 1, "a booking doesn't need the worker"
        began = time.monotonic()
        await trial.drained()
        trial.recovered(time.monotonic() - began)


async def test_everything_works_with_a_worker_that_caches_no_workflow(tmp_path: Path) -> None:
    options = {"MUSTER_WORKFLOW_CACHE": "0"}
    async with breakable_stack(tmp_path / "home", variables=options) as stack:
        async with begin_trial(stack, "a worker without a cache") as trial, lively(trial) as crowd:
            await crowd.arrive(6, LIVES)
        assert await replay_all(await stack.temporal(), trial.began) > 0


async def test_a_database_that_stands_still_on_open_connections_is_answered_503(trial: FaultTrial) -> None:
    customer = await trial.program.customer(trial.ticket("still"))
    form = await customer.form("/book")
    assert form is not None
    fields = form.fields | {"start": form.choices["start"][FAR]}
    async with lively(trial) as crowd:
        await crowd.arrive(4, LIVES)
        await asyncio.sleep(3)
        with frozen(trial.stack, "postgres"):
            asked = [
                asyncio.create_task(_status(trial.stack, "GET", customer.link)),
                asyncio.create_task(_status(trial.stack, "GET", "/readyz")),
                asyncio.create_task(_status(trial.stack, "POST", form.action, fields)),
            ]
            await asyncio.sleep(STANDING_STILL)
            assert [task.result() for task in asked if task.done()] == [503, 503, 503]
        began = time.monotonic()
        assert (await customer.book(FAR)).ok
        trial.recovered(time.monotonic() - began)


async def _status(stack: Breakable, method: str, path: str, form: dict[str, str] | None = None) -> int:
    """The answer's status, from a browser with a connection of its own; it waits longer than anybody would."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=60) as client:
        return (await client.request(method, path, data=form)).status_code
