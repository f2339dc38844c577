"""The sender on a real database: each message is sent once, when due, and its outcome is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal import message_queue
from database.stores.journal.notify import notify_managers_of_calendar
from database.tables.directory import person
from database.tables.escalation import message
from database.tables.schedule import calendar_feed
from tests.activities.mail_server import MailServer
from tests.activities.queued_messages import CUSTOMER, NOW, enqueue, messages_of, open_escalation, until
from tests.activities.running_sender import failure_reasons, sending, settled
from tests.activities.sample_letter import ADDRESSES
from workers.sender import LANES_PER_DESTINATION


async def test_a_letter_goes_out_promptly_and_once(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "confirmation")
        await enqueue(database, escalation_id, "confirmation")
        await settled(database, escalation_id, "sent")
    [mail] = smtp.caught
    assert mail["To"] == CUSTOMER
    assert "America/New_York" in mail.as_string()
    assert ADDRESSES.tokens.customer_link(escalation_id, 1) in mail.as_string().replace("=\n", "")
    assert "Jonas" not in mail.as_string()


async def test_no_token_is_stored_in_the_database(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    token = ADDRESSES.tokens.customer_link(escalation_id, 1)
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "confirmation")
        await settled(database, escalation_id, "sent")
    async with database.connect() as conn:
        rows = (await conn.execute(select(message))).all()
    assert token not in str(rows)


async def test_an_unknown_zone_falls_back_to_the_desks(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database, customer_zone="Atlantis/Center")
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "reminder")
        await settled(database, escalation_id, "sent")
    assert "Europe/Copenhagen" in smtp.caught[0].as_string()


async def test_a_message_waits_until_it_is_due(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    due = datetime.now(UTC) + timedelta(seconds=1.5)
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "reminder", not_before=due)
        await settled(database, escalation_id, "sent")
    assert (await messages_of(database, escalation_id))[0].sent_at >= due


async def test_a_failed_message_can_be_sent_again(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    smtp.refused[CUSTOMER] = "550 no such person"
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "reminder")
        await settled(database, escalation_id, "failed")
        smtp.refused.clear()
        [row] = await messages_of(database, escalation_id)
        async with database.begin() as conn:
            assert await message_queue.send_again(conn, escalation_id, row.id)
            assert not await message_queue.send_again(conn, escalation_id, row.id)
        await settled(database, escalation_id, "sent")


async def test_mail_about_a_calendar_belongs_to_no_escalation_and_is_sent_or_given_up_like_any_other(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    await open_escalation(database)
    smtp.refused["away@harborboats.example"] = "550 no such person"
    async with database.begin() as conn:
        for name in ("boss", "away"):
            manager = {"name": name, "email": f"{name}@harborboats.example", "roles": ["manager"]}
            await conn.execute(person.insert().values(manager))
        owner = (await conn.execute(select(person.c.id).where(person.c.name == "Jonas Berg"))).scalar_one()
        feed = {"person": owner, "name": "Work", "url": "http://a.b/", "error": "it isn't there"}
        added = insert(calendar_feed).values(feed | {"added_at": NOW, "next_at": NOW}).returning(calendar_feed.c.id)
        await notify_managers_of_calendar(conn, (await conn.execute(added)).scalar_one(), NOW)

    async def is_settled() -> bool:
        query = select(message.c.state).where(message.c.channel == "mail").order_by(message.c.recipient)
        async with database.connect() as conn:
            return list((await conn.execute(query)).scalars()) == ["failed", "sent"]

    async with sending(database_url, smtp):
        await until(is_settled)
    [mail] = [mail for mail in smtp.caught if mail["To"] == "boss@harborboats.example"]
    assert mail["Subject"] == "A calendar of Jonas Berg was never read"
    assert "Harbor Boats support" in str(mail["From"])


async def test_at_most_four_mails_to_one_domain_go_out_in_parallel(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    smtp.slow = 1
    for nth in range(9):
        await enqueue(database, escalation_id, "reminder", str(nth))
    async with sending(database_url, smtp):
        await settled(database, escalation_id, *["sent"] * 9)
    assert len(smtp.caught) == 9
    assert smtp.most_concurrent == LANES_PER_DESTINATION


async def test_two_senders_send_each_message_once(database: AsyncEngine, database_url: str, smtp: MailServer) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp), sending(database_url, smtp):
        for nth in range(40):
            await enqueue(database, escalation_id, "reminder", str(nth))
        await settled(database, escalation_id, *["sent"] * 40)
    assert len({mail["Message-ID"] for mail in smtp.caught}) == len(smtp.caught) == 40


async def test_without_an_alert_webhook_its_messages_are_dropped(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "lead_alert", channel="webhook", recipient="alerts")
        await settled(database, escalation_id)
    assert await failure_reasons(database, escalation_id) == []


async def test_an_incomplete_or_outdated_letter_fails_instead_of_being_sent(
    database: AsyncEngine, database_url: str, smtp: MailServer
) -> None:
    escalation_id = await open_escalation(database)
    async with sending(database_url, smtp):
        await enqueue(database, escalation_id, "rating_alert")
        await enqueue(database, escalation_id, "reminder", params={"starts_at": (NOW - timedelta(hours=1)).isoformat()})
        await settled(database, escalation_id, "failed", "failed")
    assert smtp.caught == []
    reasons = await failure_reasons(database, escalation_id)
    assert sorted(reasons) == ["no rating in the letter's context", "not sent, because the call has begun"]
