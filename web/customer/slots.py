"""Free starts as a customer reads them: by day, in one named zone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from web.wording import times

DAYS_SHOWN = 3
"""Days that stand open; the others are a click away."""
STARTS_SHOWN = 12
"""Starts of one day that stand open."""
STARTS_A_PAGE = 600
"""Days that begin after so many starts are on the next page."""
_YEARS = range(2000, 2200)


@dataclass(frozen=True)
class Slot:
    value: str
    """What the form sends: the start in UTC."""
    clock: str
    label: str
    """The whole time in words, for buttons and screen readers."""


@dataclass(frozen=True)
class SlotDay:
    name: str
    shown: tuple[Slot, ...]
    folded: tuple[Slot, ...]

    @property
    def free(self) -> int:
        return len(self.shown) + len(self.folded)


@dataclass(frozen=True)
class More:
    """The days after those of a page."""

    first: date
    name: str
    """Of the first of them."""
    free: int
    """Starts on all of them."""


@dataclass(frozen=True)
class PageOfDays:
    days: tuple[SlotDay, ...]
    more: More | None
    later: bool
    """Whether days come before it."""


def slot(start: datetime, zone: str) -> Slot:
    return _slot(start, times.clock(start, zone), times.day(start, zone))


def _slot(start: datetime, clock: str, day: str) -> Slot:
    at = clock + (f":{start:%S}" if start.second else "")
    return Slot(start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), at, f"{day}, {at}")


def page_of_days(starts: Sequence[datetime], zone: str, first: date | None = None) -> PageOfDays:
    """The days of this zone that have a free start, in order, from ``first`` on if it has any then.

    Whole days, as many as a page bears; the rest are more.
    """
    place = ZoneInfo(zone)
    by_date: dict[date, list[datetime]] = {}
    for start in starts:
        by_date.setdefault(start.astimezone(place).date(), []).append(start)
    days = sorted(by_date)
    begin = next((number for number, day in enumerate(days) if first is not None and day >= first), 0)
    shown: list[SlotDay] = []
    taken = 0
    for day in days[begin:]:
        if shown and taken + len(by_date[day]) > STARTS_A_PAGE:
            break
        shown.append(_day(by_date[day], day, zone, place))
        taken += len(by_date[day])
    rest = days[begin + len(shown) :]
    free = sum(len(by_date[day]) for day in rest)
    more = More(rest[0], times.day(by_date[rest[0]][0], zone), free) if rest else None
    return PageOfDays(tuple(shown), more, begin > 0)


def _day(starts: Sequence[datetime], day: date, zone: str, place: ZoneInfo) -> SlotDay:
    name, midnight = times.day(starts[0], zone), datetime(day.year, day.month, day.day, tzinfo=place)
    # Only on a day whose clock changes an hour can be there twice.
    plain = midnight.utcoffset() == (midnight + timedelta(days=1)).utcoffset()
    slots = []
    for start in starts:
        at = start.astimezone(place)
        slots.append(_slot(start, f"{at.hour:02}:{at.minute:02}" if plain else times.clock(start, zone), name))
    return SlotDay(name, tuple(slots[:STARTS_SHOWN]), tuple(slots[STARTS_SHOWN:]))


def read_day(value: str) -> date | None:
    """The day that an address asks for, or None where it is none."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def read_start(value: str) -> datetime | None:
    """What a form sent back, or None where it is no instant."""
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None and found.year in _YEARS else None
