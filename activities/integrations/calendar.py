"""The customer's calendar entry of a booking (RFC 5545, RFC 5546), with the team as its organiser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from domain.letter import one_line


class Method(StrEnum):
    REQUEST = "REQUEST"
    """A booking, or a change of it: ``sequence`` says which is newer."""
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"
    """To be downloaded from a page."""


@dataclass(frozen=True)
class Invite:
    uid: str
    """The same through the life of the booking, so that a move changes the entry and adds none."""
    sequence: int
    starts_at: datetime
    seconds: int
    subject: str
    """The ticket's."""
    team_name: str
    team_address: str
    customer_name: str
    customer_email: str
    page: str
    """The customer's page of the call."""
    written_at: datetime


def booking_uid(booking_id: int, escalation_id: str, host: str) -> str:
    """The UID of a booking's entry, wherever it is made."""
    return f"booking-{booking_id}-{escalation_id}@{host}"


def invite(entry: Invite, method: Method) -> bytes:
    """The entry as an iCalendar file. Somebody else's words are made one line of plain text."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(entry.written_at))
    event.add("dtstart", _utc(entry.starts_at))
    event.add("dtend", _utc(entry.starts_at + timedelta(seconds=entry.seconds)))
    event.add("summary", f"Call with {one_line(entry.team_name)}: {one_line(entry.subject)}")
    event.add("organizer", _party(entry.team_address, entry.team_name))
    event.add("attendee", _customer(entry), encode=False)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    if method is not Method.CANCEL:
        event.add("location", entry.page)
        event.add("url", vUri(entry.page))
        event.add("description", f"Join, move or cancel the call here: {entry.page}")
    calendar = Calendar()
    calendar.add("prodid", "-//Muster//Calls//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _party(address: str, name: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{one_line(address)}")
    # A parameter's value knows no escape for a double quote.
    party.params["CN"] = vText(one_line(name or address).replace('"', "'"))
    return party


def _customer(entry: Invite) -> vCalAddress:
    party = _party(entry.customer_email, entry.customer_name)
    party.params["ROLE"] = vText("REQ-PARTICIPANT")
    party.params["PARTSTAT"] = vText("NEEDS-ACTION")
    party.params["RSVP"] = vText("FALSE")
    return party
