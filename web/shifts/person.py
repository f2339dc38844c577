"""One person's schedule, as their manager changes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.schedules import PersonName, holidays_setting, named, read_schedules, zone_of
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.calendar_feeds import StandingFeed, standing_feeds
from database.stores.staff.ics_feed import own_calendar_address
from database.stores.staff.schedule_changes import change_schedule
from database.stores.staff.shifts import shifts_of
from domain.schedules.change import PersonUnknown, ScheduleRefused
from domain.schedules.coverage import person_days
from domain.schedules.holidays import regions
from domain.schedules.schedule import Schedule
from web.dependencies import engine_of, settings_of, tokens_of
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


@router.get("/{number}")
async def person_page(request: Request, signed: Signed, number: Number, day: str = "") -> HTMLResponse:
    return await draw_schedule(request, signed, number, day=day)


@router.post("/{number}/changes", dependencies=[Guarded])
async def change_page(request: Request, signed: Signed, number: Number, sent: SentForm) -> Response:
    return await change_and_answer(request, signed, number, sent)


@router.post("/{number}/calendars", dependencies=[Guarded])
async def add_calendar(request: Request, signed: Signed, number: Number, sent: SentForm) -> Response:
    try:
        return await keep_feed(request, signed, number, sent, f"/shifts/people/{number}")
    except ScheduleRefused as refused:
        return await draw_schedule(request, signed, number, 422, refused=refused, sent=sent)


async def change_and_answer(
    request: Request, signed: SignedIn, who: int, sent: SubmittedForm, *, own: bool = False
) -> Response:
    """Carry out what a form asks for, or show what it would do, or what is wrong with it."""
    now = datetime.now(UTC)
    try:
        if own and sent.what not in OWN:
            raise ScheduleRefused("", "This is for your manager to change.")
        async with engine_of(request).connect() as conn:
            person, zone = await _known(conn, who), await zone_of(conn, who)
            around = await shifts_of(conn, [who], (now - timedelta(days=1), now + timedelta(days=1)))
        change = change_of(sent, now, zone, around[who])

        async def write(conn: AsyncConnection) -> ReassignResult:
            return await change_schedule(conn, who, change, signed.actor, now)

        here = "/shifts/me" if own else f"/shifts/people/{who}"
        asked = ScheduleChangeRequest(
            wording.change_words(change, "You" if own else person.name, zone),
            zone,
            f"{here}/changes",
            here,
            person=who,
            always_shown=sent.what in SICK,
            announced=own,
        )
        return await carry_out(request, signed, sent, asked, now, write)
    except ScheduleRefused as refused:
        return await draw_schedule(request, signed, who, 422, refused=refused, sent=sent, own=own)


async def draw_schedule(
    request: Request,
    signed: SignedIn,
    who: int,
    status: int = 200,
    *,
    refused: ScheduleRefused | None = None,
    sent: SubmittedForm | None = None,
    own: bool = False,
    day: str = "",
) -> HTMLResponse:
    """The schedule as it stands. What was typed into a form that is refused stays in it."""
    now = datetime.now(UTC)
    today = now.date()
    async with engine_of(request).connect() as conn:
        person, zone = await _known(conn, who), await zone_of(conn, who)
        schedules = await read_schedules(conn, [who], today - timedelta(days=1), today + AHEAD)
        feeds = await standing_feeds(conn, who, now)
        holidays = await holidays_setting(conn, who)
        token = await own_calendar_address(conn, who, tokens_of(request)) if own else None
    schedule = schedules[who]
    return page(
        request,
        "shifts/mine.html" if own else "shifts/person.html",
        status,
        person=person,
        zone=zone,
        zones=zone_names(),
        days=_week_ahead(schedule, now, zone),
        listed=_listed(schedule, zone, now),
        feeds=[(feed, _host(feed)) for feed in feeds],
        holidays=holidays,
        regions=regions(),
        next_holidays=sorted((on, name) for on, name in schedule.holidays.items() if on >= today)[:4],
        wrong=refused,
        typed=dict(sent.fields) if sent and refused else {"what": "day", "day": day} if day else {},
        ticked=[value for name, value in sent.fields if name == "days"] if sent and refused else [],
        own=own,
        act="/shifts/me" if own else f"/shifts/people/{who}",
        said=request.query_params.get("said", ""),
        moved=_count(request, "moved"),
        risk=_count(request, "risk"),
        today=today.isoformat(),
        address=f"{settings_of(request).base_url}/calendar/{token}.ics" if token else "",
    )


async def _known(conn: AsyncConnection, who: int) -> PersonName:
    found = await named(conn, who)
    if found is None:
        raise PersonUnknown
    return found


def _week_ahead(schedule: Schedule, now: datetime, zone: str) -> list[tuple[date, dict[str, Any], str]]:
    """Day, what is on it, and its holiday."""
    first = wording.local_date(now, zone)
    days = [first + timedelta(days=step) for step in range(7)]
    drawn = person_days(schedule, days, zone)
    return [(on, cells(one, zone), schedule.holidays.get(on, "")) for on, one in zip(days, drawn, strict=True)]


def _listed(schedule: Schedule, zone: str, now: datetime) -> dict[str, list[tuple[int, str, Any]]]:
    """Each sort of entry: its id, its words, and what a form of it needs besides."""
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


def _host(feed: StandingFeed) -> str:
    """Where a calendar comes from; the rest of its address is a secret."""
    return feed.url.split("://", 1)[-1].split("/", 1)[0] if feed.url else "a file"


def _count(request: Request, name: str) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
