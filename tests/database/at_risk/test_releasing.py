"""Releasing the reserve for one booking at risk; it still applies to every other call."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.at_risk.apply_remedy import ReserveNotEnough, release_reserve
from database.stores.at_risk.remedies import remedies_of
from database.stores.journal.audit_log import audit_entries
from database.stores.rules.versions import publish
from database.stores.seats.closed_slots import day_of_slots
from database.tables.booking import booking, witness
from tests.database.seats.sold import DAY, NINE, RULES, furnish, plan_of, sold
from tests.database.seats.test_seat_keeper import CALL, ONE, run, seat_state

RESERVED = RULES + "\nbooking\n  keep 100% in reserve\n"


async def at_risk(database: AsyncEngine, rules: str = RESERVED) -> None:
    await furnish(database)
    async with database.begin() as conn:
        await publish(conn, rules, "test", "everybody is kept free", 1, NINE)
    await sold(database, await plan_of(database), who=1)
    await run(database, CALL)
    await run(database, "WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk'")


async def release(database: AsyncEngine) -> bool:
    async with database.begin() as conn:
        return await release_reserve(conn, ONE, "person:9", NINE)


async def test_the_call_has_a_seat_again_and_the_reserve_still_applies_to_others(database: AsyncEngine) -> None:
    await at_risk(database)
    async with database.connect() as conn:
        helps = await remedies_of(conn, ONE, NINE)
    assert helps is not None
    assert helps.people.release_reserve
    assert await release(database)
    state, who = await seat_state(database)
    assert (state, who in (1, 2)) == ("sold", True)
    assert not await release(database), "nothing is at risk any more, so nothing more is done"
    async with database.connect() as conn:
        events = await conn.execute(text("SELECT kind, actor, body ->> 'found' AS found FROM escalation_event"))
        assert [tuple(row) for row in events] == [("seat_found", "person:9", "the reserve was released for it")]
        assert (await audit_entries(conn, limit=1))[0].action == "released the reserve"
        slots = (await day_of_slots(conn, ONE, DAY, NINE)).slots
        assert all(slot.closed is not None for slot in slots), "no other call may take whoever is kept free"


async def test_if_nobody_is_in_reserve_the_call_stays_at_risk(database: AsyncEngine) -> None:
    await at_risk(database)
    await run(database, "DELETE FROM shift")
    with pytest.raises(ReserveNotEnough):
        await release(database)
    assert await seat_state(database) == ("at_risk", None)


async def test_a_call_that_was_cancelled_meanwhile_gets_no_seat(database: AsyncEngine) -> None:
    await at_risk(database)
    await run(database, "UPDATE booking SET state = 'cancelled'")
    assert not await release(database)
    async with database.connect() as conn:
        assert (await conn.execute(select(witness.c.booking))).all() == []
        assert (await conn.execute(select(booking.c.state))).scalar_one() == "cancelled"
