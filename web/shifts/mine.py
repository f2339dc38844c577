"""A person's own shifts: the days ahead, sickness, time off, connected calendars and the ICS feed."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.rounds.presence import find_presence, set_presence
from database.stores.staff.ics_feed import end_own_calendar, make_own_calendar
from domain.rounds.presence import PresenceState
from domain.schedules.change import ScheduleRefused
from web.dependencies import AppTokens, Engine
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn
from web.shifts.change_form import SentForm
from web.shifts.feeds import keep_feed
from web.shifts.person import SICK, View, change_and_answer, draw_schedule

router = APIRouter(prefix="/shifts/me")


@router.get("")
async def my_page(view: View, signed: Signed) -> HTMLResponse:
    return await draw_schedule(view, signed.person_id, own=True)


@router.post("/changes", dependencies=[Guarded])
async def change_mine(view: View, engine: Engine, signed: Signed, sent: SentForm) -> Response:
    answer = await change_and_answer(view, signed, signed.person_id, sent, own=True)
    if sent.what in SICK and answer.status_code == 303:
        await _leave_desk(engine, signed)
    return answer


@router.post("/calendars", dependencies=[Guarded])
async def add_my_calendar(view: View, engine: Engine, signed: Signed, sent: SentForm) -> Response:
    try:
        return await keep_feed(engine, signed, signed.person_id, sent, "/shifts/me")
    except ScheduleRefused as refused:
        return await draw_schedule(view, signed.person_id, 422, refused=refused, sent=sent, own=True)


@router.post("/calendar", dependencies=[Guarded])
async def my_calendar(engine: Engine, tokens: AppTokens, signed: Signed, sent: SentForm) -> Response:
    """Create, replace or turn off the secret URL of the ICS feed."""
    now = current_time()
    async with engine.begin() as conn:
        if sent.what == "end":
            await end_own_calendar(conn, signed.person_id, signed.actor, now)
        else:
            await make_own_calendar(conn, signed.person_id, tokens, now)
    return RedirectResponse("/shifts/me#own", 303)


async def _leave_desk(engine: AsyncEngine, signed: SignedIn) -> None:
    """Set a sick person offline, because their desk may still be open."""
    async with engine.begin() as conn:
        if await find_presence(conn, signed.person_id) is not None:
            await set_presence(conn, signed.person_id, PresenceState.OFFLINE, "", current_time())
