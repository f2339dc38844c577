"""Lives that the previous release began go on with this one, and the other way round."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from activities.comparing import Problem
from activities.messages import EscalationOpened
from cli.main import main
from database.stores.rounds.previous_release import relay_updates_too
from domain.ids import TASK_QUEUE, workflow_id
from tests.journeys.desk import Desk
from tests.journeys.test_delayed_start import exists, lose
from tests.journeys.test_positions import audited, heard
from tests.workflows.replaying import replay

UPDATED, RELAYED = "told_at = at", "told_at = at + interval '1 second'"
"""Events as an update of the previous release leaves them, and as the relay does."""


async def booked_while_replaced(desk: Desk) -> str:
    """A booking that a worker of the previous release committed, but never reported to its workflow."""
    escalation_id = (await desk.open()).escalation_id
    client = desk.environment.client
    started = (await desk.workflow(escalation_id).fetch_history()).events[0]
    payloads = started.workflow_execution_started_event_attributes.input.payloads
    [opened] = await client.data_converter.decode(payloads, [EscalationOpened])
    await lose(desk, escalation_id)
    await client.start_workflow("Escalation", opened, id=workflow_id(escalation_id), task_queue=TASK_QUEUE)
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    await desk.commands.book(escalation_id, await desk.newest_link(escalation_id), start, desk.now)
    await tell(desk, UPDATED)
    return escalation_id


async def tell(desk: Desk, how: str) -> None:
    async with desk.engine.begin() as conn:
        await conn.execute(text(f"UPDATE escalation_event SET {how} WHERE kind = 'booked'"))


async def relayed_too(desk: Desk) -> int:
    async with desk.engine.begin() as conn:
        return await relay_updates_too(conn, desk.now + timedelta(minutes=1))


async def test_a_booking_that_died_with_the_previous_releases_worker_reaches_its_workflow(desk: Desk) -> None:
    escalation_id = await booked_while_replaced(desk)
    assert await desk.relay() == 0
    async with desk.engine.begin() as conn:
        assert await relay_updates_too(conn, desk.now) == 0, "its update may still be under way"
    assert await relayed_too(desk) == 1
    assert await desk.relay() == 1
    async with asyncio.timeout(30):
        while await heard(desk, escalation_id) == 0:  # noqa: ASYNC110 - what is awaited happens in Temporal
            await asyncio.sleep(0.05)
    assert await relayed_too(desk) == 0, "once is enough"
    starts_at = (await desk.call_of(escalation_id)).starts_at
    await desk.advance(escalation_id, starts_at - desk.now - timedelta(minutes=58))
    assert (await desk.message_kinds(escalation_id))[-1] == "reminder"
    await replay(await desk.workflow(escalation_id).fetch_history())


async def test_a_workflow_of_the_previous_release_is_behind_only_if_a_relayed_event_is_missing(desk: Desk) -> None:
    escalation_id = await booked_while_replaced(desk)
    desk.offset += timedelta(minutes=5)
    assert await audited(desk, escalation_id) == []
    await tell(desk, RELAYED)
    assert await audited(desk, escalation_id) == [Problem.BEHIND]


async def test_open_escalations_are_handed_back_to_the_previous_release(
    desk: Desk, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = [(await desk.open(ticket=ticket)).escalation_id for ticket in ("1", "2")]
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setenv("MUSTER_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", desk.environment.client.service_client.config.target_host)
    wrong = await asyncio.to_thread(CliRunner().invoke, main, ["rebuild", "--all", "--dry-run", "--hand-back"])
    assert wrong.exit_code == 2
    done = await asyncio.to_thread(CliRunner().invoke, main, ["rebuild", "--all", "--hand-back"])
    assert done.output == "2 removed; start the previous release now\n"
    for escalation_id in opened:
        async with asyncio.timeout(60):
            while await exists(desk, escalation_id):  # noqa: ASYNC110 - happens in Temporal
                await asyncio.sleep(0.1)
    for escalation_id in opened:
        assert await audited(desk, escalation_id) == [Problem.GONE]
