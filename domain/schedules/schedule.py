"""A person's schedule: weekly hours, changes to single days, and absences. Pure.

Working hours are the weekly hours with the changes to single days applied, except any that begin on a holiday. Calls
can be served in whatever remains of them after subtracting time off, calendars' busy times and time kept free. Days are
those of the shift's time zone, and a shift belongs to the day on which it begins (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.booking import Span
from domain.schedules.shifts import merged, wall_instant

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Repeating:
    """A wall-clock span on certain days of the week, optionally between two dates."""

    days: tuple[int, ...]
    """0 is Monday."""
    start_minute: int
    end_minute: int
    """If it isn't after the start, it falls on the following day."""
    time_zone: str
    first: date | None = None
    last: date | None = None
    """The last day on which the span begins."""

    def on(self, day: date) -> bool:
        """Whether the span begins on this day."""
        begun = self.first is None or self.first <= day
        return day.weekday() in self.days and begun and (self.last is None or day <= self.last)


class DayKind(StrEnum):
    """How a single day changes the weekly hours."""

    INSTEAD = "instead"
    """These hours replace the weekly ones."""
    ALSO = "also"
    OFF = "off"


class TimeOffKind(StrEnum):
    LEAVE = "leave"
    SICK = "sick"
    OTHER = "other"


class AbsenceKind(StrEnum):
    """Why somebody can't take calls during working hours."""

    TIME_OFF = "time_off"
    KEPT_FREE = "kept_free"
    BUSY = "busy"


@dataclass(frozen=True)
class WeeklyHours:
    id: int
    when: Repeating


@dataclass(frozen=True)
class DayChange:
    id: int
    day: date
    kind: DayKind
    start_minute: int
    end_minute: int
    time_zone: str


@dataclass(frozen=True)
class TimeOff:
    id: int
    kind: TimeOffKind
    during: Span


@dataclass(frozen=True)
class KeptFree:
    """Time at work without calls, such as training or a project."""

    id: int
    what: str
    when: Repeating


@dataclass(frozen=True)
class Schedule:
    person: int
    weekly: tuple[WeeklyHours, ...] = ()
    day_changes: tuple[DayChange, ...] = ()
    time_off: tuple[TimeOff, ...] = ()
    kept_free: tuple[KeptFree, ...] = ()
    busy: tuple[Span, ...] = ()
    """From calendar feeds."""
    holidays: Mapping[date, str] = field(default_factory=dict)
    """The names of this person's holidays, by day."""


@dataclass(frozen=True)
class Absence:
    kind: AbsenceKind
    what: str
    """The kind of time off, or what the time is kept free for; empty for a calendar's busy time."""
    during: Span


def span_on(day: date, start_minute: int, end_minute: int, zone: str) -> Span:
    """The span between two wall-clock times on a day. An end at or before the start falls on the following day."""
    local = ZoneInfo(zone)
    end = end_minute if end_minute > start_minute else end_minute + 1440
    return wall_instant(day, start_minute, local), wall_instant(day, end, local)


def working_spans(schedule: Schedule, first: date, last: date) -> list[Span]:
    """Working hours that begin on the days ``first`` to ``last``, merged if they touch."""
    changes_by_day: dict[date, list[DayChange]] = {}
    for change in schedule.day_changes:
        changes_by_day.setdefault(change.day, []).append(change)
    spans: list[Span] = []
    for day in _days(first, last):
        changes = changes_by_day.get(day, ())
        replaced = any(change.kind in (DayKind.OFF, DayKind.INSTEAD) for change in changes)
        if not replaced and day not in schedule.holidays:
            spans.extend(_of_day((hours.when for hours in schedule.weekly), day))
        spans.extend(
            span_on(day, change.start_minute, change.end_minute, change.time_zone)
            for change in changes
            if change.kind is not DayKind.OFF
        )
    return merged(spans)


def absences(schedule: Schedule, first: date, last: date) -> list[Absence]:
    """All absences in order: time kept free on these days and the adjacent ones, all time off and all busy times."""
    result = [Absence(AbsenceKind.TIME_OFF, off.kind.value, off.during) for off in schedule.time_off]
    result += [Absence(AbsenceKind.BUSY, "", span) for span in schedule.busy]
    for kept_free in schedule.kept_free:
        spans = [span for day in _days(first - ONE_DAY, last + ONE_DAY) for span in _of_day([kept_free.when], day)]
        result += [Absence(AbsenceKind.KEPT_FREE, kept_free.what, span) for span in spans if span[0] < span[1]]
    return sorted(result, key=lambda absence: (absence.during, absence.kind, absence.what))


def available_spans(schedule: Schedule, first: date, last: date) -> list[Span]:
    """When calls can be served: the working hours that begin on these days, minus absences."""
    away = merged([absence.during for absence in absences(schedule, first, last)])
    return without(working_spans(schedule, first, last), away)


def whole_shifts(schedule: Schedule, first: date, last: date) -> list[Span]:
    """Working spans, including any lunch, meetings and time off within them, but without time off at either end."""
    off = merged([one.during for one in schedule.time_off])
    left = (without([span], off) for span in working_spans(schedule, first, last))
    return [(parts[0][0], parts[-1][1]) for parts in left if parts]


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """The parts of ``spans`` outside all holes. Both inputs are in order and free of overlaps, and so is the result."""
    result: list[Span] = []
    first_hole = 0
    for start, stop in spans:
        while first_hole < len(holes) and holes[first_hole][1] <= start:
            first_hole += 1
        hole = first_hole
        while hole < len(holes) and holes[hole][0] < stop:
            if start < holes[hole][0]:
                result.append((start, holes[hole][0]))
            start = max(start, holes[hole][1])
            hole += 1
        if start < stop:
            result.append((start, stop))
    return result


def within(spans: Iterable[Span], bounds: Span) -> list[Span]:
    """The parts of these spans within the bounds."""
    clipped = ((max(start, bounds[0]), min(stop, bounds[1])) for start, stop in spans)
    return [span for span in clipped if span[0] < span[1]]


def length(spans: Iterable[Span]) -> timedelta:
    return sum((stop - start for start, stop in spans), timedelta())


def covering(spans: Sequence[Span], moment: datetime) -> Span | None:
    """The span that contains this moment."""
    return next((span for span in spans if span[0] <= moment < span[1]), None)


def _of_day(repeating: Iterable[Repeating], day: date) -> list[Span]:
    return [span_on(day, one.start_minute, one.end_minute, one.time_zone) for one in repeating if one.on(day)]


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += ONE_DAY
