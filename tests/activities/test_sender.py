"""The sender on a real database, with a real mail server and a real receiver that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.integrations.chat import Webhook
from database.engine import open_engine
from database.stores import messages
from database.tables.escalation import escalation_event, message
from tests.activities import mail_server, receiver
from tests.activities.mail_server import MailServer
from tests.activities.receiver import Receiver
from tests.activities.sample_letter import ADDRESSES
from tests.activities.waiting_messages import CUSTOMER, NOW, fates, leave, open_escalation, until
from tests.servers import free_port
from workers.sender import SenderSettings, run_sender


@pytest.fixture
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server.listening(MailServer()) as running:
        yield running


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver.listening(Receiver()) as running:
        yield running


@contextlib.asynccontextmanager
async def sending(database_url: str, smtp: MailServer, hook: Receiver | None = None) -> AsyncIterator[None]:
    """A sender of its own engine, until the block ends."""
    webhooks = {"alerts": Webhook(hook.url, private_addresses=True, timeout=2)} if hook else {}
    settings = SenderSettings(ADDRESSES.base, smtp.settings(timeout=3), webhooks=webhooks)
    engine, stop = open_engine(database_url), asyncio.Event()
    running = asyncio.create_task(run_sender(engine, ADDRESSES.tokens, settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 5)
        await engine.dispose()


async def settled(database: AsyncEngine, escalation_id: str, *states: str) -> None:
    """Wait until the escalation's messages stand so, in the order of their keys."""

    async def holds() -> bool:
        return [fate.state for fate in await fates(database, escalation_id)] == list(states)

    await until(holds)


async def tried(database: AsyncEngine, escalation_id: str) -> None:
    """Wait until a first attempt has failed."""

    async def holds() -> bool:
        return any(fate.last_error for fate in await fates(database, escalation_id))

    await until(holds)


async def make_due(database: AsyncEngine) -> None:
    """What time would do."""
    async with database.begin() as conn:
        await conn.execute(message.update().where(message.c.state == "queued").values(next_attempt_at=text("now()")))
        await conn.execute(text("NOTIFY message"))


async def failures_told(database: AsyncEngine, escalation_id: str) -> list[str]:
    query = select(escalation_event.c.body).where(
        escalation_event.c.escalation == escalation_id, escalation_event.c.kind == "message_failed"
    )
    async with database.connect() as conn:
        return [body["reason"] for body in (await conn.execute(query)).scalars()]


async def test_a_letter_goes_out_at_once_and_once(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "confirmation")
        await leave(database, escalation_id, "confirmation")
        await settled(database, escalation_id, "sent")
    [mail] = smtp.caught
    assert mail["To"] == CUSTOMER
    assert "America/New_York" in mail.as_string()
    assert ADDRESSES.tokens.customer_link(escalation_id, 1) in mail.as_string().replace("=\n", "")
    assert "Jonas" not in mail.as_string()


async def test_no_token_ever_stands_in_the_database(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    token = ADDRESSES.tokens.customer_link(escalation_id, 1)
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "confirmation")
        await settled(database, escalation_id, "sent")
    async with database.connect() as conn:
        rows = (await conn.execute(select(message))).all()
    assert token not in str(rows)


async def test_an_unknown_zone_falls_back_to_the_desks(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database, customer_zone="Atlantis/Center")
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "reminder")
        await settled(database, escalation_id, "sent")
    assert "Europe/Copenhagen" in smtp.caught[0].as_string()


async def test_a_message_waits_for_its_time(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "reminder", not_before=due)
        await settled(database, escalation_id, "sent")
    assert (await fates(database, escalation_id))[0].sent_at >= due  # type: ignore[operator]


async def test_one_refused_address_is_shown_and_stops_nobody_else(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    smtp.refused["gone@olsen.example"] = "550 no such person"
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "reminder", "1", recipient="gone@olsen.example")
        await leave(database, escalation_id, "reminder", "2")
        await settled(database, escalation_id, "failed", "sent")
    assert await failures_told(database, escalation_id) == ["the mail server refused it with 550: no such person"]


async def test_what_failed_is_sent_again_by_a_click(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    smtp.refused[CUSTOMER] = "550 no such person"
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "reminder")
        await settled(database, escalation_id, "failed")
        smtp.refused.clear()
        [fate] = await fates(database, escalation_id)
        async with database.begin() as conn:
            assert await messages.send_again(conn, fate.id)
            assert not await messages.send_again(conn, fate.id)
        await settled(database, escalation_id, "sent")


async def test_mail_waits_for_a_server_that_is_down(database: AsyncEngine, database_url: str) -> None:
    escalation_id = await open_escalation(database)
    smtp = MailServer(free_port())
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "confirmation")
        await tried(database, escalation_id)
        async with mail_server.listening(smtp):
            await settled(database, escalation_id, "sent")
    assert len(smtp.caught) == 1
    assert (await fates(database, escalation_id))[0].attempts == 2


async def test_a_copy_after_a_dropped_connection_can_be_told_apart(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    smtp.drops = 1
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "confirmation")
        await settled(database, escalation_id, "sent")
    first, second = smtp.caught
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


async def test_a_slow_mail_server_holds_up_no_webhook(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    smtp.slow = 2
    async with sending(database_url, smtp, hook):
        for nth in range(20):
            await leave(database, escalation_id, "reminder", str(nth))
        await leave(database, escalation_id, "manager_nobody", channel="webhook", recipient="alerts")
        await until(lambda: _answered(hook))
        assert "queued" in {fate.state for fate in await fates(database, escalation_id) if fate.channel == "mail"}
    assert "Engine stops at sea" in hook.received[0].payload["text"]


async def test_at_most_six_mails_go_out_at_once(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    smtp.slow = 1
    for nth in range(9):
        await leave(database, escalation_id, "reminder", str(nth))
    async with sending(database_url, smtp):
        await settled(database, escalation_id, *["sent"] * 9)
    assert len(smtp.caught) == 9
    assert smtp.most_at_once == 6


async def test_two_senders_send_each_message_once(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp), sending(database_url, smtp):
        for nth in range(40):
            await leave(database, escalation_id, "reminder", str(nth))
        await settled(database, escalation_id, *["sent"] * 40)
    assert len({mail["Message-ID"] for mail in smtp.caught}) == len(smtp.caught) == 40


async def test_a_busy_receiver_is_left_alone_as_long_as_it_asked(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    hook.answers = [b"HTTP/1.1 429 Too Many\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n"]
    async with sending(database_url, smtp, hook):
        await leave(database, escalation_id, "lead_alert", channel="webhook", recipient="alerts")
        await tried(database, escalation_id)
        [fate] = await fates(database, escalation_id)
        assert fate.next_attempt_at > datetime.now(UTC) + timedelta(minutes=59)
        await make_due(database)
        await settled(database, escalation_id, "sent")
    assert {received.headers["webhook-id"] for received in hook.received} == {fate.id}


async def test_a_receiver_that_is_gone_is_shown(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    hook.answers = [b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"]
    async with sending(database_url, smtp, hook):
        await leave(database, escalation_id, "lead_alert", channel="webhook", recipient="alerts")
        await settled(database, escalation_id, "failed")
    assert await failures_told(database, escalation_id) == ["the webhook answered 410"]


async def test_without_an_alert_webhook_nothing_is_left_over(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "lead_alert", channel="webhook", recipient="alerts")
        await settled(database, escalation_id)
    assert await failures_told(database, escalation_id) == []


async def test_a_letter_without_its_facts_or_its_use_is_shown_and_not_sent(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "rating_alert")
        await leave(database, escalation_id, "reminder", params={"starts_at": (NOW - timedelta(hours=1)).isoformat()})
        await settled(database, escalation_id, "failed", "failed")
    assert smtp.caught == []
    reasons = await failures_told(database, escalation_id)
    assert sorted(reasons) == ["not sent, because the call has begun", "there is no rating to write of"]


async def test_the_sender_outlives_its_connections(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    smtp.slow = 1
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "confirmation")
        await until(lambda: _caught(smtp, 1))
        async with database.begin() as conn:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            await conn.execute(text(f"{others} AND pid <> pg_backend_pid()"))
        await settled(database, escalation_id, "sent")
        await leave(database, escalation_id, "reminder")
        await settled(database, escalation_id, "sent", "sent")
    assert len(smtp.caught) == 2


async def _answered(hook: Receiver) -> bool:
    return bool(hook.received)


async def _caught(smtp: MailServer, count: int) -> bool:
    return len(smtp.caught) >= count
