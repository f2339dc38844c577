"""People with sold seats who move or leave: pools follow immediately; each booked call finds somebody or is at risk."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal.audit_log import audit_entries
from database.stores.staff.people import change_person, seats_resting_on
from database.stores.staff.seat_moves import SeatMoves
from database.stores.staff.teams_titles_skills import add_name
from database.tables.booking import booking, pool_agent, witness
from database.tables.directory import shift
from database.tables.escalation import escalation, escalation_event
from tests.database.seats.sold import NINE, furnish, plan_of, sold


async def one_sold(engine: AsyncEngine) -> int:
    """One call booked on P1; P2 could take it. Returns the id of a second team."""
    await furnish(engine)
    await sold(engine, await plan_of(engine), who=1)
    async with engine.begin() as conn:
        await conn.execute(update(escalation).values(pool=1))
        # The furnished rows have explicit ids.
        await conn.execute(text("SELECT setval('team_id_seq', 10)"))
        return await add_name(conn, "team", "Elsewhere", "test", NINE, address="e@example.com", lead_title=None)


async def changed(engine: AsyncEngine, who: int, **changes: object) -> SeatMoves:
    async with engine.begin() as conn:
        return await change_person(conn, who, lambda card: replace(card, **changes), "person:9", NINE)  # type: ignore[arg-type]  # fields of a card


async def pool_now(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as conn:
        return sorted((await conn.execute(select(pool_agent.c.person))).scalars())


async def test_the_seats_of_a_person_who_moves_go_to_others(database: AsyncEngine) -> None:
    elsewhere = await one_sold(database)
    assert await changed(database, 1, team=elsewhere) == SeatMoves(given=1)
    assert await pool_now(database) == [2]
    async with database.connect() as conn:
        assert (await conn.execute(select(witness.c.person))).scalars().all() == [2]
        assert await seats_resting_on(conn, 2) == 1
        entry = (await audit_entries(conn, limit=1))[0]
    assert (entry.action, entry.subject, entry.body) == ("changed person", "person:1", {"team": "Team → Elsewhere"})


async def test_a_call_that_nobody_else_can_serve_is_at_risk_and_alerted(database: AsyncEngine) -> None:
    await one_sold(database)
    assert await changed(database, 2, active=False) == SeatMoves()
    moved = await changed(database, 1, active=False)
    assert (moved.given, moved.at_risk, [one.subject for one in moved.lost]) == (0, 1, ["Engine stops at sea"])
    async with database.connect() as conn:
        assert (await conn.execute(select(booking.c.state))).scalars().all() == ["at_risk"]
        assert "seat_lost" in (await conn.execute(select(escalation_event.c.kind))).scalars().all()
        assert (await conn.execute(select(shift).where(shift.c.during.contains(NINE)))).all() == []


async def test_a_skill_or_a_new_name_moves_no_seat(database: AsyncEngine) -> None:
    await one_sold(database)
    async with database.begin() as conn:
        diesel = await add_name(conn, "skill", "diesel", "test", NINE)
    assert await changed(database, 1, skills={diesel: 3}, languages=("danish",)) == SeatMoves()
    assert await changed(database, 1, name="Per One") == SeatMoves()
    assert await pool_now(database) == [1, 2]


async def test_saving_again_changes_nothing_and_writes_no_audit_entry(database: AsyncEngine) -> None:
    await one_sold(database)
    async with database.connect() as conn:
        before = len(await audit_entries(conn))
    assert await changed(database, 1) == SeatMoves()
    async with database.connect() as conn:
        assert len(await audit_entries(conn)) == before


async def test_two_people_who_leave_at_the_same_time_leave_one_call_at_risk(database: AsyncEngine) -> None:
    """Neither gets the other's call while leaving, and neither waits for ever."""
    await one_sold(database)
    moved = await asyncio.gather(changed(database, 1, active=False), changed(database, 2, active=False))
    assert sum(one.at_risk for one in moved) == 1
    assert await pool_now(database) == []
