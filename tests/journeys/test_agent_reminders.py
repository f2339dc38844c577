"""The agent who accepted a booked call is reminded; until somebody has accepted, nobody is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from temporalio.api.enums.v1 import EventType

from database.stores.rules.versions import publish
from database.tables.escalation import message
from tests.journeys.conftest import round_the_clock
from tests.journeys.desk import EXAMPLES, Desk

RULES = round_the_clock((EXAMPLES / "small_team.rules").read_text())
SOON = timedelta(seconds=20)
"""Tolerance: advancing overshoots by up to a second, and machines may be slow."""


async def booked(desk: Desk) -> tuple[str, datetime]:
    escalation_id = (await desk.open()).escalation_id
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    await desk.book(escalation_id, start)
    return escalation_id, start


async def until(desk: Desk, escalation_id: str, moment: datetime) -> None:
    await desk.advance(escalation_id, moment - desk.now)


async def taken_by_freja(desk: Desk) -> None:
    await desk.come_online("Freja Holm")
    await desk.round()
    assert await desk.accept() == "Freja Holm"


async def reminded(desk: Desk, escalation_id: str) -> list[Any]:
    """Reminders queued for agents."""
    query = select(message).where(message.c.escalation == escalation_id, message.c.kind == "agent_reminder")
    async with desk.engine.connect() as conn:
        return list((await conn.execute(query.order_by(message.c.created_at))).all())


async def tries(desk: Desk, escalation_id: str) -> int:
    """How often the workflow scheduled a reminder of an agent."""
    history = await desk.workflow(escalation_id).fetch_history()
    scheduled = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    return scheduled.count("remind_agent")


async def test_the_agent_is_reminded_two_minutes_before(desk: Desk) -> None:
    escalation_id, start = await booked(desk)
    due = start - timedelta(minutes=2)
    await until(desk, escalation_id, start - timedelta(minutes=5) + SOON)
    await taken_by_freja(desk)
    await until(desk, escalation_id, due - SOON)
    assert await reminded(desk, escalation_id) == []
    await until(desk, escalation_id, due + SOON)
    [reminder] = await reminded(desk, escalation_id)
    assert timedelta(0) <= reminder.created_at - due < SOON
    assert reminder.recipient == "freja.holm@harborboats.example"
    assert "agent_reminded" in await desk.timeline(escalation_id)


async def test_nobody_is_reminded_of_a_call_that_nobody_has(desk: Desk) -> None:
    escalation_id, start = await booked(desk)
    await until(desk, escalation_id, start - timedelta(minutes=2) + SOON)
    assert await tries(desk, escalation_id) == 1
    await taken_by_freja(desk)
    await until(desk, escalation_id, start - timedelta(minutes=1))
    assert await reminded(desk, escalation_id) == []


async def test_reminders_due_before_the_search_are_skipped(desk: Desk) -> None:
    short = RULES.replace(
        'otherwise\n  send to team "Support"', 'otherwise\n  send to team "Support"\n  prepare 2 minutes before'
    )
    several = short.replace("remind the agent 2 minutes", "remind the agent 3 minutes, 2 minutes and 1 minute")
    assert several != short != RULES
    async with desk.engine.begin() as conn:
        await publish(conn, several, "test", "less to prepare", 1, desk.now)
    escalation_id, start = await booked(desk)
    await until(desk, escalation_id, start - timedelta(minutes=2) + SOON)
    assert await tries(desk, escalation_id) == 0
    await taken_by_freja(desk)
    await until(desk, escalation_id, start - timedelta(minutes=1) + SOON)
    [reminder] = await reminded(desk, escalation_id)
    assert timedelta(0) <= reminder.created_at - (start - timedelta(minutes=1)) < SOON
    assert await tries(desk, escalation_id) == 1
