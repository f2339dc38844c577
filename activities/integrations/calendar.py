"""The customer's calendar entry for a booking (RFC 5545, RFC 5546), with the team as organiser.

Emails and the customer's page build it with the same two functions, so a calendar that receives both keeps one entry.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from domain.letter import BookingContext, name_line, one_line, subject_line
from domain.mail_address import ascii_domain


class Method(StrEnum):
    REQUEST = "REQUEST"
    """A new or changed booking; ``sequence`` shows which version is newer."""
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"
    """For download from a page."""


@dataclass(frozen=True)
class Invite:
    uid: str
    """Stays the same for the booking's lifetime, so that moving it updates the entry instead of adding another."""
    sequence: int
    starts_at: datetime
    seconds: int
    subject: str
    """The ticket's subject."""
    team_name: str
    organizer: str
    """The address that the mail with this entry comes from: calendars compare the two."""
    customer_name: str
    customer_email: str
    page: str
    """Address of the customer's page for the call."""
    written_at: datetime


class Parties(Protocol):
    """Who meets whom about what, as provided by both a letter's context and the customer's page."""

    @property
    def escalation_id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def team_name(self) -> str: ...
    @property
    def team_address(self) -> str:
        """The team's email address; empty if there is no team."""

    @property
    def customer_name(self) -> str: ...
    @property
    def customer_email(self) -> str: ...


def entry_of(booking: BookingContext, parties: Parties, page: str, written_at: datetime, sender: str = "") -> Invite:
    """The entry for a booking. ``page`` is the address of the customer's page; its host completes the UID.

    ``written_at`` is when the booking was made or last changed; ``sender`` is the address that sends all mail, if one
    does.
    """
    host = urlsplit(page).hostname or "localhost"
    return Invite(
        uid=f"booking-{booking.id}-{parties.escalation_id}@{host}",
        sequence=booking.sequence,
        starts_at=booking.starts_at,
        seconds=booking.seconds,
        subject=subject_line(parties.subject),
        team_name=name_line(parties.team_name),
        organizer=_as_mailed(sender or parties.team_address or f"no-reply@{host}"),
        customer_name=name_line(parties.customer_name),
        customer_email=_as_mailed(parties.customer_email),
        page=page,
        written_at=written_at,
    )


def invite(entry: Invite, method: Method) -> bytes:
    """The entry as an iCalendar file. Text that people typed is reduced to one line of plain text."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(entry.written_at))
    event.add("dtstart", _utc(entry.starts_at))
    event.add("dtend", _utc(entry.starts_at + timedelta(seconds=entry.seconds)))
    event.add("summary", f"Call with {one_line(entry.team_name)}: {one_line(entry.subject)}")
    event.add("organizer", _party(entry.organizer, entry.team_name))
    if method is not Method.PUBLISH:
        # A published entry has no attendees: RFC 5546, section 3.2.1.
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


def _as_mailed(address: str) -> str:
    """The address as mail headers have it, with the domain in ASCII; unchanged if it isn't valid."""
    local, at, domain = address.rpartition("@")
    with suppress(ValueError):
        domain = ascii_domain(domain)
    return f"{local}{at}{domain}"


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _party(address: str, name: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{one_line(address)}")
    # A parameter value has no way to escape a double quote.
    party.params["CN"] = vText(one_line(name or address).replace('"', "'"))
    return party


def _customer(entry: Invite) -> vCalAddress:
    """The customer, who chose the time and need not answer."""
    party = _party(entry.customer_email, entry.customer_name)
    party.params["ROLE"] = vText("REQ-PARTICIPANT")
    party.params["PARTSTAT"] = vText("ACCEPTED")
    party.params["RSVP"] = vText("FALSE")
    return party
