"""The customer's calendar entry, in the mail and on their page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from activities.letters.as_mail import as_mail
from activities.letters.letter import Addresses
from activities.letters.write import write
from config.settings import Settings
from database.stores import booking
from database.stores.journal.message_queue import take_due
from database.stores.queries.letter_context import letter_context
from domain.letter import Channel, LetterKind
from tests.web.customers import Caller, caller, visitor
from tests.web.office import Office, office

__all__ = ["office"]


async def mailed(office: Office, mira: Caller, kind: LetterKind) -> bytes:
    """The attachment of the newest mail of this kind, made from the rows that the sender reads."""
    settings: Settings = office.app.state.settings
    async with office.engine.begin() as conn:
        [waiting] = [
            one for one in await take_due(conn, Channel.MAIL, 10, timedelta(minutes=1)) if one.kind == kind.value
        ]
        context = await letter_context(conn, waiting)
    addresses = Addresses(settings.base_url, mira.tokens)
    [file] = as_mail(write(context, addresses), context, addresses).iter_attachments()
    assert isinstance(file, EmailMessage)
    content: bytes = file.get_content()
    return content


async def downloaded(office: Office, mira: Caller) -> bytes:
    async with visitor(office.app) as client:
        answer = await client.get(f"{mira.address}/calendar.ics")
    return answer.content


@pytest.mark.parametrize(
    "changes",
    [
        "SELECT 1",
        f"UPDATE team SET name = name || '{' Harbor' * 15}', address = ''",
        f"UPDATE customer SET name = E'Mira\\n{'Olsen ' * 15}'; UPDATE escalation SET subject = ' '",
    ],
    ids=["plain", "a long team without an address", "a long name and no subject"],
)
async def test_mail_and_page_have_the_same_entry(office: Office, changes: str) -> None:
    mira = await caller(office)
    for statement in changes.split(";"):
        await mira.run(statement)
    await mira.book()
    page = await downloaded(office, mira)
    # A mail asks the calendar to keep the entry, a download only shows it, and names no attendees: RFC 5546.
    assert page == published(await mailed(office, mira, LetterKind.CONFIRMATION))
    await mira.run("UPDATE booking SET booked_at = booked_at - interval '1 hour'")
    async with office.engine.begin() as conn:
        moved_at = datetime.now(UTC)
        await booking.move(conn, mira.escalation_id, (await mira.free())[7], moved_at)
    page = await downloaded(office, mira)
    assert page == published(await mailed(office, mira, LetterKind.MOVED))
    assert f"DTSTAMP:{moved_at:%Y%m%dT%H%M%SZ}".encode() in page
    await mira.run("UPDATE booking SET changed_at = changed_at - interval '1 hour'")
    async with office.engine.begin() as conn:
        await booking.cancel(conn, mira.escalation_id, datetime.now(UTC))
    page, mail = await downloaded(office, mira), await mailed(office, mira, LetterKind.CANCELLED)
    assert b"METHOD:CANCEL" in mail
    assert page == mail


def published(content: bytes) -> bytes:
    lines = content.replace(b"\r\n ", b"").replace(b"METHOD:REQUEST", b"METHOD:PUBLISH").split(b"\r\n")
    unfolded = b"\r\n".join(line for line in lines if not line.startswith(b"ATTENDEE"))
    return bytes(Calendar.from_ical(unfolded).to_ical())
