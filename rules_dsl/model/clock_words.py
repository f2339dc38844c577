"""Parses days and times of day (``Mon``, ``Monday``, ``08:30``, ``24:00``) and time zones."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def day_number(word: str) -> int | None:
    """0 for Monday, from a full name or its first three letters; None for other words."""
    low = word.lower()
    for number, name in enumerate(_LONG):
        if low in (name, name[:3]):
            return number
    return None


def minute_of_day(word: str) -> int | None:
    """Minutes since midnight; ``24:00`` is 1440. None if the word isn't a time of day."""
    found = _TIME.fullmatch(word)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    return hour * 60 + minute


def days_between(first: int, last: int) -> tuple[int, ...]:
    """The weekdays from first to last; ``Fri`` to ``Mon`` spans the weekend."""
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_named(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name in zone_names() else None


_PLACES = {
    "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
    "MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "HST": "Pacific/Honolulu", "AKST": "America/Anchorage", "AKDT": "America/Anchorage",
    "GMT": "Europe/London", "GMT0": "Europe/London", "GMT+0": "Europe/London", "GMT-0": "Europe/London",
    "Greenwich": "Europe/London", "BST": "Europe/London", "CEST": "Europe/Berlin", "EEST": "Europe/Athens",
    "WEST": "Europe/Lisbon", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "SGT": "Asia/Singapore",
    "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland",
}  # fmt: skip
"""A place for each abbreviation of a time zone, some of which have several."""
_UTC = frozenset({"UTC", "UCT", "Universal", "Zulu"})


def place_of_zone(name: str) -> str | None:
    """The zone of a place whose people use this abbreviation; None for other words."""
    return _PLACES.get(name)


def fixed_shift(name: str) -> str | None:
    """For a zone that stands still all year and isn't a place's or UTC, its distance from UTC in words."""
    bare = name.removeprefix("Etc/")
    if bare in _UTC or (
        bare == name and name not in ("EST", "MST", "HST", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich")
    ):
        return None
    offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(name)).utcoffset() or timedelta()
    hours = round(offset / timedelta(hours=1))
    if not hours:
        return "it is UTC"
    return f"it is {abs(hours)} hour{'' if abs(hours) == 1 else 's'} {'ahead of' if hours > 0 else 'behind'} UTC"
