"""Times how long writing the shifts of two thousand people takes."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.staff.schedule_changes import change_schedule
from database.stores.staff.shifts import AT_ONCE, everybody, update_shifts
from database.tables.directory import desk, person, shift, team, title, weekly_shift
from domain.schedules.change import SetDay
from tests.database.seats.sold import DAY, NINE


@pytest.mark.soak
async def test_shifts_of_many_people_are_written_in_bounded_time(database: AsyncEngine) -> None:
    many = 2000
    async with database.begin() as conn:
        await conn.execute(desk.insert().values(id=1, name="Desk", time_zone="UTC", currency="EUR"))
        await conn.execute(team.insert().values(id=1, name="Team", address="t@example.com"))
        await conn.execute(title.insert().values(id=1, name="Title"))
        ids = range(1, many + 1)
        rows = [{"id": n, "name": f"P{n}", "email": f"p{n}@example.com", "team": 1, "title": 1} for n in ids]
        await conn.execute(insert(person), rows)
        zones = ("Europe/Berlin", "Asia/Kolkata", "America/New_York")
        rows = [
            {"person": n, "days": [0, 1, 2, 3, 4], "start_minute": 540, "end_minute": 1020, "time_zone": zones[n % 3]}
            for n in ids
        ]
        await conn.execute(insert(weekly_shift), rows)
    began = time.monotonic()
    async with database.connect() as conn:
        people = await everybody(conn)
    for at in range(0, len(people), AT_ONCE):
        async with database.begin() as conn:
            await update_shifts(conn, people[at : at + AT_ONCE], NINE)
    everybody_took = time.monotonic() - began
    began = time.monotonic()
    async with database.begin() as conn:
        await change_schedule(conn, 7, SetDay(DAY, (), "UTC"), "person:9", NINE)
    one_took = time.monotonic() - began
    async with database.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(shift))).scalar_one() > many * 30
    assert everybody_took < many / 50
    assert one_took < 1
