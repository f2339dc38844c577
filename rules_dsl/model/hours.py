"""Opening hours and working days, in the wall time of their own time zone.

A skipped wall time moves forward; a repeated one means its first occurrence.
"""

from __future__ import annotations

import importlib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules_dsl.model.decision import OpenHours

_FARTHEST = 3700
"""How many days ahead to search for a working day: slightly more than ten years."""


def wall_instant(zone: ZoneInfo, day: date, second: int) -> datetime:
    """The UTC instant of a wall time, given in seconds since midnight; 86400 is the next midnight."""
    wall = datetime.combine(day, time()) + timedelta(seconds=second)
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


@lru_cache(maxsize=256)
def _closed_days(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The holidays in a year.

    Imports the library only when needed, because the import takes as long as checking most rules files does.
    """
    holidays = importlib.import_module("holidays")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


def knows_country(country: str, subdivision: str | None = None) -> bool:
    """Whether the ``holidays`` library knows this country and subdivision."""
    try:
        _closed_days(country, subdivision, 2026)
    except NotImplementedError:
        return False
    return True


def holidays_in(hours: OpenHours, year: int) -> frozenset[date]:
    """The days in a year on which these hours are closed, whatever the weekday."""
    return _closed_days(hours.holidays, hours.holiday_subdivision, year) if hours.holidays else frozenset()


def is_holiday(hours: OpenHours, day: date) -> bool:
    return day in holidays_in(hours, day.year)


def is_open(hours: OpenHours, moment: datetime) -> bool:
    """Whether the moment is in one of the spans, each of which includes its start and excludes its end.

    ``moment`` has a time zone.
    """
    today = moment.astimezone(ZoneInfo(hours.time_zone)).date()
    days = [today]
    if today > date.min:
        days.insert(0, today - timedelta(days=1))
    return any(opens <= moment < closes for day in days for opens, closes in _openings(hours, day))


@lru_cache(maxsize=4096)
def _openings(hours: OpenHours, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """When the hours open and close on a day. Cached, because decisions ask about today, again and again."""
    zone = ZoneInfo(hours.time_zone)
    return tuple(
        (wall_instant(zone, day, start * 60), wall_instant(zone, day, end * 60))
        for weekday, start, end in hours.spans
        if weekday == day.weekday() and not is_holiday(hours, day)
    )


def is_working_day(hours: OpenHours | None, day: date) -> bool:
    """Whether a day has opening hours and isn't a holiday; without hours, whether it is Monday to Friday."""
    if hours is None:
        return day.weekday() < 5
    return any(weekday == day.weekday() for weekday, _, _ in hours.spans) and not is_holiday(hours, day)


def working_days_after(hours: OpenHours | None, zone: str, moment: datetime, n: int) -> datetime:
    """The instant, in UTC, of the same wall time on the n-th working day after the moment's day; for 0, the moment
    itself.

    Saturday noon plus 1 working day is Monday noon. Raises ``ValueError`` if the hours have no working day.
    """
    if n == 0:
        return moment.astimezone(UTC)
    zone_info = ZoneInfo(zone)
    local = moment.astimezone(zone_info)
    day, left = local.date(), n
    for _ in range(_FARTHEST + 2 * n):
        day += timedelta(days=1)
        if is_working_day(hours, day):
            left -= 1
        if left == 0:
            second = local.hour * 3600 + local.minute * 60 + local.second
            return wall_instant(zone_info, day, second)
    raise ValueError("these hours hold no working day")
