"""Shifts for other programs: who works when; single days and time off, as personnel systems know them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.access.api_tokens import ApiToken
from database.stores.at_risk.alerts import alert_lost_seats
from database.stores.directory.schedules import PersonOnShift, page_of_shifts, zone_of
from database.stores.seats.change_impact import AtRisk, ReassignResult
from database.stores.staff.schedule_changes import change_schedule, person_by_mail, time_off_by_key
from domain.schedules.change import Change, ClearDay, RemoveTimeOff, ScheduleRefused
from web.api.bearer import scope
from web.api.describe import body_of, described
from web.api.json_body import read_model
from web.api.problems import FieldError, FieldsRefused, problem
from web.api.schedule_bodies import ChangeDay, Consequences, Moment, TakeTimeOff
from web.dependencies import engine_of

router = APIRouter(prefix="/api/v1", tags=["shifts"])

ShiftReader = Annotated[ApiToken, Depends(scope("shifts:read"))]
ShiftWriter = Annotated[ApiToken, Depends(scope("shifts:write"))]
LONGEST = timedelta(days=62)
AT_ONCE = 100


@router.get("/shifts", responses=described(422))
async def list_shifts(
    request: Request,
    token: ShiftReader,
    since: Annotated[Moment, Query(alias="from", description="RFC 3339.")],
    until: Annotated[Moment, Query(description="At most 62 days later.")],
    team: Annotated[str, Query(description="The name of a team; else all.", max_length=200)] = "",
    after: Annotated[int, Query(ge=0, lt=2**31, description="`next` of the page before.")] = 0,
) -> dict[str, Any]:
    """When each person can be given calls: hours of work less time off, busy times and time kept free."""
    if not timedelta() < until - since <= LONGEST:
        raise FieldsRefused((FieldError("?until", "must be after `from`, by 62 days at most"),))
    async with engine_of(request).connect() as conn:
        found = await page_of_shifts(conn, (since, until), team, after, AT_ONCE + 1)
    shown = found[:AT_ONCE]
    return {"people": [_view(one) for one in shown], "next": shown[-1].id if len(found) > AT_ONCE else None}


@router.put("/people/{email}/days/{day}", openapi_extra=body_of(ChangeDay), responses=described(404, 409, 422))
async def set_day(request: Request, token: ShiftWriter, email: str, day: date) -> Response:
    """One day's hours. Sent again, it changes nothing."""
    body = await read_model(request, ChangeDay)
    who, zone = await _person(request, email)
    return await _carry_out(request, token, who, body.change(day, zone), body)


@router.delete("/people/{email}/days/{day}", responses=described(404, 409, 422))
async def clear_day(
    request: Request, token: ShiftWriter, email: str, day: date, dry_run: bool = False, accept_at_risk: bool = False
) -> Response:
    """The weekly hours count again on this day."""
    who, _ = await _person(request, email)
    asked = Consequences(dry_run=dry_run, accept_at_risk=accept_at_risk)
    return await _carry_out(request, token, who, ClearDay(day), asked)


@router.put("/people/{email}/time-off/{key}", openapi_extra=body_of(TakeTimeOff), responses=described(404, 409, 422))
async def take_time_off(request: Request, token: ShiftWriter, email: str, key: str) -> Response:
    """Time off under a key of yours; the same key again replaces it."""
    body = await read_model(request, TakeTimeOff)
    who, _ = await _person(request, email)
    return await _carry_out(request, token, who, body.change(key), body)


@router.delete("/people/{email}/time-off/{key}", responses=described(404))
async def take_back_time_off(request: Request, token: ShiftWriter, email: str, key: str) -> Response:
    """The time off of this key is taken back. Sent again, it changes nothing."""
    who, _ = await _person(request, email)
    async with engine_of(request).connect() as conn:
        number = await time_off_by_key(conn, who, key)
    return await _carry_out(request, token, who, RemoveTimeOff(number or 0), Consequences())


async def _person(request: Request, email: str) -> tuple[int, str]:
    async with engine_of(request).connect() as conn:
        who = await person_by_mail(conn, email)
        return who, await zone_of(conn, who)


async def _carry_out(request: Request, token: ApiToken, who: int, change: Change, asked: Consequences) -> Response:
    now = datetime.now(UTC)
    async with engine_of(request).connect() as conn, conn.begin() as transaction:
        replanned = await _changed(conn, who, change, token.actor, now)
        refused = bool(replanned.at_risk) and not asked.accept_at_risk and not asked.dry_run
        if refused or asked.dry_run:
            await transaction.rollback()
        else:
            await alert_lost_seats(conn, replanned.at_risk, now)
    at_risk = [_at_risk(one) for one in replanned.at_risk]
    if refused:
        said = "Nothing was changed. Send it with `accept_at_risk` to do it all the same."
        kind = "urn:muster:calls-at-risk"
        return problem(409, "Booked calls could not be served any more", said, kind=kind, at_risk=at_risk)
    return JSONResponse({"done": not asked.dry_run, "moved": replanned.moved, "at_risk": at_risk})


async def _changed(conn: AsyncConnection, who: int, change: Change, actor: str, now: datetime) -> ReassignResult:
    try:
        return await change_schedule(conn, who, change, actor, now)
    except ScheduleRefused as refused:
        raise FieldsRefused((FieldError(f"/{refused.field}", refused.reason),)) from None


def _at_risk(one: AtRisk) -> dict[str, Any]:
    return {
        "escalation": one.escalation_id,
        "subject": one.subject,
        "starts_at": _moment(one.starts_at),
        "pool": one.pool,
    }


def _view(one: PersonOnShift) -> dict[str, Any]:
    shifts = [{"from": _moment(start), "until": _moment(stop)} for start, stop in one.shifts]
    return {"email": one.email, "name": one.name, "team": one.team, "shifts": shifts}


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
