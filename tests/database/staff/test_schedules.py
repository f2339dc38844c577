"""Schedules in the database: the shifts they result in, dry runs, and concurrent changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.seats.assignments import lock_days
from database.stores.staff.schedule_changes import (
    change_desk_holidays,
    change_schedule,
    person_by_mail,
    time_off_by_key,
)
from database.stores.staff.shifts import shifts_of, update_all_shifts
from database.tables.account import audit_entry
from database.tables.booking import booking, witness
from database.tables.directory import weekly_shift
from database.tables.schedule import kept_free, time_off
from domain.schedules.change import (
    ROWS_AT_MOST,
    AddTimeOff,
    AddWeekly,
    ClearDay,
    KeepFree,
    PersonUnknown,
    RemoveWeekly,
    ScheduleRefused,
    SetDay,
    SetHolidays,
    StopKeepingFree,
)
from domain.schedules.schedule import Repeating, TimeOffKind
from tests.database.seats.sold import DAY, FIVE, NINE, another, furnish, plan_of, sold, tried

__all__ = ["DAY"]
HOUR = timedelta(hours=1)
BOSS = "person:9"


async def hours_of(conn: AsyncConnection, who: int, day: date) -> list[float]:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = await shifts_of(conn, [who], (begin, begin + timedelta(days=1)))
    return [(stop - start) / HOUR for start, stop in found[who]]


async def test_every_kind_of_change_updates_the_shifts_immediately(database: AsyncEngine) -> None:
    await furnish(database)
    async with database.begin() as conn:
        assert await hours_of(conn, 1, DAY) == [8]
        await change_schedule(conn, 1, KeepFree("training", Repeating((DAY.weekday(),), 720, 780, "UTC")), BOSS, NINE)
        assert await hours_of(conn, 1, DAY) == [3, 4]
        await change_schedule(conn, 1, SetDay(DAY, ((600, 660), (1200, 1260)), "UTC"), BOSS, NINE)
        assert await hours_of(conn, 1, DAY) == [1, 1]
        await change_schedule(conn, 1, SetDay(DAY, (), "UTC"), BOSS, NINE)
        assert await hours_of(conn, 1, DAY) == []
        await change_schedule(conn, 1, ClearDay(DAY), BOSS, NINE)
        off = AddTimeOff(TimeOffKind.SICK, (NINE, NINE + 2 * HOUR), "hr-7")
        await change_schedule(conn, 1, off, BOSS, NINE)
        await change_schedule(conn, 1, off, BOSS, NINE)
        assert await hours_of(conn, 1, DAY) == [1, 4]
        assert (await conn.execute(select(func.count()).select_from(time_off))).scalar_one() == 1
        assert await time_off_by_key(conn, 1, "hr-7") is not None
        entries = (await conn.execute(select(audit_entry))).all()
    assert [entry.action for entry in entries if entry.subject == "person:1"] == ["changed schedule"] * 6
    assert not any("sick" in str(entry.body) for entry in entries), "the audit log does not contain why somebody is off"


async def test_the_holidays_of_the_desk_or_of_the_person(database: AsyncEngine) -> None:
    await furnish(database)
    midsummer = datetime(2026, 12, 20, 12, tzinfo=UTC)
    christmas = date(2026, 12, 25)
    async with database.begin() as conn:
        await update_all_shifts(conn, midsummer)
        assert await hours_of(conn, 1, christmas) == [8]
        await change_desk_holidays(conn, "DK", BOSS, midsummer)
        assert await hours_of(conn, 1, christmas) == []
        await change_schedule(conn, 1, SetHolidays(""), BOSS, midsummer)
        assert await hours_of(conn, 1, christmas) == [8]
        assert await hours_of(conn, 2, christmas) == []
        with pytest.raises(ScheduleRefused):
            await change_desk_holidays(conn, "Atlantis", BOSS, midsummer)


async def test_a_dry_run_predicts_the_result_and_leaves_nothing(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    sick = AddTimeOff(TimeOffKind.SICK, (NINE, FIVE))
    async with database.begin() as conn:
        would = await tried(conn, 1, sick)
        assert (would.moved, would.at_risk) == (1, ()), "the other person in the pool can serve it"
        await change_schedule(conn, 2, sick, BOSS, NINE)
        would = await tried(conn, 1, sick)
        assert [one.subject for one in would.at_risk] == ["Engine stops at sea"]
    async with database.begin() as conn:
        assert (await conn.execute(select(booking.c.state))).scalar_one() == "sold"
        assert (await conn.execute(select(witness.c.person))).scalar_one() == 1
        assert await hours_of(conn, 1, DAY) == [8]
        done = await change_schedule(conn, 1, sick, BOSS, NINE)
        assert [one.booking for one in done.at_risk] == [one.booking for one in would.at_risk]
    async with database.begin() as conn:
        assert (await conn.execute(select(booking.c.state))).scalar_one() == "at_risk", "kept, not cancelled"


async def test_a_past_seat_that_was_not_released_keeps_its_shift(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    async with database.begin() as conn:
        assert await update_all_shifts(conn, NINE + timedelta(days=9)) == 0
    async with database.connect() as conn:
        assert await hours_of(conn, 1, DAY) == [8]
        assert await hours_of(conn, 2, DAY) == []


async def test_a_schedule_can_change_beside_a_past_seat_that_was_not_released(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    evening = FIVE + timedelta(hours=1)
    for hours in (((1320, 1380),), ((540, 1080),), ()):
        async with database.begin() as conn:
            # Today's shift is over, but its seat is not released.
            assert (await change_schedule(conn, 1, SetDay(DAY, hours, "UTC"), BOSS, evening)).at_risk == ()
        async with database.connect() as conn:
            spans = (await shifts_of(conn, [1], (NINE, NINE + timedelta(hours=15))))[1]
        worked = [((start - NINE) / HOUR, (stop - NINE) / HOUR) for start, stop in spans]
        assert worked[0] == (0, 8)
        assert worked[1:] == {1380: [(13, 14)], 1080: [(8, 9)]}.get(hours[0][1] if hours else 0, [])


async def test_what_is_refused(database: AsyncEngine) -> None:
    await furnish(database)
    plain = AddWeekly(Repeating((0,), 540, 1020, "UTC"))
    async with database.begin() as conn:
        for nobody in (0, -1, 99, 2**31, 2**70):
            with pytest.raises(PersonUnknown):
                await change_schedule(conn, nobody, plain, BOSS, NINE)
        with pytest.raises(PersonUnknown):
            await person_by_mail(conn, "nobody@example.com")
        assert await person_by_mail(conn, " P1@Example.com") == 1
        await change_schedule(conn, 1, RemoveWeekly(2**40), BOSS, NINE)
        rows = [{"person": 1, "days": [0], "start_minute": 0, "end_minute": 60, "time_zone": "UTC"}] * ROWS_AT_MOST
        await conn.execute(insert(weekly_shift), rows)
        with pytest.raises(ScheduleRefused, match="300 entries"):
            await change_schedule(conn, 1, plain, BOSS, NINE)
        await conn.execute(update(weekly_shift).values(ends_on=DAY - timedelta(days=3)))
        await change_schedule(conn, 1, plain, BOSS, NINE)
        past = [{"person": 1, "during": Range(NINE - HOUR * nth, NINE - HOUR * nth + HOUR)} for nth in range(50, 350)]
        row = {"kind": "leave", "said_by": BOSS, "at": NINE}
        await conn.execute(insert(time_off), [one | row for one in past])
        await change_schedule(conn, 1, AddTimeOff(TimeOffKind.LEAVE, (NINE, NINE + HOUR)), BOSS, NINE)


async def test_each_part_of_a_shift_stores_the_whole_shift(database: AsyncEngine) -> None:
    await furnish(database)
    lunch = KeepFree("lunch", Repeating((DAY.weekday(),), 720, 780, "UTC"))
    early = AddTimeOff(TimeOffKind.LEAVE, (NINE + 7 * HOUR, NINE + 20 * HOUR))
    wholes = text("SELECT works FROM shift WHERE person = 1 AND during && tstzrange(:first, :last) ORDER BY during")

    async def works(conn: AsyncConnection) -> list[Range[datetime] | None]:
        return list((await conn.execute(wholes, {"first": NINE, "last": FIVE})).scalars())

    async with database.begin() as conn:
        assert await works(conn) == [None]
        await change_schedule(conn, 1, lunch, BOSS, NINE)
        assert [(one.lower, one.upper) for one in await works(conn) if one] == [(NINE, FIVE)] * 2
        await change_schedule(conn, 1, early, BOSS, NINE)
        assert [(one.lower, one.upper) for one in await works(conn) if one] == [(NINE, NINE + 7 * HOUR)] * 2
        number = (await conn.execute(select(kept_free.c.id))).scalar_one()
        await change_schedule(conn, 1, StopKeepingFree(number), BOSS, NINE)
        assert await works(conn) == [None]


async def test_a_person_in_no_team_has_a_schedule_and_no_shifts(database: AsyncEngine) -> None:
    await furnish(database)
    async with database.begin() as conn:
        await conn.execute(text("UPDATE person SET team = NULL WHERE id = 2"))
        done = await change_schedule(conn, 2, AddWeekly(Repeating((0,), 540, 1020, "UTC")), BOSS, NINE)
        assert done.at_risk == ()
        assert await hours_of(conn, 2, DAY) == []


async def test_concurrent_changes_to_one_schedule_all_count(database: AsyncEngine) -> None:
    await furnish(database)

    async def keep(start: int) -> None:
        when = Repeating((DAY.weekday(),), start, start + 60, "UTC")
        async with database.begin() as conn:
            await change_schedule(conn, 1, KeepFree("training", when), BOSS, NINE)

    await asyncio.gather(*(keep(540 + 120 * nth) for nth in range(4)))
    async with database.connect() as conn:
        assert await hours_of(conn, 1, DAY) == [1, 1, 1, 1]


async def test_two_people_who_lose_time_that_the_other_needs_do_not_deadlock(database: AsyncEngine) -> None:
    await furnish(database)
    plan = await plan_of(database)
    later = 4 * timedelta(days=1)
    await sold(database, plan, who=1, start=NINE + HOUR + later)
    await another(database, plan, 2, who=2, start=NINE + HOUR)

    async def away(who: int, day: date) -> None:
        async with database.begin() as conn:
            assert (await change_schedule(conn, who, SetDay(day, (), "UTC"), BOSS, NINE)).at_risk == ()

    await asyncio.gather(away(1, DAY), away(2, DAY + later))
    async with database.connect() as conn:
        assert await hours_of(conn, 1, DAY) == await hours_of(conn, 2, DAY + later) == []


async def test_updating_unchanged_shifts_waits_for_no_sale(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    async with database.begin() as sale, database.begin() as conn:
        await lock_days(sale, 1, [DAY])
        await conn.execute(text("SET LOCAL lock_timeout = '1s'"))
        assert await update_all_shifts(conn, NINE) == 0
        with pytest.raises(OperationalError, match="lock timeout"):
            await change_schedule(conn, 1, SetDay(DAY, (), "UTC"), BOSS, NINE)
