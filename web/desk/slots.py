"""The times of one day for an escalation: which are open, and why each other one is closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from database.stores.at_risk.apply_remedy import NotWiderEnough, ReserveNotEnough, release_reserve, widen_pool
from database.stores.at_risk.remedies import Remedies, remedies_of
from database.stores.seats.closed_slots import DayOfSlots, SlotState, day_of_slots
from web.dependencies import engine_of
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed
from web.wording import times

router = APIRouter()


@dataclass(frozen=True)
class Stretch:
    """Starts in a row that have the same to say."""

    first: str
    last: str
    count: int
    closed: str
    """Why, or empty where they are open."""
    proven: bool


@router.get("/desk/escalations/{escalation_id}/slots")
async def show_slots(request: Request, signed: Signed, escalation_id: UUID, day: str = "") -> Response:
    now = datetime.now(UTC)
    async with engine_of(request).connect() as conn:
        found = await day_of_slots(conn, str(escalation_id), _day(day), now)
        remedies = await remedies_of(conn, str(escalation_id), now)
    return _page(request, escalation_id, found, remedies)


@router.post("/desk/escalations/{escalation_id}/release-reserve", dependencies=[Guarded])
async def release(request: Request, signed: Signed, escalation_id: UUID) -> Response:
    """A manager lets somebody of the reserve take a call at risk. Pressed again, nothing more is done."""
    try:
        async with engine_of(request).begin() as conn:
            done = await release_reserve(conn, str(escalation_id), signed.actor, datetime.now(UTC))
    except ReserveNotEnough as failure:
        return await _refused(request, escalation_id, failure.detail)
    return _told(escalation_id, "released" if done else "served")


@router.post("/desk/escalations/{escalation_id}/widen-pool", dependencies=[Guarded])
async def widen(request: Request, signed: Signed, escalation_id: UUID, step: Annotated[str, Form()] = "") -> Response:
    """A manager lets a call at risk begin with a later step of its plan. Pressed again, nothing more is done."""
    number = int(step) if step.isascii() and step.isdecimal() and len(step) < 4 else 0
    try:
        done = await widen_pool(engine_of(request), str(escalation_id), number, signed.actor, datetime.now(UTC))
    except NotWiderEnough as failure:
        return await _refused(request, escalation_id, failure.detail)
    return _told(escalation_id, "widened" if done else "served")


def _told(escalation_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/desk/escalations/{escalation_id}/slots?said={said}", 303)


async def _refused(request: Request, escalation_id: UUID, wrong: str) -> Response:
    now = datetime.now(UTC)
    async with engine_of(request).connect() as conn:
        found = await day_of_slots(conn, str(escalation_id), None, now)
        remedies = await remedies_of(conn, str(escalation_id), now)
    return _page(request, escalation_id, found, remedies, 409, wrong=wrong)


def _page(
    request: Request,
    escalation_id: UUID,
    found: DayOfSlots,
    remedies: Remedies | None,
    status: int = 200,
    wrong: str = "",
) -> Response:
    return page(
        request,
        "desk/slots.html",
        status,
        wrong=wrong,
        said=request.query_params.get("said", ""),
        manages=bool(request.state.signed.roles & {"manager", "admin"}),
        escalation_id=escalation_id,
        day=found.day,
        before=found.day - timedelta(days=1),
        after=found.day + timedelta(days=1),
        pool=found.pool,
        stretches=_stretches(found.slots, found.zone),
        open=sum(slot.closed is None for slot in found.slots),
        remedies=remedies,
        zone=found.zone,
    )


def _day(said: str) -> date | None:
    """A day within reach of a calendar, or None for the first one that is offered."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if abs(day - datetime.now(UTC).date()) < timedelta(days=400) else None


def _stretches(slots: Iterable[SlotState], zone: str) -> list[Stretch]:
    result = []
    for said, group in groupby(slots, key=lambda slot: slot.closed):
        run = list(group)
        clocks = [times.clock(slot.start, zone) for slot in (run[0], run[-1])]
        result.append(
            Stretch(clocks[0], clocks[1], len(run), "" if said is None else said.text, said is None or said.proven)
        )
    return result
