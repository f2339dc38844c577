"""The vital signs read from real rows: what waits, how long, whether rounds and audits run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal.figures import AUDIT_COMPLETE, WORKFLOWS_FAILING, count_round, note_figure
from database.stores.journal.message_queue import send_again
from database.stores.queries.vital_signs import read_vital_signs
from database.stores.rounds.repair import note_rebuilt
from domain.vital_signs import VitalSigns
from tests.database.rounds.round_floor import Floor


async def read(engine: AsyncEngine) -> VitalSigns:
    async with engine.connect() as conn:
        return await read_vital_signs(conn)


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    """Open since two minutes ago, so that what it opens is old."""
    floor = Floor(database, datetime.now(UTC) - timedelta(minutes=2))
    await floor.furnish()
    return floor


async def test_an_empty_installation_has_nothing_to_show(database: AsyncEngine) -> None:
    assert await read(database) == VitalSigns(0, 0.0, 0, 0.0, 0, 0.0, 0, 0, None, 0, None, 0)


async def test_what_waits_is_counted_with_the_age_of_the_oldest(floor: Floor) -> None:
    await floor.open("1")
    floor.later(seconds=60)
    await floor.open("2")
    signs = await read(floor.engine)
    assert (signs.unrelayed, signs.unserved) == (2, 2)
    assert 100 < signs.oldest_unrelayed < 400
    assert 100 < signs.oldest_unserved < 400
    assert signs.queued >= 2


async def test_a_message_waits_since_it_became_due_or_was_sent_again(floor: Floor) -> None:
    escalation_id = await floor.open("1")
    write = text(
        "UPDATE message SET created_at = now() - interval '9 days', state = :is,"
        " waits_since = now() - CAST(:waits AS interval)"
    )
    for waits, state in ((timedelta(seconds=200), "queued"), (timedelta(days=8), "failed")):
        async with floor.engine.begin() as conn:
            await conn.execute(write, {"waits": waits, "is": state})
            [message_id, *_] = (await conn.execute(text("SELECT id FROM message"))).scalars().all()
            if state == "failed":
                assert await send_again(conn, escalation_id, message_id)
        assert (await read(floor.engine)).oldest_queued < 3600
    async with floor.engine.begin() as conn:
        await conn.execute(write, {"waits": None, "is": "queued"})
    assert (await read(floor.engine)).oldest_queued > 3600, "one of the release before counts from its writing"


async def test_what_is_settled_no_longer_waits(floor: Floor) -> None:
    escalation_id = await floor.open("1")
    await floor.come_on("Freja Holm")
    await floor.round()
    await floor.accept(escalation_id)
    async with floor.engine.begin() as conn:
        await conn.execute(text("UPDATE escalation_event SET told_at = at"))
        await conn.execute(text("UPDATE message SET state = 'sent'"))
        await conn.execute(text("UPDATE message SET state = 'failed' WHERE id = (SELECT id FROM message LIMIT 1)"))
    signs = await read(floor.engine)
    assert (signs.unrelayed, signs.unserved, signs.queued) == (0, 0, 0)
    assert (signs.oldest_unrelayed, signs.oldest_unserved, signs.oldest_queued) == (0, 0, 0)
    assert signs.failed_messages == 1


async def test_a_message_whose_time_has_not_come_does_not_wait(floor: Floor) -> None:
    await floor.open("1")
    async with floor.engine.begin() as conn:
        await conn.execute(text("UPDATE message SET next_attempt_at = now() + interval '1 hour'"))
    assert (await read(floor.engine)).queued == 0
    async with floor.engine.begin() as conn:
        await conn.execute(text("UPDATE message SET attempts = 1"))
    assert (await read(floor.engine)).queued > 0, "one that is to be tried again does"


async def test_rounds_are_counted_by_the_minute_and_the_hour_before_is_forgotten(floor: Floor) -> None:
    async with floor.engine.connect() as conn:
        this_minute: datetime = (
            await conn.execute(text("SELECT date_trunc('minute', clock_timestamp())"))
        ).scalar_one()
    async with floor.engine.begin() as conn:
        for minutes_ago in (61, 61, 1, 1, 1, 0):
            await count_round(conn, this_minute - timedelta(minutes=minutes_ago) + timedelta(seconds=20))
    async with floor.engine.connect() as conn:
        slots = (await conn.execute(text("SELECT minute, rounds FROM round_minute ORDER BY minute"))).all()
    assert [tuple(slot) for slot in slots] == [(this_minute - timedelta(minutes=1), 3), (this_minute, 1)]


async def test_every_round_that_is_held_counts(floor: Floor) -> None:
    floor.now = datetime.now(UTC)
    await floor.round()
    await floor.round()
    assert (await floor.one(text("SELECT sum(rounds) AS held FROM round_minute"))).held == 2
    signs = await read(floor.engine)
    assert signs.since_round is not None
    assert signs.since_round < 60


async def test_what_the_audit_found_is_shown_with_its_age(floor: Floor) -> None:
    escalation_id = await floor.open("1")
    async with floor.engine.begin() as conn:
        await note_figure(conn, WORKFLOWS_FAILING, 5)
        await note_figure(conn, WORKFLOWS_FAILING, 4)
        await note_figure(conn, AUDIT_COMPLETE, 1)
        await note_rebuilt(conn, escalation_id, "it was gone", floor.now)
    signs = await read(floor.engine)
    assert (signs.workflows_failing, signs.workflows_rebuilt) == (4, 1)
    assert signs.since_audit is not None
    assert 0 <= signs.since_audit < 60
