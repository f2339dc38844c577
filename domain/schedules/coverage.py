"""Who is there when: a team's week as columns of days, with the hours in which nobody is. Pure."""

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

PIECE = timedelta(minutes=30)


@dataclass(frozen=True)
class PersonDay:
    """One person on one day of the reader's zone."""

    available: tuple[Span, ...]
    absent: tuple[Absence, ...]
    """What takes time away from hours of work, cut to them; days off without hours of work as well."""


@dataclass(frozen=True)
class TeamDay:
    """How many are there in each half hour, and when nobody is although somebody works on such days."""

    counts: tuple[int, ...]
    gaps: tuple[Span, ...]


def bounds_of(day: date, zone: str) -> Span:
    """From midnight to midnight; 23 to 25 hours."""
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
        pieces = [bounds] if whole_day else [cut for span in at_work for cut in within([one.during], span)]
        absent += [Absence(one.kind, one.what, piece) for piece in pieces]
    return PersonDay(tuple(within(available, bounds)), tuple(absent))


def team_days(schedules: Iterable[Schedule], days: Sequence[date], zone: str) -> list[TeamDay]:
    """Over everybody given. A gap is time in which somebody would work, and nobody is there."""
    first, last = days[0] - ONE_DAY, days[-1] + ONE_DAY
    available: list[list[Span]] = []
    planned: list[Span] = []
    for schedule in schedules:
        available.append(available_spans(schedule, first, last))
        planned += working_spans(schedule, first, last)
    there, wanted = merged([span for spans in available for span in spans]), merged(planned)
    return [_team_day(bounds_of(day, zone), available, without(wanted, there)) for day in days]


def _team_day(bounds: Span, available: Sequence[Sequence[Span]], gaps: Sequence[Span]) -> TeamDay:
    pieces = round((bounds[1] - bounds[0]) / PIECE)
    counts = [0] * pieces
    for spans in available:
        touched: set[int] = set()
        for start, stop in within(spans, bounds):
            first = (start - bounds[0]) // PIECE
            touched.update(range(first, -((bounds[0] - stop) // PIECE)))
        for piece in touched:
            counts[piece] += 1
    return TeamDay(tuple(counts), tuple(within(gaps, bounds)))
