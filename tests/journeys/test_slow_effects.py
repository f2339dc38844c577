"""An update of the release before that outlasts its time-out leaves a history that the next worker can replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError

from activities.messages import BookSlot, CancelBooking, MoveBooking, RateCall, RecordWrapUp, Withdraw
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation
from domain.deadlines import UPDATE
from domain.escalation import Mode
from tests.journeys.desk import Desk
from tests.workflows.replaying import replay
from workflows.escalation import EscalationWorkflow

Command = Callable[[], Awaitable[Any]]
LOCKED = UPDATE.total_seconds() + 2
"""Seconds for which rows stay locked: longer than the local activity with its retries may take."""


async def test_every_command_that_waited_for_a_locked_row_replays(desk: Desk) -> None:
    commands: dict[str, Command] = {}
    for prepare in (booking, moving, cancelling, withdrawing, wrapping_up, rating):
        commands |= await prepare(desk)
    async with locked(desk, commands):
        answers = [asyncio.create_task(asyncio.wait_for(command(), 30)) for command in commands.values()]
        await asyncio.sleep(LOCKED)
        assert not any(answer.done() for answer in answers), "a command didn't wait for the lock"
    await asyncio.gather(*answers)
    states = [(await desk.state_of(escalation_id))[0] for escalation_id in commands]
    assert states == ["booked", "booked", "closed", "closed", "rating", "closed"]
    for escalation_id in commands:
        await replay(await desk.workflow(escalation_id).fetch_history())


async def test_a_refused_command_replays(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    link = await desk.newest_link(escalation_id)
    update = desk.workflow(escalation_id).execute_update
    with pytest.raises(WorkflowUpdateFailedError):
        await update(EscalationWorkflow.book, BookSlot(link, desk.now - timedelta(days=1)))
    await update(EscalationWorkflow.book, BookSlot(link, (await desk.free_starts(escalation_id))[0]))
    await replay(await desk.workflow(escalation_id).fetch_history())


async def test_a_command_whose_attempts_all_fail_replays(desk: Desk) -> None:
    """The update fails, no activity is scheduled instead, and its sender sends it again."""
    escalation_id = (await desk.open()).escalation_id
    link = await desk.fetch_one(select(customer_link).where(customer_link.c.escalation == escalation_id))
    slot = BookSlot(link.id, (await desk.free_starts(escalation_id))[0])
    async with desk.engine.begin() as conn:
        await conn.execute(text("ALTER TABLE witness RENAME TO gone"))
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.workflow(escalation_id).execute_update(EscalationWorkflow.book, slot)
    history = await desk.workflow(escalation_id).fetch_history()
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED not in {event.event_type for event in history.events}
    await replay(history)


@asynccontextmanager
async def locked(desk: Desk, escalations: dict[str, Command]) -> AsyncIterator[None]:
    """Lock the rows of these escalations until the block ends."""
    async with desk.engine.begin() as conn:
        await conn.execute(select(escalation.c.id).where(escalation.c.id.in_(escalations)).with_for_update())
        yield


async def booked(desk: Desk, ticket: str) -> str:
    escalation_id = (await desk.open(ticket=ticket)).escalation_id
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=6))
    await desk.book(escalation_id, start)
    return escalation_id


async def on_call(desk: Desk, ticket: str, agent: str) -> tuple[str, RecordWrapUp]:
    """A running call, and its agent's wrap-up."""
    escalation_id = (await desk.open(mode=Mode.NOW, ticket=ticket)).escalation_id
    await desk.come_online(agent)
    await desk.round()
    await desk.accept()
    call_id = str((await desk.call_of(escalation_id)).id)
    for side in ("customer", "agent"):
        await desk.join(call_id, side)
    return escalation_id, RecordWrapUp(call_id, await desk.person(agent), "yes", cause="product fault")


async def booking(desk: Desk) -> dict[str, Command]:
    escalation_id = (await desk.open(ticket="book")).escalation_id
    link = await desk.fetch_one(select(customer_link).where(customer_link.c.escalation == escalation_id))
    slot = BookSlot(link.id, (await desk.free_starts(escalation_id))[0])
    return {escalation_id: lambda: desk.workflow(escalation_id).execute_update(EscalationWorkflow.book, slot)}


async def moving(desk: Desk) -> dict[str, Command]:
    escalation_id = await booked(desk, "move")
    slot = MoveBooking((await desk.free_starts(escalation_id))[-1])
    return {escalation_id: lambda: desk.workflow(escalation_id).execute_update(EscalationWorkflow.move, slot)}


async def cancelling(desk: Desk) -> dict[str, Command]:
    escalation_id = await booked(desk, "cancel")
    return {
        escalation_id: lambda: desk.workflow(escalation_id).execute_update(EscalationWorkflow.cancel, CancelBooking())
    }


async def withdrawing(desk: Desk) -> dict[str, Command]:
    escalation_id = await booked(desk, "withdraw")
    return {
        escalation_id: lambda: desk.workflow(escalation_id).execute_update(
            EscalationWorkflow.withdraw, Withdraw("person:1")
        )
    }


async def wrapping_up(desk: Desk) -> dict[str, Command]:
    escalation_id, wrap_up = await on_call(desk, "wrap up", "Freja Holm")
    return {escalation_id: lambda: desk.workflow(escalation_id).execute_update(EscalationWorkflow.wrap_up, wrap_up)}


async def rating(desk: Desk) -> dict[str, Command]:
    escalation_id, wrap_up = await on_call(desk, "rate", "Lukas Weber")
    await desk.workflow(escalation_id).execute_update(EscalationWorkflow.wrap_up, wrap_up)
    await desk.advance(escalation_id, timedelta(minutes=31))
    return {
        escalation_id: lambda: desk.workflow(escalation_id).execute_update(
            EscalationWorkflow.rate, RateCall(wrap_up.call_id, 5)
        )
    }
