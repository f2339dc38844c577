"""Weekly shifts as spans of instants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.booking import Span
from rules_dsl.directory import WeeklyShift


@lru_cache(maxsize=65_536)
def wall_instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A wall-clock time as an instant in UTC. Minute 1440 is the next midnight.

    A time that a clock change skips is moved forward by the length of the gap; if a time occurs twice, the first
    occurrence counts.
    """
    wall = datetime.combine(day, time(0)) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def shift_spans(weekly: Iterable[WeeklyShift], first: date, last: date) -> list[Span]:
    """Every span of these shifts that begins on the days ``first`` to ``last``, merged if they touch.

    A shift whose end isn't after its start ends on the following day.
    """
    spans: list[Span] = []
    for shift in weekly:
        zone = ZoneInfo(shift.time_zone)
        end = shift.end_minute if shift.end_minute > shift.start_minute else shift.end_minute + 1440
        day = first
        while day <= last:
            if day.weekday() in shift.days:
                spans.append((wall_instant(day, shift.start_minute, zone), wall_instant(day, end, zone)))
            day += timedelta(days=1)
    return merged(spans)


def merged(spans: Sequence[Span]) -> list[Span]:
    """The fewest spans that cover the same time, in order; none is empty."""
    result: list[Span] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result
