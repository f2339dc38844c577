"""The moments that opening hours distinguish: every open/closed combination in a year, each with an example.

Hours can't distinguish two days with the same weekday, UTC offsets and holidays if the days before and after them match
in these too, so only one day of each kind is examined. That covers winter, summer, the weeks between two continents'
clock changes, and every holiday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules_dsl.model import defaults
from rules_dsl.model.decision import OpenHours
from rules_dsl.model.hours import is_holiday, is_open, wall_instant

_YEAR = 365
_NOON = defaults.EXAMPLE_MOMENT[1] * 60


@lru_cache(maxsize=64)
def hour_combinations(hours: tuple[OpenHours, ...], zone: str) -> tuple[tuple[datetime, tuple[bool, ...]], ...]:
    """Each open/closed combination that occurs, in the order of ``hours``, with the first moment at which it occurs.

    Wednesday noon in the example week comes first; if the file has no hours, it is the only moment.
    """
    noon = wall_instant(ZoneInfo(zone), defaults.EXAMPLE_WEEK + timedelta(days=2), _NOON)
    found: dict[int, datetime] = {sum(is_open(one, noon) << at for at, one in enumerate(hours)): noon}
    for day in _days(hours) if hours else ():
        boundaries = list(_boundaries(hours, day))
        open_at = _open_at(boundaries, hours, day)
        for moment in boundaries:
            found.setdefault(open_at[moment], moment)
    places = range(len(hours))
    return tuple((moment, tuple(bool(state >> at & 1) for at in places)) for state, moment in found.items())


def _boundaries(hours: tuple[OpenHours, ...], day: date) -> Iterator[datetime]:
    """Yield the moments on a day at which any of the hours may open or close."""
    for one in hours:
        zone = ZoneInfo(one.time_zone)
        minutes = sorted({minute for _, start, end in one.spans for minute in (start, end)} | {0})
        for minute in minutes:
            yield wall_instant(zone, day, minute * 60)


def _open_at(moments: list[datetime], hours: tuple[OpenHours, ...], day: date) -> dict[datetime, int]:
    """For each of a day's moments, a bit mask of the hours that are open, computed in one sweep."""
    edges: list[tuple[datetime, int, int]] = []
    for at, one in enumerate(hours):
        zone = ZoneInfo(one.time_zone)
        # A day begins and ends at different times in different zones, so neighbouring days count too.
        for nearby in (day + timedelta(days=shift) for shift in range(-2, 3)):
            spans = [(start, end) for weekday, start, end in one.spans if weekday == nearby.weekday()]
            for start, end in spans if spans and not is_holiday(one, nearby) else ():
                opens, closes = wall_instant(zone, nearby, start * 60), wall_instant(zone, nearby, end * 60)
                edges += [(opens, at, 1), (closes, at, -1)] if opens < closes else []
    edges.sort()
    spans_open, state, next_edge = [0] * len(hours), 0, 0
    found: dict[datetime, int] = {}
    for moment in sorted(set(moments)):
        while next_edge < len(edges) and edges[next_edge][0] <= moment:
            _, at, change = edges[next_edge]
            spans_open[at] += change
            state = state | 1 << at if spans_open[at] else state & ~(1 << at)
            next_edge += 1
        found[moment] = state
    return found


def _days(hours: tuple[OpenHours, ...]) -> list[date]:
    """One day of each kind, beginning with the example week."""
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
