"""The calendar entry, parsed back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from icalendar import Calendar

from activities.integrations.calendar import Method, invite
from activities.letters.as_mail import as_mail, calendar_entry
from activities.letters.write import write
from domain.letter import BookingContext, LetterKind
from tests.activities.sample_letter import ADDRESSES, STARTS, letter_context

ENTRY = calendar_entry(letter_context(LetterKind.CONFIRMATION), ADDRESSES)


def parse(content: bytes) -> tuple[Any, Any]:
    """The calendar and its one event."""
    calendar = Calendar.from_ical(content)
    [event] = calendar.walk("VEVENT")
    return calendar, event


def files_of(mail: EmailMessage) -> list[bytes]:
    kinds = ("text/calendar", "application/ics")
    parts = [part for part in mail.walk() if part.get_content_type() in kinds]
    return [part.get_payload(decode=True) for part in parts]  # type: ignore[misc]


def test_an_invitation_is_the_teams() -> None:
    calendar, event = parse(invite(ENTRY, Method.REQUEST))
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == "booking-12-0b8f5c1e-3c57-4f6a-9a51-5d4f1f6f7a01@calls.harborboats.example"
    assert event["SEQUENCE"] == 0
    assert event["DTSTART"].dt == STARTS
    assert event["DTEND"].dt == STARTS + timedelta(minutes=20)
    assert event["ORGANIZER"] == "mailto:support@harborboats.example"
    assert event["ORGANIZER"].params["CN"] == "Support"
    assert event["ATTENDEE"] == "mailto:mira@olsen.example"
    assert event["STATUS"] == "CONFIRMED"
    assert (event["ATTENDEE"].params["PARTSTAT"], event["ATTENDEE"].params["RSVP"]) == ("ACCEPTED", "FALSE")
    assert b"DTSTART:20261124T093000Z" in invite(ENTRY, Method.REQUEST)


def test_moving_and_cancelling_change_the_same_entry() -> None:
    booked = parse(files_of(_mail(LetterKind.CONFIRMATION, 0))[0])[1]
    moved = parse(files_of(_mail(LetterKind.MOVED, 1))[0])[1]
    calendar, cancelled = parse(files_of(_mail(LetterKind.CANCELLED, 2))[0])
    assert booked["UID"] == moved["UID"] == cancelled["UID"]
    assert [event["SEQUENCE"] for event in (booked, moved, cancelled)] == [0, 1, 2]
    assert calendar["METHOD"] == "CANCEL"
    assert cancelled["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("kind", [LetterKind.CONFIRMATION, LetterKind.MOVED])
def test_a_mail_carries_the_entry_for_calendars_and_as_a_file(kind: LetterKind) -> None:
    mail = _mail(kind, 0)
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    first, second = files_of(mail)
    assert first == second


@pytest.mark.parametrize("sender", ["", "calls@harborboats.example"])
@pytest.mark.parametrize("team", ["", "support@harborboats.example", "support@bådhavn.example"])
def test_the_organizer_is_the_address_that_the_mail_comes_from(team: str, sender: str) -> None:
    context = letter_context(LetterKind.CONFIRMATION, team_address=team, recipient="mira@ø.example")
    context = replace(context, customer_email=context.recipient)
    mail = as_mail(write(context, ADDRESSES), context, ADDRESSES, sender)
    parsed = message_from_bytes(mail.as_bytes(), policy=default)
    event = parse(files_of(mail)[0])[1]
    [sent_from], [sent_to] = parsed["From"].addresses, parsed["To"].addresses
    assert event["ORGANIZER"] == f"mailto:{sent_from.addr_spec}"
    assert event["ATTENDEE"] == f"mailto:{sent_to.addr_spec}"


def test_a_published_entry_has_no_attendees() -> None:
    for method, attendees in ((Method.REQUEST, 1), (Method.CANCEL, 1), (Method.PUBLISH, 0)):
        _, event = parse(invite(ENTRY, method))
        assert ("ATTENDEE" in event) == bool(attendees)
        assert {"UID", "DTSTAMP", "ORGANIZER", "SEQUENCE", "DTSTART"} <= set(event)


def test_hostile_words_add_no_line_to_the_entry() -> None:
    hostile = 'Boat"\r\nATTENDEE:mailto:victim@x.example\nBEGIN:VALARM;x=1,2\\n\u202e\u2028'
    entry = replace(ENTRY, subject=hostile, team_name=hostile, customer_name=hostile)
    content = invite(entry, Method.REQUEST)
    _, event = parse(content)
    assert event["ATTENDEE"] == "mailto:mira@olsen.example"
    assert event.subcomponents == []
    lines = content.replace(b"\r\n ", b"").split(b"\r\n")
    assert not [line for line in lines if line.startswith((b"ATTENDEE:", b"BEGIN:VALARM"))]
    assert "\u202e" not in content.decode()


def _mail(kind: LetterKind, sequence: int) -> EmailMessage:
    context = letter_context(kind, booking=BookingContext(12, STARTS, 1200, sequence))
    return as_mail(write(context, ADDRESSES), context, ADDRESSES)
