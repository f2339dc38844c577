"""Calendars with one question each: what is busy, as read and as stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activities.integrations.calendar_reading import read
from domain.booking import Span
from domain.schedules.calendar_feed import Reading
from tests.activities.calendars import calendar, event

BOUNDS = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 4, 20, tzinfo=UTC))
ZONE = "Europe/Copenhagen"
JANUARY = datetime(2027, 1, 1)  # noqa: DTZ001  local time
HOUR = timedelta(hours=1)
ALL_DAY = ("DTSTART;VALUE=DATE:20261201",)
NINE = ("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z")
LOCAL = ("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTEND;TZID=Europe/Berlin:20261201T110000")
WEEKLY = (*LOCAL, "RRULE:FREQ=WEEKLY;COUNT=3")
GOOD = event("DTSTART:20261203T080000Z", "DTEND:20261203T090000Z")


def reading(*parts: str, head: str = "", person: str = "", bounds: Span = BOUNDS) -> Reading:
    found = read(calendar(*parts, head=head), bounds, ZONE, person)
    again = read(found.content, bounds, ZONE, person)
    assert again == found, "the stored copy is normalised, and says the same"
    return found


def starts(*parts: str, head: str = "", person: str = "") -> list[str]:
    """When busy times begin in UTC, as ``12-01 09:00``."""
    return [f"{start:%m-%d %H:%M}" for start, _ in reading(*parts, head=head, person=person).busy]
