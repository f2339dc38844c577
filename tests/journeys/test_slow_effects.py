"""A command that outlasts its caller's time-out leaves a history that the next worker can replay."""

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
HELD = UPDATE.total_seconds() + 2
"""Seconds for which the rows stay locked: longer than the local activity and its retries may take together."""


async def test_every_command_that_met_a_locked_row_replays(desk: Desk) -> None:
    lives: dict[str, Command] = {}
    for prepare in (booking, moving, cancelling, withdrawing, wrapping_up, rating):
        lives |= await prepare(desk)
    async with locked(desk, lives):
        answers = [asyncio.create_task(asyncio.wait_for(command(), 30)) for command in lives.values()]
        await asyncio.sleep(HELD)
        assert not any(answer.done() for answer in answers), "the lock was never met"
    await asyncio.gather(*answers)
    states = [(await desk.standing(one))[0] for one in lives]
    assert states == ["booked", "booked", "closed", "closed", "rating", "closed"]
    for one in lives:
        await replay(await desk.workflow(one).fetch_history())


async def test_a_refused_command_replays(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.book(one, desk.now - timedelta(days=1))
    await desk.book(one, (await desk.free(one))[0])
    await replay(await desk.workflow(one).fetch_history())


async def test_a_command_whose_every_try_fails_at_once_replays(desk: Desk) -> None:
    """As before: the update fails, nothing is scheduled in its place, and whoever sent it sends it again."""
    one = (await desk.open()).escalation_id
    link = await desk.one(select(customer_link).where(customer_link.c.escalation == one))
    slot = BookSlot(link.id, (await desk.free(one))[0])
    async with desk.engine.begin() as conn:
        await conn.execute(text("ALTER TABLE witness RENAME TO gone"))
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.workflow(one).execute_update(EscalationWorkflow.book, slot)
    history = await desk.workflow(one).fetch_history()
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED not in {event.event_type for event in history.events}
    await replay(history)


@asynccontextmanager
async def locked(desk: Desk, escalations: dict[str, Command]) -> AsyncIterator[None]:
    """The rows of these escalations, locked by somebody else until the block ends."""
    async with desk.engine.begin() as conn:
        await conn.execute(select(escalation.c.id).where(escalation.c.id.in_(escalations)).with_for_update())
        yield


async def booked(desk: Desk, ticket: str) -> str:
    one = (await desk.open(ticket=ticket)).escalation_id
    start = next(start for start in await desk.free(one) if start - desk.now > timedelta(hours=6))
    await desk.book(one, start)
    return one


async def on_call(desk: Desk, ticket: str, agent: str) -> tuple[str, RecordWrapUp]:
    """A call under way, and how its agent would wrap it up."""
    one = (await desk.open(mode=Mode.NOW, ticket=ticket)).escalation_id
    await desk.come_on(agent)
    await desk.round()
    await desk.accept()
    call_id = str((await desk.call_of(one)).id)
    for side in ("customer", "agent"):
        await desk.join(call_id, side)
    return one, RecordWrapUp(call_id, await desk.person(agent), "yes", cause="product fault")


async def booking(desk: Desk) -> dict[str, Command]:
    one = (await desk.open(ticket="book")).escalation_id
    link = await desk.one(select(customer_link).where(customer_link.c.escalation == one))
    slot = BookSlot(link.id, (await desk.free(one))[0])
    return {one: lambda: desk.workflow(one).execute_update(EscalationWorkflow.book, slot)}


async def moving(desk: Desk) -> dict[str, Command]:
    one = await booked(desk, "move")
    slot = MoveBooking((await desk.free(one))[-1])
    return {one: lambda: desk.workflow(one).execute_update(EscalationWorkflow.move, slot)}


async def cancelling(desk: Desk) -> dict[str, Command]:
    one = await booked(desk, "cancel")
    return {one: lambda: desk.workflow(one).execute_update(EscalationWorkflow.cancel, CancelBooking())}


async def withdrawing(desk: Desk) -> dict[str, Command]:
    one = await booked(desk, "withdraw")
    return {one: lambda: desk.workflow(one).execute_update(EscalationWorkflow.withdraw, Withdraw("person:1"))}


async def wrapping_up(desk: Desk) -> dict[str, Command]:
    one, said = await on_call(desk, "wrap up", "Freja Holm")
    return {one: lambda: desk.workflow(one).execute_update(EscalationWorkflow.wrap_up, said)}


async def rating(desk: Desk) -> dict[str, Command]:
    one, said = await on_call(desk, "rate", "Lukas Weber")
    await desk.workflow(one).execute_update(EscalationWorkflow.wrap_up, said)
    await desk.push(one, timedelta(minutes=31))
    return {one: lambda: desk.workflow(one).execute_update(EscalationWorkflow.rate, RateCall(said.call_id, 5))}
