"""The sender on a real database: each message once, at its time, with its fate on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal import message_queue
from database.tables.escalation import message
from tests.activities.mail_server import MailServer
from tests.activities.running_sender import failures_told, sending, settled
from tests.activities.sample_letter import ADDRESSES
from tests.activities.waiting_messages import CUSTOMER, NOW, fates, leave, open_escalation


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
    assert (await fates(database, escalation_id))[0].sent_at >= due


async def test_what_failed_is_sent_again_by_a_click(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    smtp.refused[CUSTOMER] = "550 no such person"
    async with sending(database_url, smtp):
        await leave(database, escalation_id, "reminder")
        await settled(database, escalation_id, "failed")
        smtp.refused.clear()
        [fate] = await fates(database, escalation_id)
        async with database.begin() as conn:
            assert await message_queue.send_again(conn, fate.id)
            assert not await message_queue.send_again(conn, fate.id)
        await settled(database, escalation_id, "sent")


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
