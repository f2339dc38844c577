"""Coverage: who in a team is present on each day of a week, and during which hours nobody is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.booking import Span
from domain.schedules.schedule import (
    ONE_DAY,
    Absence,
    AbsenceKind,
    Schedule,
    absences,
    available_spans,
    within,
    without,
    working_spans,
)
from domain.schedules.shifts import merged

HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class PersonDay:
    """One person on one day in the reader's time zone."""

    available: tuple[Span, ...]
    absent: tuple[Absence, ...]
    """Absences, clipped to the working hours. Time off for a whole day is included even if it has no working hours."""


@dataclass(frozen=True)
class TeamDay:
    """One team on one day."""

    counts: tuple[int, ...]
    """The number of people present in each half hour."""
    gaps: tuple[Span, ...]
    """When somebody should be working, but nobody is present."""


def bounds_of(day: date, zone: str) -> Span:
    """The day from midnight to midnight, which lasts 23 to 25 hours."""
    local = ZoneInfo(zone)
    start, stop = (datetime.combine(one, time(0), local).astimezone(UTC) for one in (day, day + ONE_DAY))
    return start, stop


def person_days(schedule: Schedule, days: Sequence[date], zone: str) -> list[PersonDay]:
    first, last = days[0] - ONE_DAY, days[-1] + ONE_DAY
    available = available_spans(schedule, first, last)
    working = working_spans(schedule, first, last)
    away = absences(schedule, first, last)
    return [_person_day(bounds_of(day, zone), available, working, away) for day in days]


def _person_day(bounds: Span, available: Sequence[Span], working: Sequence[Span], away: Iterable[Absence]) -> PersonDay:
    at_work = within(working, bounds)
    absent: list[Absence] = []
    for one in away:
        whole_day = one.kind is AbsenceKind.TIME_OFF and one.during[0] <= bounds[0] and bounds[1] <= one.during[1]
        spans = [bounds] if whole_day else [part for span in at_work for part in within([one.during], span)]
        absent += [Absence(one.kind, one.what, span) for span in spans]
    return PersonDay(tuple(within(available, bounds)), tuple(absent))


def team_days(schedules: Iterable[Schedule], days: Sequence[date], zone: str) -> list[TeamDay]:
    """A team's days, given these schedules."""
    first, last = days[0] - ONE_DAY, days[-1] + ONE_DAY
    available: list[list[Span]] = []
    planned: list[Span] = []
    for schedule in schedules:
        available.append(available_spans(schedule, first, last))
        planned += working_spans(schedule, first, last)
    covered = merged([span for spans in available for span in spans])
    return [_team_day(bounds_of(day, zone), available, without(merged(planned), covered)) for day in days]


def _team_day(bounds: Span, available: Sequence[Sequence[Span]], gaps: Sequence[Span]) -> TeamDay:
    counts = [0] * round((bounds[1] - bounds[0]) / HALF_HOUR)
    for spans in available:
        half_hours: set[int] = set()
        for start, stop in within(spans, bounds):
            first = (start - bounds[0]) // HALF_HOUR
            half_hours.update(range(first, -((bounds[0] - stop) // HALF_HOUR)))
        for number in half_hours:
            counts[number] += 1
    return TeamDay(tuple(counts), tuple(within(gaps, bounds)))
