"""An escalation's start times on one day: which are open, and why the others are closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.at_risk.apply_remedy import NotWiderEnough, ReserveNotEnough, release_reserve, widen_pool
from database.stores.at_risk.remedies import remedies_of
from database.stores.seats.closed_slots import SlotState, day_of_slots
from web.dependencies import Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed
from web.wording import times

router = APIRouter()


@dataclass(frozen=True)
class Stretch:
    """Consecutive start times that are all open, or all closed for the same reason."""

    first: str
    last: str
    count: int
    closed: str
    """Why these start times are closed; empty if they are open."""
    proven: bool
    """False if the search failed and will be repeated."""


@router.get("/desk/escalations/{escalation_id}/slots")
async def show_slots(request: Request, engine: Engine, escalation_id: UUID, day: str = "") -> Response:
    return await _page(request, engine, escalation_id, _day(day))


@router.post("/desk/escalations/{escalation_id}/release-reserve", dependencies=[Guarded])
async def release(request: Request, engine: Engine, signed: Signed, escalation_id: UUID) -> Response:
    """Release the reserve for a call at risk, so that somebody held in reserve can take it.

    Doing it twice is harmless.
    """
    try:
        async with engine.begin() as conn:
            done = await release_reserve(conn, str(escalation_id), signed.actor, current_time())
    except ReserveNotEnough as failure:
        return await _page(request, engine, escalation_id, status=409, wrong=failure.detail)
    return _to_page(escalation_id, "released" if done else "served")


@router.post("/desk/escalations/{escalation_id}/widen-pool", dependencies=[Guarded])
async def widen(
    request: Request, engine: Engine, signed: Signed, escalation_id: UUID, step: Annotated[str, Form()] = ""
) -> Response:
    """Let a call at risk begin with a later step of its plan. Doing it twice is harmless."""
    number = int(step) if step.isascii() and step.isdecimal() and len(step) < 4 else 0
    try:
        done = await widen_pool(engine, str(escalation_id), number, signed.actor, current_time())
    except NotWiderEnough as failure:
        return await _page(request, engine, escalation_id, status=409, wrong=failure.detail)
    return _to_page(escalation_id, "widened" if done else "served")


def _to_page(escalation_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/desk/escalations/{escalation_id}/slots?said={said}", 303)


async def _page(
    request: Request,
    engine: AsyncEngine,
    escalation_id: UUID,
    day: date | None = None,
    status: int = 200,
    wrong: str = "",
) -> Response:
    now = current_time()
    async with engine.connect() as conn:
        slots = await day_of_slots(conn, str(escalation_id), day, now)
        remedies = await remedies_of(conn, str(escalation_id), now)
    return page(
        request,
        "desk/slots.html",
        status,
        wrong=wrong,
        said=request.query_params.get("said", ""),
        manages=bool(request.state.signed.roles & {"manager", "admin"}),
        escalation_id=escalation_id,
        day=slots.day,
        before=slots.day - timedelta(days=1),
        after=slots.day + timedelta(days=1),
        pool=slots.pool,
        stretches=_stretches(slots.slots, slots.zone),
        open=sum(slot.closed is None for slot in slots.slots),
        remedies=remedies,
        zone=slots.zone,
    )


def _day(text: str) -> date | None:
    """The day if it is within 400 days of today; otherwise None, which means the first day with start times."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if abs(day - current_time().date()) < timedelta(days=400) else None


def _stretches(slots: Iterable[SlotState], zone: str) -> list[Stretch]:
    result = []
    for reason, group in groupby(slots, key=lambda slot: slot.closed):
        run = list(group)
        first, last = (times.clock(slot.start, zone) for slot in (run[0], run[-1]))
        closed, proven = ("", True) if reason is None else (reason.text, reason.proven)
        result.append(Stretch(first, last, len(run), closed, proven))
    return result
