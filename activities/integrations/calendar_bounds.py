"""Which entries of a calendar are dropped while it is read: most are over, and can't come again."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from activities.integrations.calendar_entries import UNREAD_MARK
from activities.integrations.calendar_text import RawComponent
from activities.integrations.calendar_times import DAY, ZONES_APART, Unreadable, parse_length
from domain.booking import Span
from domain.schedules.calendar_feed import OWN_PREFIX

_CHANGES_KEPT = timedelta(days=60)
"""A changed occurrence may replace one that lasts this long."""
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_UNTIL = re.compile(r"UNTIL\s*=\s*(\d{4}-?\d\d-?\d\d)", re.IGNORECASE)
_ENDLESS = {"RDATE", "EXRULE", UNREAD_MARK}


def may_matter(component: RawComponent, bounds: Span) -> bool:
    """Whether an entry may make somebody busy within the bounds or later. Our own entries never do."""
    lines = [(line.partition(":")[0].partition(";")[0].strip().upper(), line) for line in component.lines]
    if any(name == "UID" and line.partition(":")[2].strip().startswith(OWN_PREFIX) for name, line in lines):
        return False
    last = None if component.kind == "VFREEBUSY" else _last_day(lines)
    return last is None or last >= bounds[0].replace(tzinfo=None) - ZONES_APART - DAY


def _last_day(lines: list[tuple[str, str]]) -> datetime | None:
    """The last day on which an entry can have occurrences; None if that is unknown."""
    last: datetime | None = None
    lasts, margin = timedelta(), timedelta()
    for name, line in lines:
        value = line.rpartition(":")[2]
        if name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            day = _day_in(value)
            margin = _CHANGES_KEPT if name == "RECURRENCE-ID" else margin
        elif name == "RRULE":
            found = _UNTIL.search(line)
            day = _day_in(found[1]) if found and "COUNT" not in line.upper() else None
        elif name == "DURATION":
            try:
                lasts = parse_length(value).most
            except Unreadable:
                return None
            continue
        elif name in _ENDLESS:
            return None
        else:
            continue
        if day is None or (name == "RECURRENCE-ID" and "RANGE" in line.upper()):
            return None
        last = day if last is None else max(last, day)
    return None if last is None or last.year > 9000 else last + lasts + margin + _spread(lines)


def _spread(lines: list[tuple[str, str]]) -> timedelta:
    """How long each occurrence of a series may last: as long as its first."""
    days = {name: _day_in(line.rpartition(":")[2]) for name, line in lines if name in ("DTSTART", "DTEND")}
    first, end = days.get("DTSTART"), days.get("DTEND")
    return max(end - first, timedelta()) if first and end and any(name == "RRULE" for name, _ in lines) else timedelta()


def _day_in(value: str) -> datetime | None:
    found = _DAY.match(value.strip())
    if found is None:
        return None
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]))  # noqa: DTZ001  zones are within the margin
    except ValueError:
        return None
