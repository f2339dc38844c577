"""A booking at risk starts with a later step of its plan: its seat and its search use the wider pool."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.at_risk.apply_remedy import NotWiderEnough, widen_pool
from database.stores.at_risk.background_solver import SearchMemory
from database.stores.at_risk.remedies import Wider, remedies_of
from database.stores.directory.read import read_directory
from database.stores.journal.audit_log import audit_entries
from database.stores.journal.plan_json import dump_plan, load_plan
from database.stores.rounds.due_calls import read_due
from database.stores.rules.versions import publish
from database.stores.seats.availability import free_starts
from database.stores.staff.shifts import update_all_shifts
from database.tables.booking import booking, pool, witness
from database.tables.directory import person, team, weekly_shift
from database.tables.escalation import escalation
from domain.rounds.search import Pools, advance
from domain.rounds.search_clock import SearchClock
from tests.database.seats.sold import NINE, RULES, furnish, plan_of, sold
from tests.database.seats.test_seat_keeper import CALL, ONE, run, seat_state
from workers.seat_keeper import keep_seats

WIDENING = (
    RULES + '  if nobody in 2 minutes, drop preferred skills\n  if nobody in 4 minutes, widen to team "Duty"\n'
    "  if nobody in 30 minutes, offer booking\n"
)


async def at_risk(database: AsyncEngine, *, duty: bool = True) -> None:
    """A call at ten whose own pool has nobody; the third person is on duty, in a team that no pool has yet."""
    await furnish(database)
    async with database.begin() as conn:
        await conn.execute(team.insert().values(id=2, name="Duty", address="d@example.com"))
        three = {"id": 3, "name": "P3", "email": "p3@example.com", "team": 2, "title": 1, "roles": ["agent"]}
        await conn.execute(insert(person), [three])
        if duty:
            week = {"days": list(range(7)), "start_minute": 540, "end_minute": 1020, "time_zone": "UTC"}
            await conn.execute(insert(weekly_shift), [{"person": 3} | week])
        await update_all_shifts(conn, NINE)
        await publish(conn, WIDENING, "test", "duty helps", 1, NINE)
    await sold(database, await plan_of(database), who=1)
    await run(database, CALL)
    await run(database, "SELECT setval('pool_id_seq', 100)")
    await run(database, "WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk'")
    await run(database, "DELETE FROM shift WHERE person < 3")


async def widened(database: AsyncEngine, step: int = 2) -> bool:
    return await widen_pool(database, ONE, step, "person:9", NINE)


async def test_the_step_that_adds_somebody_is_shown_and_gives_the_call_its_seat(database: AsyncEngine) -> None:
    await at_risk(database)
    async with database.connect() as conn:
        helps = await remedies_of(conn, ONE, NINE)
    assert helps is not None
    assert helps.people.wider == (Wider(2, 'widen to team "Duty"', 1),), "dropping preferred skills adds nobody"
    assert await widened(database)
    assert await seat_state(database) == ("sold", 3)
    assert not await widened(database), "nothing is at risk any more, so nothing more is done"
    async with database.connect() as conn:
        pools = select(booking.c.pool, witness.c.pool, escalation.c.pool, pool.c.description)
        pools = pools.join(witness, witness.c.booking == booking.c.id)
        pools = pools.join(escalation, escalation.c.id == booking.c.escalation).join(pool, pool.c.id == booking.c.pool)
        of_booking, of_witness, of_escalation, description = (await conn.execute(pools)).one()
        assert of_booking == of_witness == of_escalation
        assert description == 'team "Team" or team "Duty"'
        events = (await conn.execute(text("SELECT kind, actor, body ->> 'found' FROM escalation_event"))).all()
        assert [tuple(row) for row in events] == [
            ("seat_found", "person:9", 'it begins with a later step of its plan, “widen to team "Duty"”')
        ]
        assert (await audit_entries(conn, limit=1))[0].action == 'widened the pool: widen to team "Duty"'


async def test_its_search_begins_there_and_later_steps_keep_their_time(database: AsyncEngine) -> None:
    await at_risk(database)
    await widened(database)
    due = NINE + timedelta(hours=2)
    async with database.connect() as conn:
        call = (await read_due(conn, SearchClock(due), due))[0]
        pools = Pools(await read_directory(conn), {})
        assert 3 in pools.at(call.plan.decision, call.step).members
        searched = advance(call, pools, due)
    assert (call.step, searched.call.step, searched.taken) == (2, 2, ())
    assert call.plan.gives_up_after == 30 * 60


async def test_its_pool_follows_the_directory_and_its_customer_may_move_within_it(database: AsyncEngine) -> None:
    await at_risk(database)
    await widened(database)
    async with database.connect() as conn:
        assert NINE + timedelta(hours=4) in await free_starts(conn, ONE, NINE), "the third is free then"
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 3), "the keeper finds the pool as it should be"
    await run(database, "UPDATE person SET team = 1 WHERE id = 3")
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("sold", 3), "still of the pool, by another team"
    await run(database, "UPDATE person SET active = false WHERE id = 3")
    await keep_seats(database, SearchMemory(), NINE)
    assert await seat_state(database) == ("at_risk", None)


@pytest.mark.parametrize("step", [-1, 0, 1, 3, 99])
async def test_a_step_that_adds_nobody_is_refused(database: AsyncEngine, step: int) -> None:
    await at_risk(database)
    with pytest.raises(NotWiderEnough):
        await widened(database, step)
    assert await seat_state(database) == ("at_risk", None)


async def test_if_nobody_is_free_any_more_nothing_changes(database: AsyncEngine) -> None:
    await at_risk(database, duty=False)
    with pytest.raises(NotWiderEnough):
        await widened(database)
    async with database.connect() as conn:
        query = select(booking.c.state, booking.c.pool, escalation.c.plan).join(escalation)
        row = (await conn.execute(query)).one()
        assert (row.state, row.pool, load_plan(row.plan).begins_at) == ("at_risk", 1, 0)
        assert (await conn.execute(select(func.count()).select_from(witness))).scalar_one() == 0


async def test_a_call_that_was_cancelled_meanwhile_gets_no_seat(database: AsyncEngine) -> None:
    await at_risk(database)
    await run(database, "UPDATE booking SET state = 'cancelled'")
    assert not await widened(database)
    assert await seat_state(database) == ("cancelled", None)


async def test_a_plan_written_before_there_was_widening_begins_at_its_beginning(database: AsyncEngine) -> None:
    await furnish(database)
    written = dump_plan(await plan_of(database))
    del written["begins_at"]
    assert load_plan(written).begins_at == 0


async def test_somebody_who_is_off_then_is_not_asked_to_work_longer(database: AsyncEngine) -> None:
    await at_risk(database)
    span = "tstzrange('2026-12-01 10:30+00', '2026-12-01 12:00+00')"
    for who in (1, 2):
        await run(database, f"INSERT INTO shift (person, during) VALUES ({who}, {span})")
    off = "tstzrange('2026-12-01 09:00+00', '2026-12-01 10:30+00')"
    row = f"(1, 'sick', {off}, 'test', now())"
    await run(database, f"INSERT INTO time_off (person, kind, during, said_by, at) VALUES {row}")
    async with database.connect() as conn:
        helps = await remedies_of(conn, ONE, NINE)
    assert helps is not None
    assert [one.person for one in helps.people.overtime] == [2]
