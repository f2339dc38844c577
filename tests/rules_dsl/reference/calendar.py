"""Which hours are open when: every half hour of the years that proofs cover.

A span includes its start and excludes its end, both in the hours' own time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

FIRST, LAST = date(2025, 1, 1), date(2055, 12, 31)
_HALF_HOUR = 1800
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COUNTRIES = {"Germany": "DE", "United States": "US"}


@dataclass(frozen=True)
class Hours:
    name: str
    spans: tuple[tuple[int, int, int, int], ...]
    """First and last weekday, from 0 for Monday, and the half hours of the day at which they open and close."""
    zone: str
    holidays: str | None

    def line(self) -> str:
        spans = " and ".join(
            f"{DAYS[first]} to {DAYS[last]} {_clock(opens)} to {_clock(closes)}"
            for first, last, opens, closes in self.spans
        )
        closed = f', except holidays "{self.holidays}"' if self.holidays else ""
        return f'hours "{self.name}" are {spans} in {self.zone}{closed}'


def _clock(half_hours: int) -> str:
    return f"{half_hours // 2:02d}:{half_hours % 2 * 30:02d}"


HOURS = (
    Hours("Berlin", ((0, 4, 16, 36), (5, 5, 18, 26)), "Europe/Berlin", "Germany"),
    Hours("Denver", ((0, 4, 14, 34), (4, 5, 36, 46)), "America/Denver", "United States"),
    Hours("Sundays", ((6, 6, 16, 24),), "Europe/Berlin", None),
    Hours("Kolkata", ((0, 5, 18, 41),), "Asia/Kolkata", None),
    Hours("nights", ((0, 6, 0, 5),), "Europe/Berlin", None),
    Hours("open Sundays", ((6, 6, 16, 24),), "Europe/Berlin", "Germany"),
)
"""Holidays that meet a Sunday only in some years, clocks that change on different days, a zone of half an hour."""


@cache
def states(hours: tuple[Hours, ...]) -> dict[tuple[bool, ...], datetime]:
    """Which of these hours are open together, and a moment at which they are."""
    together = 0
    for place, one in enumerate(hours):
        together |= int.from_bytes(_open_half_hours(one), "little") << place
    by_half_hour = together.to_bytes(len(_open_half_hours(HOURS[0])), "little")
    return {
        tuple(bool(state >> place & 1) for place in range(len(hours))): moment_of(by_half_hour.index(state))
        for state in sorted(set(by_half_hour))
    }


def moment_of(half_hour: int) -> datetime:
    return datetime.combine(FIRST, time(), UTC) + timedelta(seconds=_HALF_HOUR * half_hour)


def is_open(hours: Hours, moment: datetime) -> bool:
    start = datetime.combine(FIRST, time(), UTC)
    return bool(_open_half_hours(hours)[int((moment - start).total_seconds()) // _HALF_HOUR])


@cache
def _open_half_hours(hours: Hours) -> bytearray:
    zone, start = ZoneInfo(hours.zone), datetime.combine(FIRST, time(), UTC)
    country = COUNTRIES.get(hours.holidays or "")
    closed = holidays.country_holidays(country, years=range(2024, 2057)) if country else {}
    found = bytearray(((LAST - FIRST).days + 1) * 48)
    days = (FIRST + timedelta(days=at) for at in range(-1, (LAST - FIRST).days + 2))
    for day in days:
        for first, last, opens, closes in hours.spans if day not in closed else ():
            if first <= day.weekday() <= last:
                since, until = (max(0, int((_wall(zone, day, at) - start).total_seconds()) // _HALF_HOUR)
                                for at in (opens, closes))  # fmt: skip
                until = min(until, len(found))
                found[since:until] = b"\1" * max(0, until - since)
    return found


def _wall(zone: ZoneInfo, day: date, half_hours: int) -> datetime:
    """The first moment at which the clocks there show this time; one that they skip moves forward."""
    return (datetime.combine(day, time(), zone) + timedelta(minutes=30 * half_hours)).replace(fold=0).astimezone(UTC)
