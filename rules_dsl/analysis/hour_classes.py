"""The moments that opening hours distinguish: every open/closed combination, each with an example.

Hours can't distinguish two days with the same weekday, holidays and time between their zones if the days before and
after them match in these too, so only one day of each kind is examined. Weekdays and dates
repeat after 28 years, so 31 years have every kind: winter, summer, the weeks between two continents' clock changes, and
each holiday on each weekday on which it falls. The years are fixed, so that a file has the same proofs on every day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.model import defaults
from rules_dsl.model.decision import OpenHours
from rules_dsl.model.hours import holidays_in, is_holiday, is_open, wall_instant

_YEARS_BEFORE, _YEARS_AFTER = 1, 29
_NOON = defaults.EXAMPLE_MOMENT[1] * 60
_WEEK = 7
_NEARBY = range(-2, 3)
_MOST_EDGES = 400_000
"""How many times of opening and closing are examined at most: about half a second's work."""


@lru_cache(maxsize=64)
def hour_combinations(hours: tuple[OpenHours, ...], zone: str) -> tuple[tuple[datetime, tuple[bool, ...]], ...]:
    """Each open/closed combination that occurs, in the order of ``hours``, with the first moment at which it occurs.

    Wednesday noon in the example week comes first; if the file has no hours, it is the only moment. Moments from the
    example week on come before earlier ones. Raises ``TooLarge``.
    """
    noon = wall_instant(ZoneInfo(zone), defaults.EXAMPLE_WEEK + timedelta(days=2), _NOON)
    found: dict[int, datetime] = {sum(is_open(one, noon) << at for at, one in enumerate(hours)): noon}
    days = _days(hours) if hours else []
    if len(days) * len(_NEARBY) * sum(len(one.spans) for one in hours) // _WEEK > _MOST_EDGES:
        raise TooLarge
    for day in days:
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
        for nearby in (day + timedelta(days=shift) for shift in _NEARBY):
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
    example = defaults.EXAMPLE_WEEK
    first = date(example.year - _YEARS_BEFORE, 1, 1).toordinal()
    last = date(example.year + _YEARS_AFTER, 12, 31).toordinal()
    kinds = _kinds(hours, first - 1, last + 1)
    found: dict[object, int] = {}
    for day in (*range(example.toordinal(), last + 1), *range(first, example.toordinal())):
        at = day - first + 1
        found.setdefault((day % _WEEK, kinds[at - 1], kinds[at], kinds[at + 1]), day)
    return [date.fromordinal(day) for day in found.values()]


def _kinds(hours: tuple[OpenHours, ...], first: int, last: int) -> list[int]:
    """For each day from ``first`` to ``last``, a number for what sets it apart from others on the same weekday.

    That is how far the zones are apart, whether the first one's clock changes, and which calendars have a holiday.
    """
    zones = dict.fromkeys(one.time_zone for one in hours)
    offsets = [_offsets(zone, first, last + 1) for zone in zones]
    calendars = {(one.holidays, one.holiday_subdivision): one for one in hours if one.holidays}
    closed = [_holidays(one, date.fromordinal(first).year, date.fromordinal(last).year) for one in calendars.values()]
    numbers: dict[object, int] = {}
    kinds = []
    for at, day in enumerate(range(first, last + 1)):
        now = offsets[0][at]
        apart = tuple([zone[at] - now for zone in offsets[1:]])
        kind = (offsets[0][at + 1] - now, apart, tuple([day in one for one in closed]))
        kinds.append(numbers.setdefault(kind, len(numbers)))
    return kinds


@lru_cache(maxsize=64)
def _offsets(zone: str, first: int, last: int) -> Sequence[int]:
    """A zone's distance from UTC in seconds at the beginning of each day, given as ordinals.

    Looks at single days only in weeks that begin and end differently: no zone changes its clock to and fro in a week.
    """
    info = ZoneInfo(zone)
    found: list[int] = []
    for week in range(first, last + 1, _WEEK):
        start, end = _offset(info, week), _offset(info, week + _WEEK)
        days = range(week, week + _WEEK)
        found += [start] * _WEEK if start == end else [_offset(info, day) for day in days]
    return found[: last + 1 - first]


def _offset(zone: ZoneInfo, day: int) -> int:
    start = datetime.combine(date.fromordinal(day), time(), zone)
    return int((start.utcoffset() or timedelta()).total_seconds())


def _holidays(hours: OpenHours, first: int, last: int) -> frozenset[int]:
    """The ordinals of the holidays in these years."""
    return frozenset(day.toordinal() for year in range(first, last + 1) for day in holidays_in(hours, year))
