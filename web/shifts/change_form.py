"""Reads the forms that change a schedule. Refusals name the field at fault."""

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
"""The changes that people may make to their own schedule."""


@dataclass(frozen=True)
class SubmittedForm:
    """A form as sent."""

    fields: tuple[tuple[str, str], ...]
    """The form's fields, repeated as hidden fields on the page that asks for confirmation."""
    what: str
    """The kind of change."""
    confirmed: bool
    seen: frozenset[int]
    """Bookings at risk that the page has already shown."""
    form: FormData
    longer: bool = False
    """Search longer for people who could take the calls at risk, without changing anything."""


async def sent_change(request: Request) -> SubmittedForm:
    form = await request.form()
    texts = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
    fields = tuple(field for field in texts if field[0] not in ("form_token", "confirmed", "seen", "longer"))
    return SubmittedForm(
        fields, _text(form, "what"), bool(_text(form, "confirmed")), _seen(form), form, bool(_text(form, "longer"))
    )


SentForm = Annotated[SubmittedForm, Depends(sent_change)]


def change_of(sent: SubmittedForm, now: datetime, zone: str, on_shift: Sequence[Span]) -> Change:
    """The change that a form requests. Raises ``ScheduleRefused``.

    ``zone`` is the person's time zone; ``on_shift`` holds their shifts around the current time.
    """
    form = sent.form
    match sent.what:
        case "weekly":
            return AddWeekly(_repeating(form, zone))
        case "keep":
            return KeepFree(_text(form, "words"), _kept_free(form, zone))
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
    raise ScheduleRefused("", "We don’t know this form. Please load the page again.")


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip()[:200] if isinstance(value, str) else ""


def _seen(form: FormData) -> frozenset[int]:
    # Not shortened like other fields: the page would ask again and again about a number that was cut off.
    value = form.get("seen", "")
    numbers = value.split(",") if isinstance(value, str) else []
    return frozenset(int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 20)


def _number(form: FormData) -> int:
    text = _text(form, "id")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ScheduleRefused("", "The form doesn’t say which entry it is about. Please load the page again.")
    return int(text)


def _days(form: FormData) -> tuple[int, ...]:
    return tuple(sorted({int(day) for day in form.getlist("days") if isinstance(day, str) and day in tuple("0123456")}))


def _repeating(form: FormData, zone: str) -> Repeating:
    start, end = _minute(form, "start"), _minute(form, "end")
    return Repeating(
        _days(form), start, end, _zone(form, zone), _date_or_none(form, "first"), _date_or_none(form, "last")
    )


def _kept_free(form: FormData, zone: str) -> Repeating:
    """Repeats weekly if weekdays are ticked; otherwise daily from the first date to the last, or only on the first."""
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
    minute = minute_of_day(_text(form, name)[:5])
    if minute is None:
        raise ScheduleRefused(name, "Please enter a time of day, such as 09:00.")
    return minute


def _zone(form: FormData, default: str) -> str:
    zone = _text(form, "zone") or default
    if zone not in zone_names():
        raise ScheduleRefused("zone", "Choose a time zone such as Europe/Copenhagen.")
    return zone


def _date(form: FormData, name: str) -> date:
    day = _date_or_none(form, name)
    if day is None:
        raise ScheduleRefused(name, "Please enter a date.")
    return day


def _date_or_none(form: FormData, name: str) -> date | None:
    text = _text(form, name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ScheduleRefused(name, "Please enter a date such as 2026-12-01.") from None


def _kind(form: FormData) -> TimeOffKind:
    kind = _text(form, "kind")
    return TimeOffKind(kind) if kind in set(TimeOffKind) else TimeOffKind.OTHER


def _time_off(form: FormData, zone: str) -> Span:
    """From the first day through the last. Optional times say when the absence begins and ends on those days."""
    first = _date(form, "from_day")
    last = _date_or_none(form, "until_day") or first
    start = _minute(form, "from_time") if _text(form, "from_time") else 0
    stop = _minute(form, "until_time") if _text(form, "until_time") else 1440
    if not date(1900, 1, 1) < min(first, last) <= max(first, last) < date(2900, 1, 1):
        raise ScheduleRefused("from", "That is more than five years away.")
    local = ZoneInfo(_zone(form, zone))
    return _at(first, start, local), _at(last, stop, local)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    wall_clock = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return wall_clock.replace(tzinfo=zone).astimezone(UTC)


def _sick(what: str, now: datetime, zone: str, on_shift: Sequence[Span]) -> Span:
    """The sick leave, which lasts until the end of the day or of the current shift, whichever is later."""
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
