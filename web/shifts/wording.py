"""Schedules in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.booking import Span
from domain.schedules.change import (
    AddTimeOff,
    AddWeekly,
    Change,
    ClearDay,
    KeepFree,
    RemoveFeed,
    RemoveTimeOff,
    RemoveWeekly,
    SetDay,
    SetHolidays,
    StopKeepingFree,
)
from domain.schedules.schedule import AbsenceKind, DayChange, DayKind, Repeating
from web.wording.times import clock, day, place

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TIME_OFF = {"leave": "Leave", "sick": "Sick", "other": "Other"}
ABSENT = {AbsenceKind.TIME_OFF: "off", AbsenceKind.BUSY: "busy", AbsenceKind.KEPT_FREE: ""}


def minute(of_day: int) -> str:
    """``09:30``; ``24:00`` at the end of a day."""
    return f"{of_day // 60:02}:{of_day % 60:02}"


def hours(start: int, end: int) -> str:
    if end == start or (start, end) == (0, 1440):
        return f"24 hours from {minute(start)}" if start else "all day"
    return f"{minute(start)}–{minute(end)}{' the next day' if end < start else ''}"


def date_words(when: date) -> str:
    """``Tue 1 Dec 2026``."""
    return f"{when:%a} {when.day} {when:%b} {when.year}"


def days_words(days: tuple[int, ...]) -> str:
    """``Mon to Fri``, ``Sat``, ``Mon, Wed, Fri``."""
    distinct = sorted(set(days))
    if len(distinct) == 7:
        return "Every day"
    if len(distinct) > 2 and distinct[-1] - distinct[0] == len(distinct) - 1:
        return f"{WEEKDAYS[distinct[0]]} to {WEEKDAYS[distinct[-1]]}"
    return ", ".join(WEEKDAYS[number] for number in distinct)


def repeating(when: Repeating) -> str:
    """``Mon to Fri, 09:00–17:00 Copenhagen time, from Tue 1 Dec 2026``."""
    at = f"{hours(when.start_minute, when.end_minute)} {place(when.time_zone)} time"
    if when.first is not None and when.first == when.last:
        return f"{date_words(when.first)}, {at}"
    since = f", from {date_words(when.first)}" if when.first else ""
    until = f", until {date_words(when.last)}" if when.last else ""
    return f"{days_words(when.days)}, {at}{since}{until}"


def day_change(change: DayChange) -> str:
    at = f"{hours(change.start_minute, change.end_minute)} {place(change.time_zone)} time"
    return {DayKind.OFF: "doesn’t work", DayKind.INSTEAD: f"works {at} instead", DayKind.ALSO: f"works {at} as well"}[
        change.kind
    ]


def span(during: Span, zone: str) -> str:
    """``Tue 1 Dec``, ``Tue 1 Dec to Fri 4 Dec``, ``Tue 1 Dec, 13:00–17:00``."""
    start, stop = during
    local = ZoneInfo(zone)
    last = stop - timedelta(microseconds=1)
    if _midnight(start, local) and _midnight(stop, local):
        return day(start, zone) if day(start, zone) == day(last, zone) else f"{day(start, zone)} to {day(last, zone)}"
    if day(start, zone) == day(last, zone):
        return f"{day(start, zone)}, {times(during, zone)}"
    return f"{day(start, zone)}, {clock(start, zone)} to {day(stop, zone)}, {clock(stop, zone)}"


def times(during: Span, zone: str) -> str:
    """``09:00–17:00``, or ``all day``. Assumes a span within one day in this zone."""
    start, stop = during
    local = ZoneInfo(zone)
    if _midnight(start, local) and _midnight(stop, local):
        return "all day"
    end = "24:00" if _midnight(stop, local) else clock(stop, zone)
    return f"{clock(start, zone)}–{end}"


def local_date(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _midnight(moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def change_words(change: Change, name: str, zone: str) -> str:
    """The change as a sentence. ``name`` is the person's name, or ``You``."""
    is_ = "are" if name == "You" else "is"
    match change:
        case AddWeekly(when):
            return f"{name} works {repeating(when)}."
        case RemoveWeekly():
            return f"These weekly hours of {name} are removed."
        case SetDay(on, spans, in_zone, as_well):
            if not spans:
                return f"{name} doesn’t work on {date_words(on)}."
            at = " and ".join(hours(*one) for one in spans)
            return (
                f"On {date_words(on)} {name} works {at} {place(in_zone)} time{' as well' if as_well else ' instead'}."
            )
        case ClearDay(on):
            return f"On {date_words(on)} {name} works the weekly hours again."
        case AddTimeOff(_, during):
            return f"{name} {is_} off: {span(during, zone)}, {place(zone)} time."
        case RemoveTimeOff():
            return "This time off is removed."
        case KeepFree(what, when):
            return f"{name} is kept free of calls for “{what}”: {repeating(when)}."
        case StopKeepingFree():
            return f"This time of {name} is open for calls again."
        case SetHolidays(region):
            which = {"desk": "The organisation’s holidays apply", "": "No holidays apply"}.get(
                region, f"The holidays of {region} apply"
            )
            return f"{which} to {name}."
        case RemoveFeed():
            return "This calendar no longer counts."
