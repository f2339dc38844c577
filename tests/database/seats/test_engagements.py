"""Seats follow what people are really doing: running calls, and the occupancy limit."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.queries.board import read_board
from database.stores.seats.availability import free_starts
from database.stores.seats.closed_slots import day_of_slots
from database.stores.seats.engagements import OccupancyMemory, follow_engagements
from database.stores.seats.occupancy import set_occupancy_limit
from database.tables.booking import booking, engaged, witness
from domain.escalation import Mode
from domain.rounds.late_calls import busy_until
from domain.seats.reasons import Why
from tests.database.rounds.round_floor import Floor

ANNA, MIGUEL = "Anna Schmidt", "Miguel Torres"


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    """Anna and Miguel are there all day, and nobody else."""
    made = Floor(database)
    await made.furnish()
    async with database.begin() as conn:
        await conn.execute(text("DELETE FROM shift"))
    for name in (ANNA, MIGUEL):
        await made.shift_of(name, made.now - timedelta(hours=8), made.now + timedelta(hours=16))
    return made


async def follow(floor: Floor) -> int:
    return await follow_engagements(floor.engine, OccupancyMemory(), floor.now)


async def witness_of(floor: Floor, escalation_id: str) -> int:
    query = select(witness.c.person).join(booking, booking.c.id == witness.c.booking)
    return int((await floor.one(query.where(booking.c.escalation == escalation_id))).person)


async def booked_on_anna(floor: Floor, start: datetime) -> str:
    made = await floor.book("booked", start)
    async with floor.engine.begin() as conn:
        await conn.execute(text("UPDATE witness SET person = :who"), {"who": await floor.person(ANNA)})
    return made


async def takes_a_call_now(floor: Floor, name: str) -> str:
    await floor.come_on(name)
    now = await floor.open("now", Mode.NOW)
    await floor.round()
    await floor.accept(now)
    return now


async def test_a_seat_sold_on_somebody_who_takes_a_call_now_is_reassigned(floor: Floor) -> None:
    made = await booked_on_anna(floor, floor.now + timedelta(minutes=25))
    assert await follow(floor) == 0
    await takes_a_call_now(floor, ANNA)
    assert await follow(floor) == 1
    assert await witness_of(floor, made) == await floor.person(MIGUEL)
    assert await follow(floor) == 0, "once"


async def test_a_seat_after_the_expected_end_stays_until_the_call_runs_over(floor: Floor) -> None:
    # Twenty minutes and a wrap-up of five: she is free at 9:25, five minutes before this one's preparation.
    made = await booked_on_anna(floor, floor.now + timedelta(minutes=35))
    await takes_a_call_now(floor, ANNA)
    assert (await follow(floor), await witness_of(floor, made)) == (0, await floor.person(ANNA))
    floor.later(minutes=26)
    assert (await follow(floor), await witness_of(floor, made)) == (0, await floor.person(ANNA)), "9:30 is just enough"
    floor.later(minutes=4)
    assert (await follow(floor), await witness_of(floor, made)) == (1, await floor.person(MIGUEL))


async def test_if_nobody_else_can_serve_it_the_seat_stays_and_the_customer_is_told_in_time(floor: Floor) -> None:
    await floor.shift_of(MIGUEL, floor.now - timedelta(hours=8), floor.now - timedelta(hours=1))
    made = await booked_on_anna(floor, floor.now + timedelta(minutes=15))
    await takes_a_call_now(floor, ANNA)
    assert (await follow(floor), await witness_of(floor, made)) == (0, await floor.person(ANNA))
    floor.later(minutes=11)
    assert await floor.look_ahead() == 1
    assert "told_late" in await floor.timeline(made)
    assert "running_late" in await floor.letters(made)


async def test_no_seat_is_sold_on_somebody_in_a_call_until_its_expected_end(floor: Floor) -> None:
    await floor.shift_of(MIGUEL, floor.now - timedelta(hours=8), floor.now - timedelta(hours=1))
    wants = await floor.open("wants", Mode.BOOKING)
    assert await starts(floor, wants, hours=1)
    now = await takes_a_call_now(floor, ANNA)
    await follow(floor)
    free = await starts(floor, wants, hours=1)
    assert min(free) == floor.now + timedelta(minutes=30), "9:25 and five minutes of preparation"
    async with floor.engine.connect() as conn:
        slots = await day_of_slots(conn, wants, floor.now.date(), floor.now)
    closed = next(slot.closed for slot in slots.slots if slot.start == floor.now + timedelta(minutes=20))
    assert closed is not None
    assert (closed.why, closed.proven) == (Why.ENGAGED, False)
    await floor.join(now, "agent")
    floor.later(minutes=2)
    await floor.hang_up(now)
    await follow(floor)
    assert min(await starts(floor, wants, hours=1)) == floor.now + timedelta(minutes=13), "the grid's next start"


async def starts(floor: Floor, escalation_id: str, *, hours: float) -> list[datetime]:
    async with floor.engine.connect() as conn:
        found = await free_starts(conn, escalation_id, floor.now)
    return [start for start in found if start < floor.now + timedelta(hours=hours)]


async def test_above_the_occupancy_limit_a_teams_seats_shrink_for_some_hours(floor: Floor) -> None:
    await floor.had_calls(ANNA, *((float(ago + 55), float(ago)) for ago in (180, 120, 60, 1)))
    wants = await floor.open("wants", Mode.BOOKING)
    await floor.beat(ANNA, MIGUEL)
    await follow(floor)
    async with floor.engine.connect() as conn:
        board = await read_board(conn, floor.now, 6)
    team = next(one for one in board.guards if one.skipped)
    assert team.staffing_gap > 0
    assert team.unsold_until == floor.now + timedelta(hours=4)
    shown = next(pool for pool in board.pools)
    assert [(one.there, one.free) for one in shown.slices[:9]] == [(2, 1)] * 8 + [(2, 2)]
    assert await starts(floor, wants, hours=4), "Miguel is there"
    await floor.shift_of(MIGUEL, floor.now - timedelta(hours=8), floor.now - timedelta(hours=1))
    free = await starts(floor, wants, hours=5)
    assert min(free) == floor.now + timedelta(hours=4, minutes=5)
    async with floor.engine.begin() as conn:
        await set_occupancy_limit(conn, 1, 100)
    await follow(floor)
    assert min(await starts(floor, wants, hours=5)) == floor.now + timedelta(minutes=10)
    async with floor.engine.connect() as conn:
        assert (await conn.execute(select(engaged))).all() == []


def test_a_call_that_runs_over_is_extended_in_steps() -> None:
    end = datetime.fromisoformat("2026-11-24T09:25:00+00:00")
    minutes = [-1, 0, 3, 5, 12]
    until = [busy_until(end + timedelta(minutes=late), end) for late in minutes]
    assert [(moment - end).total_seconds() / 60 for moment in until] == [0, 5, 5, 10, 15]
