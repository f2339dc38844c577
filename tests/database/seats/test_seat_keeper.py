"""The seat keeper: pools follow the directory, bookings at risk get a seat if there is one, one keeper at a time."""

from __future__ import annotations

from math import inf

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.at_risk.background_solver import SearchMemory
from database.stores.at_risk.remedies import Overtime, RemedyPeople, remedies_of
from database.tables.booking import booking, witness
from tests.database.seats.sold import NINE, furnish, plan_of, sold
from workers.seat_keeper import keep_seats

ONE = "00000000-0000-0000-0000-000000000001"
CALL = f"""WITH its AS (UPDATE escalation SET pool = 1)
INSERT INTO call (id, escalation, nth, booking, state, priority, starts_at, muster_at)
SELECT '{ONE}', '{ONE}', 1, id, 'waiting', 0, starts_at, starts_at FROM booking"""


async def seat_state(engine: AsyncEngine) -> tuple[str, int | None]:
    async with engine.connect() as conn:
        state = (await conn.execute(select(booking.c.state))).scalar_one()
        return state, (await conn.execute(select(witness.c.person))).scalar_one_or_none()


async def run(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(text(statement))


async def test_whoever_leaves_the_team_loses_their_seats_and_may_get_them_again(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    await run(database, CALL)
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 1), "nothing changed, and nothing changes"
    await run(database, "UPDATE person SET active = false WHERE id = 1")
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 2)
    await run(database, "UPDATE person SET active = false WHERE id = 2")
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("at_risk", None)
    async with database.connect() as conn:
        helps = await remedies_of(conn, ONE, NINE)
    assert helps is not None
    assert (helps.people, helps.new_times) == (RemedyPeople(False, (), ()), ())
    await run(database, "UPDATE person SET active = true WHERE id = 1")
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 1)
    async with database.connect() as conn:
        kinds = (await conn.execute(text("SELECT kind FROM escalation_event ORDER BY seq"))).scalars().all()
        assert await remedies_of(conn, ONE, NINE) is None
    assert kinds == ["seat_lost", "seat_found"]


async def test_a_second_keeper_does_nothing_while_one_is_running(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    await run(database, CALL)
    await run(database, "UPDATE person SET active = false WHERE id = 1")
    async with database.begin() as conn:
        await conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('seat keeper', 0))"))
        await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 1)


async def test_somebody_whose_shift_is_a_little_short_is_named(database: AsyncEngine) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    await run(database, CALL)
    await run(database, "WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk'")
    # The call starts at ten, after ten minutes of preparation.
    await run(database, "DELETE FROM shift WHERE person = 1")
    span = "tstzrange('2026-12-01 10:00+00', '2026-12-01 12:00+00')"
    await run(database, f"UPDATE shift SET during = {span} WHERE person = 2 AND during @> timestamptz '{NINE}'")
    async with database.connect() as conn:
        helps = await remedies_of(conn, ONE, NINE)
    assert helps is not None
    assert helps.people.overtime == (Overtime(2, "P2", 10),)
    assert helps.new_times, "she has other times"


async def test_a_broken_row_does_not_keep_the_other_parts_from_running(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    await run(database, CALL)
    await run(database, "UPDATE escalation SET plan = '{}'")
    await run(database, "UPDATE call SET state = 'taken', person = 2")
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 2), "whoever has taken the call is its witness"
    assert "part=seat_keeper step=pools" in caplog.text


def test_whoever_had_no_turn_is_first_in_the_next_run() -> None:
    memory = SearchMemory()
    first = [one for _, one in zip(range(2), memory.in_turn("abc"), strict=False)]
    memory.until = 0
    assert list(memory.in_turn("abc")) == []
    memory.until = inf
    assert (first, list(memory.in_turn("abc"))) == (["a", "b"], ["c", "a", "b"])
    memory.stop.set()
    assert list(memory.in_turn("abc")) == []
