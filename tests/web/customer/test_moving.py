"""Moving a call by clicks that cross each other: each reads what is booked now."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking
from database.stores.escalations.commands import EscalationCommands
from database.stores.seats.booked_calls import BookingWithCall
from domain.failure import Busy, Failure, Unreachable
from tests.web.customers import Caller, caller, read_page, visitor
from tests.web.forms import form_to
from tests.web.office import Office, office
from web.wording.times import when

__all__ = ["office"]

ZONE = "Europe/Copenhagen"


class LostAnswers(EscalationCommands):
    """Commands that take effect, and whose answers are lost on the way."""

    lost: Failure
    instead: datetime | None = None
    """Where another device moves the call a moment before."""

    async def move(
        self, escalation_id: str, starts_at: datetime, now: datetime | None = None, zone: str = ""
    ) -> BookingWithCall:
        await super().move(escalation_id, self.instead or starts_at, now, zone)
        raise self.lost


async def click_move(
    office: Office, mira: Caller, failure: Failure, instead: datetime | None = None
) -> tuple[int, str]:
    """Moves the call by its page, where the answer of the database is lost; returns the status and the words."""
    form = form_to(await read_page(office, f"{mira.address}?move=1"), "/move")
    commands = LostAnswers(office.engine, mira.tokens)
    commands.lost, commands.instead = failure, instead
    office.app.state.customer_commands = commands
    async with visitor(office.app) as client:
        answer = await client.post(form.action, data=form.fields | {"start": form.choices["start"][5]})
    return answer.status_code, answer.text


@pytest.mark.parametrize("failure", [Unreachable("Our database"), Busy()])
async def test_a_move_whose_answer_was_lost_shows_the_moved_call(office: Office, failure: Failure) -> None:
    mira = await caller(office)
    booked = await mira.book()
    status, _ = await click_move(office, mira, failure)
    link = await mira.link()
    assert link.booking is not None
    assert link.booking.starts_at != booked.starts_at
    assert status == 303


async def test_a_call_that_another_device_has_moved_is_shown_with_its_time(office: Office) -> None:
    mira = await caller(office)
    await mira.book()
    instead = (await mira.free())[-1]
    status, words = await click_move(office, mira, Busy(), instead)
    assert status == 409
    assert f"Your call is booked already, for {when(instead, ZONE)}" in words


async def test_a_move_never_frees_a_seat_on_a_day_that_it_has_not_locked(office: Office, database: AsyncEngine) -> None:
    mira = await caller(office)
    await mira.book()
    free = await mira.free()
    days = sorted({start.date(): start for start in free}.items())
    (_, second), (_, third) = days[2], days[3]
    now = datetime.now(UTC)
    async with database.connect() as first, database.connect() as other:
        await booking.move(first, mira.escalation_id, second, now)
        slower = asyncio.create_task(booking.move(other, mira.escalation_id, third, now))
        await somebody_waits(database)
        await first.commit()
        with pytest.raises(Busy):
            await slower
        await other.rollback()
    link = await mira.link()
    assert link.booking is not None
    assert link.booking.starts_at == second


async def somebody_waits(database: AsyncEngine) -> None:
    """Returns once a statement waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with database.connect() as conn:
        autocommit = await conn.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(1000):
            if (await autocommit.execute(waiting)).scalar_one():
                return
            await asyncio.sleep(0.02)
    raise TimeoutError
