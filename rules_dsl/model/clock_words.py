"""Parses days and times of day (``Mon``, ``Monday``, ``08:30``, ``24:00``) and time zones."""

from __future__ import annotations

import re
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
