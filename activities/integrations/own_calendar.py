"""The ICS feed: a person's own shifts and calls as an iCalendar file (RFC 5545), for use in their calendar program."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vUri

from database.stores.staff.ics_feed import OwnCall
from domain.booking import Span
from domain.letter import one_line
from domain.schedules.calendar_feed import OWN_PREFIX


def own_calendar(shifts: Iterable[Span], calls: Iterable[OwnCall], host: str, desk: str, now: datetime) -> bytes:
    """Shifts are shown as free, calls as busy. Customers aren't named: only a secret address protects the feed."""
    calendar = Calendar()
    calendar.add("prodid", "-//Muster//Own calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Muster")
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for start, stop in shifts:
        uid = f"{OWN_PREFIX}shift-{start.astimezone(UTC):%Y%m%dT%H%M%SZ}@{host}"
        event = _event(uid, start, stop, "Shift for calls", now)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    for call in calls:
        stop = call.starts_at + timedelta(seconds=max(call.seconds, 60))
        event = _event(
            f"{OWN_PREFIX}call-{call.id}@{host}", call.starts_at, stop, f"Call: {one_line(call.ticket)}", now
        )
        event.add("transp", "OPAQUE")
        event.add("url", vUri(desk))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(uid: str, start: datetime, stop: datetime, summary: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start.astimezone(UTC).replace(microsecond=0))
    event.add("dtend", stop.astimezone(UTC).replace(microsecond=0))
    event.add("summary", summary)
    return event
