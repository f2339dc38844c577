"""A form about a schedule, read: which change it asks for. What was typed wrongly is named at its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from starlette.datastructures import FormData

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
    ScheduleRefused,
    SetDay,
    SetHolidays,
    StopKeepingFree,
)
from domain.schedules.schedule import Repeating, TimeOffKind, covering
from rules_dsl.model.clock_words import minute_of_day, zone_names

OWN = ("time_off", "remove_time_off", "sick_now", "sick_today", "remove_feed")
"""What people may change about themselves."""


@dataclass(frozen=True)
class SubmittedForm:
    """A form as it came."""

    fields: tuple[tuple[str, str], ...]
    """To be drawn again, hidden, on the page that asks whether it is meant."""
    what: str
    confirmed: bool
    seen: frozenset[int]
    """Bookings at risk that were shown."""
    form: FormData
    longer: bool = False
    """Nothing is to be done: only looked longer for who could serve the calls at risk."""


async def sent_change(request: Request) -> SubmittedForm:
    form = await request.form()
    fields = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    kept = tuple(one for one in fields if one[0] not in ("form_token", "confirmed", "seen", "longer"))
    return SubmittedForm(
        kept, _text(form, "what"), bool(_text(form, "confirmed")), _seen(form), form, bool(_text(form, "longer"))
    )


SentForm = Annotated[SubmittedForm, Depends(sent_change)]


def change_of(sent: SubmittedForm, now: datetime, zone: str, on_shift: Sequence[Span]) -> Change:
    """The change. ``zone`` is the person's; ``on_shift`` their shifts around now. Raises ``ScheduleRefused``."""
    form = sent.form
    match sent.what:
        case "weekly":
            return AddWeekly(_repeating(form, zone))
        case "keep":
            return KeepFree(_text(form, "words"), _kept(form, zone))
        case "day":
            return _day(form, zone)
        case "clear_day":
            return ClearDay(_date(form, "day"))
        case "time_off":
            return AddTimeOff(_kind(form), _time_off(form, zone))
        case "sick_now" | "sick_today":
            return AddTimeOff(TimeOffKind.SICK, _sick(sent.what, now, zone, on_shift))
        case "remove_weekly":
            return RemoveWeekly(_number(form))
        case "remove_time_off":
            return RemoveTimeOff(_number(form))
        case "stop_keeping":
            return StopKeepingFree(_number(form))
        case "remove_feed":
            return RemoveFeed(_number(form))
        case "holidays":
            return SetHolidays(_text(form, "region"))
    raise ScheduleRefused("", "This form is not known. Please load the page again.")


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip()[:200] if isinstance(value, str) else ""


def _seen(form: FormData) -> frozenset[int]:
    """Uncut: leaving out one that was shown would ask about it for ever."""
    sent = form.get("seen", "")
    numbers = sent.split(",") if isinstance(sent, str) else []
    return frozenset(int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 20)


def _number(form: FormData) -> int:
    text = _text(form, "id")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ScheduleRefused("", "It isn’t said which entry is meant. Please load the page again.")
    return int(text)


def _days(form: FormData) -> tuple[int, ...]:
    return tuple(sorted({int(day) for day in form.getlist("days") if isinstance(day, str) and day in tuple("0123456")}))


def _repeating(form: FormData, zone: str) -> Repeating:
    start, end = _minute(form, "start"), _minute(form, "end")
    return Repeating(
        _days(form), start, end, _zone(form, zone), _date_or_none(form, "first"), _date_or_none(form, "last")
    )


def _kept(form: FormData, zone: str) -> Repeating:
    """Without days of the week: on the days between the two dates, or on the first one alone."""
    if _days(form):
        return _repeating(form, zone)
    first = _date(form, "first")
    last = _date_or_none(form, "last") or first
    return Repeating(tuple(range(7)), _minute(form, "start"), _minute(form, "end"), _zone(form, zone), first, last)


def _day(form: FormData, zone: str) -> SetDay:
    day, way = _date(form, "day"), _text(form, "way")
    if way == "off":
        return SetDay(day, (), _zone(form, zone))
    return SetDay(day, ((_minute(form, "start"), _minute(form, "end")),), _zone(form, zone), as_well=way == "also")


def _minute(form: FormData, name: str) -> int:
    found = minute_of_day(_text(form, name)[:5])
    if found is None:
        raise ScheduleRefused(name, "A time of day is wanted, such as 09:00.")
    return found


def _zone(form: FormData, zone: str) -> str:
    given = _text(form, "zone") or zone
    if given not in zone_names():
        raise ScheduleRefused("zone", "Choose a time zone such as Europe/Copenhagen.")
    return given


def _date(form: FormData, name: str) -> date:
    found = _date_or_none(form, name)
    if found is None:
        raise ScheduleRefused(name, "A date is wanted.")
    return found


def _date_or_none(form: FormData, name: str) -> date | None:
    text = _text(form, name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ScheduleRefused(name, "A date such as 2026-12-01 is wanted.") from None


def _kind(form: FormData) -> TimeOffKind:
    given = _text(form, "kind")
    return TimeOffKind(given) if given in set(TimeOffKind) else TimeOffKind.OTHER


def _time_off(form: FormData, zone: str) -> Span:
    """Days, both included; or from a time, until a time, where these are given."""
    first = _date(form, "from_day")
    last = _date_or_none(form, "until_day") or first
    start = _minute(form, "from_time") if _text(form, "from_time") else 0
    stop = _minute(form, "until_time") if _text(form, "until_time") else 1440
    if not date(1900, 1, 1) < min(first, last) <= max(first, last) < date(2900, 1, 1):
        raise ScheduleRefused("from", "That is more than five years away.")
    local = ZoneInfo(_zone(form, zone))
    return _at(first, start, local), _at(last, stop, local)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _sick(what: str, now: datetime, zone: str, on_shift: Sequence[Span]) -> Span:
    """To the end of the day, or of the shift that runs now where that is later."""
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    running = covering(on_shift, now)
    end = _at(today, 1440, local)
    if running is not None and running[1] - now < timedelta(hours=20):
        end = max(end, running[1])
    start = now.replace(second=0, microsecond=0) if what == "sick_now" else _at(today, 0, local)
    if what == "sick_today" and running is not None and now - running[0] < timedelta(hours=20):
        start = min(start, running[0])
    return start, end
