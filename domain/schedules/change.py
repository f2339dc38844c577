"""Changes to a schedule, and which of them are refused. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.booking import Span
from domain.failure import Failure
from domain.schedules.holidays import knows_region
from domain.schedules.schedule import Repeating, TimeOffKind
from rules_dsl.model.clock_words import zone_names

LONGEST_TIME_OFF = timedelta(days=731)
FARTHEST = timedelta(days=5 * 366)
"""How far from today, in the past or the future, something can be planned."""
LONGEST_WORDS = 80
LONGEST_KEY = 100
SPANS_A_DAY = 12
ROWS_AT_MOST = 300
"""The maximum number of entries of one kind per person."""
AS_THE_DESK, NO_HOLIDAYS = "desk", ""


@dataclass
class ScheduleRefused(Failure):
    """A change that isn't possible. ``field`` is the form field that is wrong."""

    field: str
    reason: str

    title = "This can't be planned"

    @property
    def detail(self) -> str:
        return self.reason


@dataclass
class PersonUnknown(Failure):
    title = "There is no such person"


@dataclass
class EntryUnknown(Failure):
    """The entry doesn't exist in this person's schedule."""

    title = "There is no such entry in this schedule"

    @property
    def detail(self) -> str:
        return "This schedule has no such entry, so nothing was changed. Please load its page again."


@dataclass(frozen=True)
class AddWeekly:
    when: Repeating


@dataclass(frozen=True)
class RemoveWeekly:
    id: int


@dataclass(frozen=True)
class SetDay:
    """Set the hours of a single day, replacing any earlier changes to that day."""

    day: date
    hours: tuple[tuple[int, int], ...]
    """Start and end in minutes; empty for a day off."""
    time_zone: str
    as_well: bool = False
    """Whether these hours are added to the weekly hours instead of replacing them."""


@dataclass(frozen=True)
class ClearDay:
    """Remove the changes to this day, so that the weekly hours apply again."""

    day: date


@dataclass(frozen=True)
class AddTimeOff:
    kind: TimeOffKind
    during: Span
    key: str | None = None
    """Another program's key for the entry; using the same key again replaces the entry."""


@dataclass(frozen=True)
class RemoveTimeOff:
    id: int


@dataclass(frozen=True)
class KeepFree:
    what: str
    when: Repeating


@dataclass(frozen=True)
class StopKeepingFree:
    id: int


@dataclass(frozen=True)
class SetHolidays:
    """Set which holidays apply.

    ``region`` is ``desk`` for the organisation's holidays, empty for no holidays, or else a region that the
    ``holidays`` library knows, such as ``DE-BY``.
    """

    region: str


@dataclass(frozen=True)
class RemoveFeed:
    id: int


Change = (
    AddWeekly
    | RemoveWeekly
    | SetDay
    | ClearDay
    | AddTimeOff
    | RemoveTimeOff
    | KeepFree
    | StopKeepingFree
    | SetHolidays
    | RemoveFeed
)


def check(change: Change, now: datetime) -> None:
    """Raise ``ScheduleRefused`` if the change isn't valid."""
    match change:
        case AddWeekly(when):
            _check_repeating(when, now)
        case KeepFree(what, when):
            _check_words(what)
            _check_repeating(when, now)
        case SetDay(day, hours, zone):
            _check_day("day", day, now)
            _check_zone(zone)
            if len(hours) > SPANS_A_DAY:
                raise ScheduleRefused("hours", f"A day has at most {SPANS_A_DAY} spans of work.")
            for start, end in hours:
                _check_minutes(start, end)
        case ClearDay(day):
            _check_day("day", day, now)
        case AddTimeOff(_, during, key):
            _check_time_off(during, key, now)
        case SetHolidays(region):
            if region not in (AS_THE_DESK, NO_HOLIDAYS) and not knows_region(region):
                raise ScheduleRefused("holidays", f"“{region}” is no country or region with known holidays.")


def _check_repeating(when: Repeating, now: datetime) -> None:
    if not when.days or not set(when.days) <= set(range(7)):
        raise ScheduleRefused("days", "Choose at least one day of the week.")
    _check_minutes(when.start_minute, when.end_minute)
    _check_zone(when.time_zone)
    for name, day in (("first", when.first), ("last", when.last)):
        if day is not None:
            _check_day(name, day, now)
    if when.first is not None and when.last is not None:
        if when.last < when.first:
            raise ScheduleRefused("last", "The last day is before the first.")
        spread = (when.last - when.first).days
        if spread < 7 and not {(when.first.weekday() + step) % 7 for step in range(spread + 1)} & set(when.days):
            raise ScheduleRefused("days", "None of these days of the week lies between the two dates.")


def _check_minutes(start: int, end: int) -> None:
    if not (0 <= start < 1440 and 0 <= end <= 1440):
        raise ScheduleRefused("start", "A time of day is between 00:00 and 24:00.")


def _check_zone(zone: str) -> None:
    if zone not in zone_names():
        raise ScheduleRefused("zone", "Choose a time zone such as Europe/Copenhagen.")


def _check_day(name: str, day: date, now: datetime) -> None:
    if abs(day - now.date()) > FARTHEST:
        raise ScheduleRefused(name, "That is more than five years away.")


def _check_time_off(during: Span, key: str | None, now: datetime) -> None:
    start, stop = during
    _check_day("from", start.date(), now)
    if stop < start:
        raise ScheduleRefused("until", "It ends before it begins.")
    if stop == start:
        raise ScheduleRefused("until", "It ends as it begins, so it would keep no time free.")
    if stop - start > LONGEST_TIME_OFF:
        raise ScheduleRefused("until", "Time off lasts two years at most. For somebody who has left, end the shifts.")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise ScheduleRefused("key", f"A key has 1 to {LONGEST_KEY} printable characters.")


def _check_words(what: str) -> None:
    if not what or len(what) > LONGEST_WORDS:
        raise ScheduleRefused("what", f"Say in 1 to {LONGEST_WORDS} characters what the time is kept for.")
    if any(unicodedata.category(mark) in ("Cc", "Cs") or mark in "\u202d\u202e" for mark in what):
        raise ScheduleRefused("what", "This contains characters that are not text.")
