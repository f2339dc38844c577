"""One person's schedule: the manager's page, and the parts that it shares with the person's own page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.stores.directory.schedules import PersonName, active_person, holidays_setting, read_schedules, zone_of
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.calendar_feeds import CalendarFeedEntry, feeds_of
from database.stores.staff.ics_feed import own_calendar_address
from database.stores.staff.schedule_changes import change_schedule
from database.stores.staff.shifts import shifts_of
from domain.ids import Tokens
from domain.schedules.calendar_feed import unread_words
from domain.schedules.change import PersonUnknown, ScheduleRefused
from domain.schedules.coverage import person_days
from domain.schedules.holidays import regions
from domain.schedules.schedule import Schedule
from web.dependencies import AppSettings, AppTokens, Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn
from web.shifts import wording
from web.shifts.change_form import OWN, SentForm, SubmittedForm, change_of
from web.shifts.changing import ScheduleChangeRequest, carry_out
from web.shifts.feeds import keep_feed
from web.shifts.strip import cells
from web.wording.times import zone_names

router = APIRouter(prefix="/shifts/people")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
AHEAD = timedelta(days=400)
SICK = ("sick_now", "sick_today")


@dataclass(frozen=True)
class SchedulePage:
    """What a schedule's page is rendered from."""

    request: Request
    engine: AsyncEngine
    tokens: Tokens
    base_url: str


async def _schedule_page(request: Request, engine: Engine, tokens: AppTokens, settings: AppSettings) -> SchedulePage:
    return SchedulePage(request, engine, tokens, settings.base_url)


View = Annotated[SchedulePage, Depends(_schedule_page)]


@router.get("/{number}")
async def person_page(view: View, number: Number, day: str = "") -> HTMLResponse:
    return await draw_schedule(view, number, day=day)


@router.post("/{number}/changes", dependencies=[Guarded])
async def change_page(view: View, signed: Signed, number: Number, sent: SentForm) -> Response:
    return await change_and_answer(view, signed, number, sent)


@router.post("/{number}/calendars", dependencies=[Guarded])
async def add_calendar(view: View, engine: Engine, signed: Signed, number: Number, sent: SentForm) -> Response:
    try:
        return await keep_feed(engine, signed, number, sent, f"/shifts/people/{number}")
    except ScheduleRefused as refused:
        return await draw_schedule(view, number, 422, refused=refused, sent=sent)


async def change_and_answer(
    view: SchedulePage, signed: SignedIn, person_id: int, sent: SubmittedForm, *, own: bool = False
) -> Response:
    """Make the change that a form requests, or show what it would do or what is wrong with it."""
    now = current_time()
    try:
        if own and sent.what not in OWN:
            raise ScheduleRefused("", "This is for your manager to change.")
        async with view.engine.connect() as conn:
            person, zone = await _person(conn, person_id), await zone_of(conn, person_id)
            around = await shifts_of(conn, [person_id], (now - timedelta(days=1), now + timedelta(days=1)))
        change = change_of(sent, now, zone, around[person_id])

        async def write(conn: AsyncConnection) -> ReassignResult:
            return await change_schedule(conn, person_id, change, signed.actor, now)

        here = "/shifts/me" if own else f"/shifts/people/{person_id}"
        change_request = ScheduleChangeRequest(
            wording.change_words(change, "You" if own else person.name, zone),
            zone,
            f"{here}/changes",
            here,
            person=person_id,
            always_shown=sent.what in SICK,
            announced=own,
        )
        return await carry_out(view.request, view.engine, sent, change_request, now, write)
    except ScheduleRefused as refused:
        return await draw_schedule(view, person_id, 422, refused=refused, sent=sent, own=own)


async def draw_schedule(
    view: SchedulePage,
    person_id: int,
    status: int = 200,
    *,
    refused: ScheduleRefused | None = None,
    sent: SubmittedForm | None = None,
    own: bool = False,
    day: str = "",
) -> HTMLResponse:
    """The page that shows the current schedule. A refused form keeps what was typed into it."""
    now = current_time()
    today = now.date()
    async with view.engine.connect() as conn:
        person, zone = await _person(conn, person_id), await zone_of(conn, person_id)
        schedules = await read_schedules(conn, [person_id], today - timedelta(days=1), today + AHEAD)
        feeds = await feeds_of(conn, person_id, now)
        holidays = await holidays_setting(conn, person_id)
        token = await own_calendar_address(conn, person_id, view.tokens) if own else None
    schedule = schedules[person_id]
    query = view.request.query_params
    return page(
        view.request,
        "shifts/mine.html" if own else "shifts/person.html",
        status,
        person=person,
        zone=zone,
        zones=zone_names(),
        days=_week_ahead(schedule, now, zone),
        listed=_entries(schedule, zone, now),
        feeds=[(feed, _host(feed)) for feed in feeds],
        unread=lambda feed: _unread(feed, zone),
        holidays=holidays,
        regions=regions(),
        next_holidays=sorted((on, name) for on, name in schedule.holidays.items() if on >= today)[:4],
        wrong=refused,
        typed=dict(sent.fields) if sent and refused else {"what": "day", "day": day} if day else {},
        ticked=[value for name, value in sent.fields if name == "days"] if sent and refused else [],
        own=own,
        act="/shifts/me" if own else f"/shifts/people/{person_id}",
        said=query.get("said", ""),
        moved=_count(query.get("moved", "")),
        risk=_count(query.get("risk", "")),
        today=today.isoformat(),
        address=f"{view.base_url}/calendar/{token}.ics" if token else "",
    )


async def _person(conn: AsyncConnection, person_id: int) -> PersonName:
    """Raises ``PersonUnknown``."""
    person = await active_person(conn, person_id)
    if person is None:
        raise PersonUnknown
    return person


def _week_ahead(schedule: Schedule, now: datetime, zone: str) -> list[tuple[date, dict[str, Any], str]]:
    """The next seven days, each with its date, the content of its cell, and its holiday."""
    first = wording.local_date(now, zone)
    days = [first + timedelta(days=step) for step in range(7)]
    plans = person_days(schedule, days, zone)
    return [(day, cells(plan, zone), schedule.holidays.get(day, "")) for day, plan in zip(days, plans, strict=True)]


def _entries(schedule: Schedule, zone: str, now: datetime) -> dict[str, list[tuple[int, str, Any]]]:
    """The entries of each kind: id, words, and whatever else the line shows."""
    today = wording.local_date(now, zone)
    changes = sorted((one for one in schedule.day_changes if one.day >= today), key=lambda one: (one.day, one.id))
    return {
        "weekly": [(one.id, wording.repeating(one.when), "") for one in schedule.weekly],
        "days": [
            (one.id, f"{wording.date_words(one.day)}: {wording.day_change(one)}", one.day.isoformat())
            for one in changes
        ],
        "time_off": [
            (one.id, wording.span(one.during, zone), wording.TIME_OFF[one.kind.value])
            for one in sorted(schedule.time_off, key=lambda one: one.during)
            if one.during[1] > now
        ],
        "kept": [(one.id, wording.repeating(one.when), one.what) for one in schedule.kept_free],
    }


def _unread(feed: CalendarFeedEntry, zone: str) -> str:
    """``2 of 214 entries could not be read, the first on Tue 1 Dec``."""
    counted = unread_words(feed.entries, feed.unread)
    if feed.first_unread is None:
        return counted
    day = wording.date_words(wording.local_date(feed.first_unread, zone)).rpartition(" ")[0]
    return f"{counted}, {'the first' if feed.unread > 1 else 'the one'} on {day}"


def _host(feed: CalendarFeedEntry) -> str:
    """The host in a calendar's URL. The rest of the URL is secret."""
    return feed.url.split("://", 1)[-1].split("/", 1)[0] if feed.url else "a file"


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
