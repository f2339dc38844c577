"""Rows that have reached their age are removed in batches; nothing else is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from database.stores.journal.retention import BATCH, removed_so_far
from domain.retention import Expiring, Retention
from tests.activities.queued_messages import open_escalation
from workers.main import retention
from workers.retention import remove_expired

NOW = datetime.now(UTC)
AGES = retention(Settings())
INSERTS: Mapping[Expiring, str] = {
    Expiring.SESSIONS: "INSERT INTO session VALUES (sha256(:name), :person, :at, :at)",
    Expiring.SIGN_IN_LINKS: "INSERT INTO sign_in_link VALUES (sha256(:name), :person, :at)",
    Expiring.REQUEST_KEYS: "INSERT INTO request_key VALUES ('api', encode(:name, 'escape'), '', :escalation, :at)",
    Expiring.RECEIVED_WEBHOOKS: "INSERT INTO webhook_received VALUES ('desk', encode(:name, 'escape'), '', NULL, :at)",
    Expiring.WEBHOOK_DELIVERIES: (
        "INSERT INTO webhook_delivery (source, at, origin, signed, status, refused)"
        " VALUES ('desk', :at, 'sent', false, 401, true)"
    ),
    Expiring.WEBHOOK_BODIES: (
        "INSERT INTO webhook_delivery (source, at, origin, signed, status, refused, body)"
        " VALUES ('desk', :at, 'sent', true, 200, false, '{}')"
    ),
    Expiring.ROUNDS: "INSERT INTO round (at, calls, offers, took_ms) VALUES (:at, 1, 0, 5)",
    Expiring.MESSAGE_BODIES: (
        "INSERT INTO message (id, escalation, key, channel, kind, recipient, params, state, created_at,"
        " next_attempt_at, sent_at) VALUES (gen_random_uuid(), :escalation, encode(:name, 'escape'), 'mail',"
        """ 'reminder', 'mira@olsen.example', '{"call": 7}', 'sent', :at, :at, :at)"""
    ),
    Expiring.FREE_TEXT: "INSERT INTO words VALUES (gen_random_uuid(), 'a reason', :at)",
    Expiring.CALL_PAGES: "INSERT INTO call_peer VALUES (gen_random_uuid(), 'agent', encode(:name, 'escape'), :at, :at)",
    Expiring.CALL_SIGNALS: (
        "INSERT INTO call_signal (call, to_side, from_page, to_page, body, at)"
        " VALUES (gen_random_uuid(), 'agent', encode(:name, 'escape'), 'b', '{}', :at)"
    ),
}
LEFT: Mapping[Expiring, str] = {
    Expiring.SESSIONS: "SELECT count(*) FROM session",
    Expiring.SIGN_IN_LINKS: "SELECT count(*) FROM sign_in_link",
    Expiring.REQUEST_KEYS: "SELECT count(*) FROM request_key",
    Expiring.RECEIVED_WEBHOOKS: "SELECT count(*) FROM webhook_received",
    Expiring.WEBHOOK_DELIVERIES: "SELECT count(*) FROM webhook_delivery",
    Expiring.WEBHOOK_BODIES: "SELECT count(*) FROM webhook_delivery WHERE body IS NOT NULL",
    Expiring.ROUNDS: "SELECT count(*) FROM round",
    Expiring.MESSAGE_BODIES: "SELECT count(*) FROM message WHERE params <> '{}'",
    Expiring.FREE_TEXT: "SELECT count(*) FROM words",
    Expiring.CALL_PAGES: "SELECT count(*) FROM call_peer",
    Expiring.CALL_SIGNALS: "SELECT count(*) FROM call_signal",
}


async def write(database: AsyncEngine, what: Expiring, *moments: datetime) -> None:
    """Write one row per moment."""
    escalation_id = await open_escalation(database)
    async with database.begin() as conn:
        person = (await conn.execute(text("SELECT max(id) FROM person"))).scalar_one()
        for nth, moment in enumerate(moments):
            values = {"person": person, "escalation": escalation_id, "at": moment, "name": str(nth).encode()}
            used = {name: value for name, value in values.items() if f":{name}" in INSERTS[what]}
            await conn.execute(text(INSERTS[what]), used)


async def left(database: AsyncEngine, what: Expiring) -> int:
    async with database.connect() as conn:
        number: int = (await conn.execute(text(LEFT[what]))).scalar_one()
    return number


async def run_pass(database: AsyncEngine, ages: Retention = AGES) -> Mapping[str, int]:
    return await remove_expired(database, ages, NOW, asyncio.Event())


def test_every_kind_of_row_that_expires_has_an_age() -> None:
    assert set(AGES.ages) == set(Expiring)
    assert set(INSERTS) == set(LEFT) == set(Expiring)


@pytest.mark.parametrize("what", Expiring)
async def test_rows_go_at_their_age_and_not_before(database: AsyncEngine, what: Expiring) -> None:
    age = AGES.ages[what]
    await write(database, what, NOW - age - timedelta(minutes=1), NOW - age + timedelta(minutes=1))
    assert await run_pass(database) == {what.value: 1} | {one.value: 0 for one in Expiring if one is not what}
    assert await left(database, what) == 1


async def test_one_pass_removes_many_batches_and_logs_one_line(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    number = 2 * BATCH + 1
    await write(database, Expiring.SESSIONS, *[NOW - timedelta(days=60)] * number)
    with caplog.at_level(logging.INFO, "workers.retention"):
        await run_pass(database)
        await run_pass(database)
    assert await left(database, Expiring.SESSIONS) == 0
    lines = [record.message for record in caplog.records]
    assert [f"sessions={number} " in line for line in lines] == [True, False]
    async with database.connect() as conn:
        assert await removed_so_far(conn) == {"sessions": number}


async def test_a_locked_row_is_skipped(database: AsyncEngine) -> None:
    await write(database, Expiring.SESSIONS, *[NOW - timedelta(days=60)] * 3)
    async with database.begin() as conn:
        await conn.execute(text("SELECT FROM session LIMIT 1 FOR UPDATE"))
        await run_pass(database)
        assert await left(database, Expiring.SESSIONS) == 1
    await run_pass(database)
    assert await left(database, Expiring.SESSIONS) == 0


async def test_a_round_with_offers_and_an_undelivered_message_are_kept(database: AsyncEngine) -> None:
    old = NOW - timedelta(days=999)
    await write(database, Expiring.MESSAGE_BODIES, old)
    await write_round_with_offer(database, old)
    async with database.begin() as conn:
        await conn.execute(text("UPDATE message SET state = 'failed'"))
    await run_pass(database)
    assert await left(database, Expiring.ROUNDS) == 1
    assert await left(database, Expiring.MESSAGE_BODIES) == 1


async def write_round_with_offer(database: AsyncEngine, at: datetime) -> None:
    async with database.begin() as conn:
        await conn.execute(text("INSERT INTO round (at, calls, offers, took_ms) VALUES (:at, 1, 1, 5)"), {"at": at})
        await conn.execute(
            text(
                "INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at)"
                " SELECT (SELECT id FROM call), 1, (SELECT max(id) FROM person), (SELECT max(id) FROM round),"
                " 'expired', '{}', :at, :at"
            ),
            {"at": at},
        )


async def test_a_kind_that_fails_keeps_no_other_from_being_removed(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    await write(database, Expiring.ROUNDS, NOW - timedelta(days=60))
    async with database.begin() as conn:
        await conn.execute(text("DROP TABLE session"))
    assert (await run_pass(database))["rounds"] == 1
    assert "retrying part=retention step=sessions error=ProgrammingError" in caplog.text
