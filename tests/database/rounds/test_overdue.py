"""The deadlines of workflows, as the rows tell them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal.plan_json import load_plan
from database.stores.rounds.overdue import LATE, find_overdue, is_overdue
from domain.escalation import Mode
from rules_dsl.model.decision import Decision
from tests.database.rounds.round_floor import Floor

SECOND = timedelta(seconds=1)


async def invited(floor: Floor) -> None:
    await floor.open("one", Mode.BOOKING)


async def searching(floor: Floor) -> None:
    await floor.open("one")
    await floor.round()


async def given_up(floor: Floor) -> None:
    await searching(floor)
    await sql(floor, "UPDATE call SET state = 'unserved'")


async def taken(floor: Floor) -> None:
    await searching(floor)
    await floor.accept(await opened(floor))


async def on_call(floor: Floor) -> None:
    await taken(floor)
    for side in ("agent", "customer"):
        await floor.join(await opened(floor), side)


async def wrapping_up(floor: Floor) -> None:
    await on_call(floor)
    await floor.hang_up(await opened(floor))


async def rating(floor: Floor) -> None:
    await wrapping_up(floor)
    await sql(floor, "UPDATE call SET state = 'done', wrapped_up_at = ended_at")
    await sql(floor, "UPDATE escalation SET state = 'rating'")


async def opened(floor: Floor) -> str:
    return str((await floor.one(text("SELECT id FROM escalation"))).id)


async def sql(floor: Floor, statement: str) -> None:
    async with floor.engine.begin() as conn:
        await conn.execute(text(statement))


@pytest.mark.parametrize(
    ("stage", "deadline"),
    [
        (invited, lambda plan: plan.links.booking_expires),
        (given_up, lambda plan: 0),
        (taken, lambda plan: plan.calls.wait_for_customer),
        (on_call, lambda plan: plan.booking.slot + 4 * 3600),
        (wrapping_up, lambda plan: plan.calls.wrap_up + 600),
        (rating, lambda plan: plan.feedback.ask_after + plan.links.survey_expires),
    ],
)
async def test_a_workflow_is_overdue_ten_minutes_after_its_deadline(
    database: AsyncEngine, stage: Callable[[Floor], Awaitable[None]], deadline: Callable[[Decision], float]
) -> None:
    floor = Floor(database)
    await floor.furnish()
    await floor.come_on("Freja Holm")
    await stage(floor)
    plan = load_plan((await floor.one(text("SELECT plan FROM escalation"))).plan)
    due = floor.now + timedelta(seconds=deadline(plan.decision))
    async with database.connect() as conn:
        assert await find_overdue(conn, due + LATE - SECOND) == frozenset()
        assert await find_overdue(conn, due + LATE + SECOND) == {await opened(floor)}
        assert not await is_overdue(conn, await opened(floor), due + LATE - SECOND)
        assert await is_overdue(conn, await opened(floor), due + LATE + SECOND)


async def test_a_call_that_rounds_look_after_is_never_overdue(database: AsyncEngine) -> None:
    floor = Floor(database)
    await floor.furnish()
    await searching(floor)
    async with database.connect() as conn:
        assert await find_overdue(conn, floor.now + timedelta(days=1)) == frozenset()
