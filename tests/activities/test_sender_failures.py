"""The sender with a mail server, a webhook receiver and a database that misbehave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.activities import mail_server
from tests.activities.mail_server import MailServer
from tests.activities.queued_messages import CUSTOMER, enqueue, messages_of, open_escalation, until
from tests.activities.receiver import Receiver
from tests.activities.running_sender import failure_reasons, make_due, sending, settled, tried
from tests.servers import free_port
from workers.sender import LANES_PER_DESTINATION


async def test_a_refused_address_is_reported_and_delays_no_other_mail(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    smtp.refused["gone@olsen.example"] = "550 no such person"
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "reminder", "1", recipient="gone@olsen.example")
        await enqueue(database, escalation_id, "reminder", "2")
        await settled(database, escalation_id, "failed", "sent")
    assert await failure_reasons(database, escalation_id) == ["the mail server refused it with 550: no such person"]


async def test_mail_waits_for_a_server_that_is_down(database: AsyncEngine, database_url: str) -> None:
    escalation_id = await open_escalation(database)
    smtp = MailServer(free_port())
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "confirmation")
        await tried(database, escalation_id)
        async with mail_server.listening(smtp):
            await settled(database, escalation_id, "sent")
    assert len(smtp.caught) == 1
    assert (await messages_of(database, escalation_id))[0].attempts == 2


async def test_a_copy_after_a_dropped_connection_is_identical(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    smtp.drops = 1
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "confirmation")
        await settled(database, escalation_id, "sent")
    first, second = smtp.caught
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


async def test_a_slow_mail_server_delays_no_webhook(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    smtp.slow = 2
    async with sending(database_url, smtp, hook):
        for nth in range(20):
            await enqueue(database, escalation_id, "reminder", str(nth))
        await enqueue(database, escalation_id, "manager_nobody", channel="webhook", recipient="alerts")
        await until(lambda: _answered(hook))
        assert "queued" in {row.state for row in await messages_of(database, escalation_id) if row.channel == "mail"}
    assert "Engine stops at sea" in hook.received[0].payload["text"]


async def test_one_slow_mail_domain_leaves_lanes_for_the_others(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    smtp.stalled_domain = "tarpit.example"
    for nth in range(20):
        await enqueue(database, escalation_id, "reminder", f"{nth:02}", recipient=f"{nth}@tarpit.example")
    async with sending(database_url, smtp):
        await until(lambda: _stalled(smtp, LANES_PER_DESTINATION))
        await enqueue(database, escalation_id, "confirmation")
        await until(lambda: _caught(smtp, 1))
    assert smtp.most_stalled == LANES_PER_DESTINATION
    assert smtp.caught[0]["To"] == CUSTOMER


async def test_a_webhook_that_hangs_delays_no_mail(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    hook.answers = [b""] * 20
    for nth in range(20):
        await enqueue(database, escalation_id, "manager_nobody", str(nth), channel="webhook", recipient="alerts")
    async with sending(database_url, smtp, hook):
        await until(lambda: _answered(hook))
        await enqueue(database, escalation_id, "confirmation")
        await until(lambda: _caught(smtp, 1))
    assert hook.most_open <= LANES_PER_DESTINATION


async def test_a_busy_receiver_is_left_alone_until_its_retry_after(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    hook.answers = [b"HTTP/1.1 429 Too Many\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n"]
    async with sending(database_url, smtp, hook):
        await enqueue(database, escalation_id, "lead_alert", channel="webhook", recipient="alerts")
        await tried(database, escalation_id)
        [row] = await messages_of(database, escalation_id)
        assert row.next_attempt_at > datetime.now(UTC) + timedelta(minutes=59)
        await make_due(database)
        await settled(database, escalation_id, "sent")
    assert {received.headers["webhook-id"] for received in hook.received} == {row.id}


async def test_a_webhook_that_is_gone_is_reported(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver
) -> None:
    escalation_id = await open_escalation(database)
    hook.answers = [b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"]
    async with sending(database_url, smtp, hook):
        await enqueue(database, escalation_id, "lead_alert", channel="webhook", recipient="alerts")
        await settled(database, escalation_id, "failed")
    assert await failure_reasons(database, escalation_id) == ["the webhook answered 410"]


async def test_the_sender_outlives_its_connections(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    smtp.slow = 1
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "confirmation")
        await until(lambda: _caught(smtp, 1))
        async with database.begin() as conn:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            await conn.execute(text(f"{others} AND pid <> pg_backend_pid()"))
        await settled(database, escalation_id, "sent")
        await enqueue(database, escalation_id, "reminder")
        await settled(database, escalation_id, "sent", "sent")
    assert len(smtp.caught) == 2


async def _stalled(smtp: MailServer, count: int) -> bool:
    return smtp.stalled >= count


async def _answered(hook: Receiver) -> bool:
    return bool(hook.received)


async def _caught(smtp: MailServer, count: int) -> bool:
    return len(smtp.caught) >= count
