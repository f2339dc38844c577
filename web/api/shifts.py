"""Shifts for other programs: reading who works when, and setting single days and time off from HR systems."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.stores.access.api_tokens import ApiToken
from database.stores.at_risk.alerts import alert_lost_seats
from database.stores.directory.schedules import PersonOnShift, page_of_shifts, zone_of
from database.stores.seats.change_impact import AtRisk, ReassignResult
from database.stores.staff.schedule_changes import change_schedule, person_by_mail, time_off_by_key
from domain.schedules.change import Change, ClearDay, RemoveTimeOff, ScheduleRefused
from web.api.answers import ScheduleAnswer, ShiftsAnswer
from web.api.bearer import scope
from web.api.describe import body_of, described
from web.api.json_body import read_model
from web.api.problems import FieldError, FieldsRefused, problem
from web.api.schedule_bodies import ChangeDay, Consequences, TakeTimeOff
from web.api.words import Moment
from web.dependencies import Engine

router = APIRouter(prefix="/api/v1", tags=["shifts"])

ShiftReader = Annotated[ApiToken, Depends(scope("shifts:read"))]
ShiftWriter = Annotated[ApiToken, Depends(scope("shifts:write"))]
LONGEST = timedelta(days=62)
AT_ONCE = 100
_POINTERS = {
    "from": "/starts_at",
    "until": "/ends_at",
    "hours": "/hours",
    "start": "/hours",
    "zone": "/time_zone",
    "day": "{day}",
    "key": "{key}",
}
"""Where each field of a refused change stands in a request."""


@router.get("/shifts", response_model=ShiftsAnswer, responses=described(422))
async def list_shifts(
    engine: Engine,
    token: ShiftReader,
    since: Annotated[Moment, Query(alias="from", description="RFC 3339.")],
    until: Annotated[Moment, Query(description="At most 62 days after `from`.")],
    team: Annotated[str, Query(description="A team's name; defaults to all teams.", max_length=200)] = "",
    cursor: Annotated[int, Query(ge=0, lt=2**31, description="`next` from the previous page.")] = 0,
) -> Response:
    """When each person can take calls: working hours minus time off, busy times and time kept free."""
    if not timedelta() < until - since <= LONGEST:
        raise FieldsRefused((FieldError("?until", "must be after `from`, by at most 62 days"),))
    async with engine.connect() as conn:
        people = await page_of_shifts(conn, (since, until), team, cursor, AT_ONCE + 1)
    shown = people[:AT_ONCE]
    return await asyncio.to_thread(_answer, shown, shown[-1].id if len(people) > AT_ONCE else None)


@router.put(
    "/people/{email}/days/{day}",
    response_model=ScheduleAnswer,
    openapi_extra=body_of(ChangeDay),
    responses=described(404, 409, 422),
)
async def set_day(request: Request, engine: Engine, token: ShiftWriter, email: str, day: date) -> Response:
    """Set one day's hours. Repeating the request changes nothing."""
    body = await read_model(request, ChangeDay)
    person, zone = await _person(engine, email)
    return await _carry_out(engine, token, person, body.change(day, zone), body)


@router.delete("/people/{email}/days/{day}", response_model=ScheduleAnswer, responses=described(404, 409, 422))
async def clear_day(
    engine: Engine, token: ShiftWriter, email: str, day: date, dry_run: bool = False, accept_at_risk: bool = False
) -> Response:
    """Remove the hours set for this day, so that the weekly hours apply again."""
    person, _ = await _person(engine, email)
    consequences = Consequences(dry_run=dry_run, accept_at_risk=accept_at_risk)
    return await _carry_out(engine, token, person, ClearDay(day), consequences)


@router.put(
    "/people/{email}/time-off/{key}",
    response_model=ScheduleAnswer,
    openapi_extra=body_of(TakeTimeOff),
    responses=described(404, 409, 422),
)
async def take_time_off(request: Request, engine: Engine, token: ShiftWriter, email: str, key: str) -> Response:
    """Set time off under a key that you choose. Using the same key again replaces it."""
    body = await read_model(request, TakeTimeOff)
    person, _ = await _person(engine, email)
    return await _carry_out(engine, token, person, body.change(key), body)


@router.delete("/people/{email}/time-off/{key}", response_model=ScheduleAnswer, responses=described(404))
async def take_back_time_off(engine: Engine, token: ShiftWriter, email: str, key: str) -> Response:
    """Remove the time off with this key. Repeating the request changes nothing."""
    person, _ = await _person(engine, email)
    async with engine.connect() as conn:
        number = await time_off_by_key(conn, person, key)
    return await _carry_out(engine, token, person, RemoveTimeOff(number or 0), Consequences())


async def _person(engine: AsyncEngine, email: str) -> tuple[int, str]:
    """The id and time zone of the person with this email address. Raises ``PersonUnknown``."""
    async with engine.connect() as conn:
        person = await person_by_mail(conn, email)
        return person, await zone_of(conn, person)


async def _carry_out(
    engine: AsyncEngine, token: ApiToken, person: int, change: Change, consequences: Consequences
) -> Response:
    """Change a schedule. Rolls back a dry run, and a change that puts calls at risk without ``accept_at_risk``."""
    now = current_time()
    async with engine.connect() as conn, conn.begin() as transaction:
        result = await _changed(conn, person, change, token.actor, now)
        refused = bool(result.at_risk) and not consequences.accept_at_risk and not consequences.dry_run
        if refused or consequences.dry_run:
            await transaction.rollback()
        else:
            await alert_lost_seats(conn, result.at_risk, now)
    at_risk = [_at_risk_view(call) for call in result.at_risk]
    if refused:
        detail = "Nothing was changed. Send it with `accept_at_risk` to change it anyway."
        kind = "urn:muster:calls-at-risk"
        return problem(409, "This would put booked calls at risk", detail, kind=kind, at_risk=at_risk)
    return JSONResponse({"done": not consequences.dry_run, "moved": result.moved, "at_risk": at_risk})


async def _changed(conn: AsyncConnection, person: int, change: Change, actor: str, now: datetime) -> ReassignResult:
    try:
        return await change_schedule(conn, person, change, actor, now)
    except ScheduleRefused as refused:
        raise FieldsRefused((FieldError(_POINTERS.get(refused.field, ""), refused.reason),)) from None


def _at_risk_view(call: AtRisk) -> dict[str, Any]:
    return {
        "escalation": call.escalation_id,
        "subject": call.subject,
        "starts_at": _moment(call.starts_at),
        "pool": call.pool,
    }


def _answer(people: list[PersonOnShift], more: int | None) -> Response:
    """Runs in a thread: a hundred people can have tens of thousands of shifts."""
    return JSONResponse({"people": [_view(person) for person in people], "next": more})


def _view(person: PersonOnShift) -> dict[str, Any]:
    shifts = [{"from": _moment(start), "until": _moment(stop)} for start, stop in person.shifts]
    return {"email": person.email, "name": person.name, "team": person.team, "shifts": shifts}


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
