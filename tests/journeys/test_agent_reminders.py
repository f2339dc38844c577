"""Whoever has accepted a booked call is reminded of it; before somebody is asked, there is nobody to remind."""

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
"""A push lands up to a second late, and machines may be slow."""


async def booked(desk: Desk) -> tuple[str, datetime]:
    one = (await desk.open()).escalation_id
    start = next(start for start in await desk.free(one) if start - desk.now > timedelta(hours=3))
    await desk.book(one, start)
    return one, start


async def until(desk: Desk, one: str, moment: datetime) -> None:
    await desk.push(one, moment - desk.now)


async def taken_by_freja(desk: Desk) -> None:
    await desk.come_on("Freja Holm")
    await desk.round()
    assert await desk.accept() == "Freja Holm"


async def reminded(desk: Desk, one: str) -> list[Any]:
    """The reminders that were written to agents."""
    query = select(message).where(message.c.escalation == one, message.c.kind == "agent_reminder")
    async with desk.engine.connect() as conn:
        return list((await conn.execute(query.order_by(message.c.created_at))).all())


async def tries(desk: Desk, one: str) -> int:
    """How often the workflow set out to remind an agent."""
    history = await desk.workflow(one).fetch_history()
    scheduled = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    return scheduled.count("remind_agent")


async def test_whoever_has_accepted_is_reminded_two_minutes_before(desk: Desk) -> None:
    one, start = await booked(desk)
    due = start - timedelta(minutes=2)
    await until(desk, one, start - timedelta(minutes=5) + SOON)
    await taken_by_freja(desk)
    await until(desk, one, due - SOON)
    assert await reminded(desk, one) == []
    await until(desk, one, due + SOON)
    [reminder] = await reminded(desk, one)
    assert timedelta(0) <= reminder.created_at - due < SOON
    assert reminder.recipient == "freja.holm@harborboats.example"
    assert "agent_reminded" in await desk.timeline(one)


async def test_a_call_that_nobody_has_reminds_nobody(desk: Desk) -> None:
    one, start = await booked(desk)
    await until(desk, one, start - timedelta(minutes=2) + SOON)
    assert await tries(desk, one) == 1
    await taken_by_freja(desk)
    await until(desk, one, start - timedelta(minutes=1))
    assert await reminded(desk, one) == []


async def test_reminders_from_before_the_search_are_left_out(desk: Desk) -> None:
    short = RULES.replace(
        'otherwise\n  send to team "Support"', 'otherwise\n  send to team "Support"\n  prepare 2 minutes before'
    )
    several = short.replace("remind the agent 2 minutes", "remind the agent 3 minutes, 2 minutes and 1 minute")
    assert several != short != RULES
    async with desk.engine.begin() as conn:
        await publish(conn, several, "test", "less to prepare", 1, desk.now)
    one, start = await booked(desk)
    await until(desk, one, start - timedelta(minutes=2) + SOON)
    assert await tries(desk, one) == 0
    await taken_by_freja(desk)
    await until(desk, one, start - timedelta(minutes=1) + SOON)
    [reminder] = await reminded(desk, one)
    assert timedelta(0) <= reminder.created_at - (start - timedelta(minutes=1)) < SOON
    assert await tries(desk, one) == 1
