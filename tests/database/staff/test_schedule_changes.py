"""Random schedule changes over sold seats: a dry run predicts the result, and sold seats can be served."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.staff.schedule_changes import change_schedule
from database.tables.booking import booking, witness
from database.tables.directory import shift
from domain.schedules.change import AddTimeOff, AddWeekly, Change, ClearDay, KeepFree, SetDay
from domain.schedules.schedule import Repeating, TimeOffKind
from tests.database.seats.sold import DAY, NINE, another, furnish, plan_of, sold, tried

QUARTER = timedelta(minutes=15)


def some_change(chance: random.Random) -> Change:
    day, start = DAY + timedelta(days=chance.randrange(-1, 2)), chance.randrange(0, 88) * 15
    end = start + chance.randrange(1, 8) * 15
    when = Repeating(tuple(chance.sample(range(7), 3)), start, end, "Asia/Kolkata", None, None)
    moment = NINE + chance.randrange(-20, 40) * QUARTER
    changes: list[Change] = [
        AddWeekly(when),
        KeepFree("training", when),
        SetDay(day, ((start, end),), "Europe/Berlin", chance.random() < 0.5),
        SetDay(day, (), "UTC"),
        ClearDay(day),
        AddTimeOff(TimeOffKind.OTHER, (moment, moment + chance.randrange(1, 8) * QUARTER)),
    ]
    return chance.choice(changes)


async def rows_of(conn: AsyncConnection) -> tuple[object, ...]:
    tables = (select(booking.c.id, booking.c.state), select(witness.c.booking, witness.c.person), select(shift))
    return tuple([sorted(map(str, (await conn.execute(query)).all())) for query in tables])


@pytest.mark.parametrize("seed", range(4))
async def test_a_dry_run_predicts_the_result_and_every_sold_call_can_be_served(
    database: AsyncEngine, seed: int
) -> None:
    chance = random.Random(seed)
    await furnish(database)
    plan = await plan_of(database)
    await sold(database, plan, who=1)
    for nth in range(2, 7):
        await another(database, plan, nth, who=1 + nth % 2, start=NINE + timedelta(hours=nth))
    for _ in range(12):
        who, change = chance.choice((1, 2)), some_change(chance)
        async with database.begin() as conn:
            before = await rows_of(conn)
            expected = await tried(conn, who, change)
            assert await rows_of(conn) == before
            done = await change_schedule(conn, who, change, "test", NINE)
            assert {one.booking for one in done.at_risk} == {one.booking for one in expected.at_risk}
        async with database.connect() as conn:
            # The constraints hold: each sold call has its own witness, on shift throughout.
            states = (await conn.execute(select(booking.c.state))).scalars().all()
            served = (await conn.execute(select(witness.c.booking))).scalars().all()
        assert len(states) == 6
        assert set(states) <= {"sold", "at_risk"}, "no change cancels a booking"
        assert len(served) == states.count("sold")
