"""One's own page: shifts ahead, being sick, time off, calendars in and out."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.stores.rounds.presence import find_presence, set_presence
from database.stores.staff.ics_feed import end_own_calendar, make_own_calendar
from domain.rounds.presence import PresenceState
from domain.schedules.change import ScheduleRefused
from web.dependencies import engine_of, tokens_of
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn
from web.shifts.change_form import SentForm
from web.shifts.feeds import keep_feed
from web.shifts.person import SICK, change_and_answer, draw_schedule

router = APIRouter(prefix="/shifts/me")


@router.get("")
async def my_page(request: Request, signed: Signed) -> HTMLResponse:
    return await draw_schedule(request, signed, signed.person_id, own=True)


@router.post("/changes", dependencies=[Guarded])
async def change_mine(request: Request, signed: Signed, sent: SentForm) -> Response:
    answer = await change_and_answer(request, signed, signed.person_id, sent, own=True)
    if sent.what in SICK and answer.status_code == 303:
        await _leave_desk(request, signed)
    return answer


@router.post("/calendars", dependencies=[Guarded])
async def add_my_calendar(request: Request, signed: Signed, sent: SentForm) -> Response:
    try:
        return await keep_feed(request, signed, signed.person_id, sent, "/shifts/me")
    except ScheduleRefused as refused:
        return await draw_schedule(request, signed, signed.person_id, 422, refused=refused, sent=sent, own=True)


@router.post("/calendar", dependencies=[Guarded])
async def my_calendar(request: Request, signed: Signed, sent: SentForm) -> Response:
    """A new secret address, or none any more."""
    now, tokens = datetime.now(UTC), tokens_of(request)
    async with engine_of(request).begin() as conn:
        if sent.what == "end":
            await end_own_calendar(conn, signed.person_id, signed.actor, now)
        else:
            await make_own_calendar(conn, signed.person_id, tokens, now)
    return RedirectResponse("/shifts/me#own", 303)


async def _leave_desk(request: Request, signed: SignedIn) -> None:
    """Whoever is sick is no longer available, should their desk be open somewhere."""
    async with engine_of(request).begin() as conn:
        if await find_presence(conn, signed.person_id) is not None:
            await set_presence(conn, signed.person_id, PresenceState.OFFLINE, "", datetime.now(UTC))
