"""The customer's free start times, grouped by day, in one named time zone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from web.wording import times

DAYS_SHOWN = 3
"""How many days are shown expanded; the others need a click."""
STARTS_SHOWN = 12
"""How many of a day's start times are visible at first; the others need a click."""
AWAKE = range(7, 22)
"""The hours of the customer's day whose start times come first; the others need a click."""
STARTS_A_PAGE = 600
"""Maximum number of start times per page, except that a day is never split."""
_YEARS = range(2000, 2200)


@dataclass(frozen=True)
class Slot:
    value: str
    """The form value: the start time in UTC."""
    clock: str
    label: str
    """Day and time, for buttons and screen readers."""


@dataclass(frozen=True)
class SlotDay:
    name: str
    shown: tuple[Slot, ...]
    folded: tuple[Slot, ...]
    night: tuple[Slot, ...] = ()
    """Before or after the hours in which most people are awake."""
    change: str = ""
    """That the clocks go forward or back on this day; empty on most days."""

    @property
    def free(self) -> int:
        return len(self.shown) + len(self.folded) + len(self.night)


@dataclass(frozen=True)
class More:
    """The days after those on this page."""

    first: date
    name: str
    """The first of these days, in words."""
    free: int
    """Free start times on all these days together."""


@dataclass(frozen=True)
class PageOfDays:
    days: tuple[SlotDay, ...]
    more: More | None
    later: bool
    """Whether the page leaves out earlier days."""


def slot(start: datetime, zone: str) -> Slot:
    return _slot(start, times.start_clock(start, zone), times.day(start, zone))


def _slot(start: datetime, clock: str, day: str) -> Slot:
    return Slot(start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), clock, f"{day}, {clock}")


def page_of_days(starts: Sequence[datetime], zone: str, first: date | None = None) -> PageOfDays:
    """One page of days with free start times in this zone: from ``first`` on, or all days if none is that late.

    Takes whole days, up to ``STARTS_A_PAGE`` start times but at least one day.
    """
    local = ZoneInfo(zone)
    by_date: dict[date, list[datetime]] = {}
    for start in starts:
        by_date.setdefault(start.astimezone(local).date(), []).append(start)
    days = sorted(by_date)
    begin = next((number for number, day in enumerate(days) if first is not None and day >= first), 0)
    shown: list[SlotDay] = []
    count = 0
    for day in days[begin:]:
        if shown and count + len(by_date[day]) > STARTS_A_PAGE:
            break
        shown.append(_day(by_date[day], day, zone, local))
        count += len(by_date[day])
    rest = days[begin + len(shown) :]
    free = sum(len(by_date[day]) for day in rest)
    more = More(rest[0], times.day(by_date[rest[0]][0], zone), free) if rest else None
    return PageOfDays(tuple(shown), more, begin > 0)


def _day(starts: Sequence[datetime], day: date, zone: str, local: ZoneInfo) -> SlotDay:
    name, midnight = times.day(starts[0], zone), datetime(day.year, day.month, day.day, tzinfo=local)
    before, after = midnight.utcoffset(), (midnight + timedelta(days=1)).utcoffset()
    awake, night = list[Slot](), list[Slot]()
    for start in starts:
        at = start.astimezone(local)
        # An hour can occur twice only on a day when the clocks change.
        plain = before == after and not at.second
        clock = f"{at.hour:02}:{at.minute:02}" if plain else times.start_clock(start, zone)
        (awake if at.hour in AWAKE else night).append(_slot(start, clock, name))
    change = times.clock_change(before, after)
    return SlotDay(name, tuple(awake[:STARTS_SHOWN]), tuple(awake[STARTS_SHOWN:]), tuple(night), change)


def read_day(value: str) -> date | None:
    """The day in a URL, or None if it isn't a date."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def read_start(value: str) -> datetime | None:
    """The start time that a form sent, or None if it isn't a moment with a UTC offset."""
    try:
        start = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return start.astimezone(UTC) if start.tzinfo is not None and start.year in _YEARS else None
