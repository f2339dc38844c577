"""The moments that opening hours can tell apart: every in/out combination of a year, each with a real moment.

Days with the same weekday, clock and holidays, and neighbours alike, are the same day to any hours; one of each kind
is tried. That takes in winter, summer, the weeks between two continents' clock changes, and every holiday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules_dsl import defaults
from rules_dsl.decision import OpenHours
from rules_dsl.hours import is_holiday, is_open, wall_instant

_YEAR = 365
_NOON = defaults.EXAMPLE_MOMENT[1] * 60


@lru_cache(maxsize=64)
def hour_combinations(hours: tuple[OpenHours, ...], zone: str) -> tuple[tuple[datetime, tuple[bool, ...]], ...]:
    """Each combination of open and closed that occurs, in the order of ``hours``, with the first moment it does.

    Noon of the example week comes first: without hours it is the only moment.
    """
    noon = wall_instant(ZoneInfo(zone), defaults.EXAMPLE_WEEK + timedelta(days=2), _NOON)
    found: dict[tuple[bool, ...], datetime] = {}
    for moment in (noon, *_boundaries(hours)):
        found.setdefault(tuple(is_open(one, moment) for one in hours), moment)
    return tuple((moment, state) for state, moment in found.items())


def _boundaries(hours: tuple[OpenHours, ...]) -> Iterator[datetime]:
    """Whatever changes, changes at one of these."""
    for day in _days(hours):
        for one in hours:
            zone = ZoneInfo(one.time_zone)
            minutes = sorted({minute for _, start, end in one.spans for minute in (start, end)} | {0})
            for minute in minutes:
                yield wall_instant(zone, day, minute * 60).astimezone(UTC)


def _days(hours: tuple[OpenHours, ...]) -> list[date]:
    """One day of each kind, the example week's first."""
    start = defaults.EXAMPLE_WEEK
    kinds = [_kind(start + timedelta(days=number - 1), hours) for number in range(_YEAR + 2)]
    first: dict[object, date] = {}
    for number in range(_YEAR):
        first.setdefault((kinds[number], kinds[number + 1], kinds[number + 2]), start + timedelta(days=number))
    return list(first.values())


def _kind(day: date, hours: tuple[OpenHours, ...]) -> tuple[object, ...]:
    zones = dict.fromkeys(one.time_zone for one in hours)
    offsets = tuple(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).utcoffset() for zone in zones)
    return (day.weekday(), offsets, tuple(is_holiday(one, day) for one in hours))
