"""An outage that concerns many escalations is one alert to each recipient."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.journal.notify import notify_managers
from domain.letter import GROUPED_LETTERS, LetterKind
from tests.activities.mail_server import MailServer
from tests.activities.queued_messages import NOW, enqueue, open_escalation, until
from tests.activities.receiver import Receiver
from tests.activities.running_sender import make_due, sending

MANAGER = "boss@harborboats.example"
_OTHERS = text("""
INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state, plan,
  ruleset, rule, opened_by, opened_at, updated_at, team)
SELECT gen_random_uuid(), desk, ticket_system, n::text, '', 'Ticket ' || n, facts, customer, mode, state, plan, ruleset,
  rule, opened_by, opened_at, updated_at, team FROM escalation, generate_series(101, 145) n RETURNING id::text
""")


@pytest.fixture
async def escalations(database: AsyncEngine) -> list[str]:
    first = await open_escalation(database)
    async with database.begin() as conn:
        return [first, *(await conn.execute(_OTHERS)).scalars()]


async def states(database: AsyncEngine) -> set[str]:
    async with database.connect() as conn:
        return set((await conn.execute(text("SELECT state FROM message"))).scalars())


@pytest.mark.parametrize("kind", sorted(GROUPED_LETTERS))
async def test_forty_six_alerts_to_one_person_are_one_mail_that_names_each_call(
    database: AsyncEngine, database_url: str, smtp: MailServer, escalations: list[str], kind: LetterKind
) -> None:
    for one in escalations:
        await enqueue(database, one, kind.value, recipient=MANAGER)
    await enqueue(database, escalations[0], kind.value, "other", recipient="other@harborboats.example")
    async with sending(database_url, smtp):
        await until(lambda: _is(database, "sent"))
    texts = {str(mail["To"]): _plain(mail) for mail in smtp.caught}
    assert len(smtp.caught) == len(texts) == 2
    assert all(f"/ops/{one}" in texts[MANAGER] for one in escalations)
    assert "46 " in next(mail["Subject"] for mail in smtp.caught if mail["To"] == MANAGER)
    assert escalations[1] not in texts["other@harborboats.example"]


async def test_a_grouped_alert_that_fails_is_sent_again_as_the_same_letter(
    database: AsyncEngine, database_url: str, smtp: MailServer, escalations: list[str]
) -> None:
    smtp.refused[MANAGER] = "451 try again"
    for one in escalations:
        await enqueue(database, one, "manager_nobody", recipient=MANAGER)
    async with sending(database_url, smtp):
        await until(lambda: _tried(database, len(escalations)))
        smtp.refused.clear()
        await make_due(database)
        await until(lambda: _is(database, "sent"))
    [mail] = smtp.caught
    assert mail["Subject"] == "Nobody was available for 46 calls"


async def test_alerts_wait_a_moment_for_others_and_the_alert_channel_gets_one_post(
    database: AsyncEngine, database_url: str, smtp: MailServer, hook: Receiver, escalations: list[str]
) -> None:
    async with database.begin() as conn:
        for one in escalations:
            await notify_managers(conn, one, "manager_nobody", NOW)
        late = await conn.execute(text("SELECT bool_and(next_attempt_at > now()) FROM message"))
        assert late.scalar_one(), "each waits for others of its kind"
    async with sending(database_url, smtp, hook):
        await make_due(database)
        await until(lambda: _is(database, "sent"))
    assert ["46 calls" in received.payload["text"] for received in hook.received] == [True]


def _plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def _is(database: AsyncEngine, state: str) -> bool:
    return await states(database) == {state}


async def _tried(database: AsyncEngine, number: int) -> bool:
    async with database.connect() as conn:
        tried = await conn.execute(text("SELECT count(*) FROM message WHERE last_error <> ''"))
        return bool(tried.scalar_one() == number)
