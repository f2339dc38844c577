"""One person: added, moved between teams, given skills, deactivated. A change can be tried before it is made."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException

from database.stores.at_risk.alerts import remedies_for
from database.stores.at_risk.deep_search import LONGER, board_without
from database.stores.staff.people import SeatMoves, add_person, card_of, change_person, seats_resting_on, zones_of
from domain.people import CardStale, CardUnfit, NotYoursToChange, PersonDetails, PersonGone, mark_of, refuse_reaching_up
from domain.seats.capacity_under_rules import UnservedCalls, proven_unserved
from domain.sign_in import Role
from web.dependencies import engine_of
from web.directory.card_form import NOBODY, Sent, SentCard, chosen_number, differing, with_roles
from web.directory.names import choices
from web.error_status import status_of
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter(prefix="/directory")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/people/new")
async def new_page(request: Request, signed: Signed) -> HTMLResponse:
    return await _form(request, signed, None, NOBODY)


@router.post("/people/new", dependencies=[Guarded])
async def add_page(request: Request, signed: Signed, sent: Sent) -> Response:
    card = with_roles(sent.card, NOBODY, signed)
    try:
        async with engine_of(request).begin() as conn:
            made = await add_person(conn, card, signed.actor, datetime.now(UTC))
    except CardUnfit as unfit:
        return await _form(request, signed, None, card, 422, unfit=unfit)
    return RedirectResponse(f"/directory/people/{made}?said=added", 303)


@router.get("/people/{number}")
async def person_page(request: Request, signed: Signed, number: Number) -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        card = await _card(conn, number)
    return await _form(request, signed, number, card)


@router.post("/people/{number}", dependencies=[Guarded])
async def change_page(request: Request, signed: Signed, number: Number, sent: Sent) -> Response:
    """Saved; or only tried, in a transaction that is taken back: where that was asked for, and where booked calls
    would lose their last server and that was not shown yet."""
    card, seen = sent.card, sent.seen
    try:
        moved, done, looked = await _changed(request, signed, number, sent)
    except CardStale as stale:
        # Drawn with the mark of what stands now: saved once more, it is meant.
        seen = mark_of(stale.stands)
        meanwhile = differing(card, stale.stands, signed)
        return await _form(request, signed, number, card, status_of(stale), seen=seen, meanwhile=meanwhile)
    except (CardUnfit, NotYoursToChange) as refused:
        unfit = refused if isinstance(refused, CardUnfit) else CardUnfit("", refused.detail)
        return await _form(request, signed, number, card, status_of(refused), seen=seen, unfit=unfit)
    except PersonGone as gone:
        raise HTTPException(404) from gone
    if sent.longer and request.headers.get("hx-request") == "true":
        return page(request, "_looked_longer.html", at_risk=moved.lost, looked=looked)
    if not done:
        return await _form(request, signed, number, card, seen=seen, tried=moved, looked=looked)
    return RedirectResponse(f"/directory/people/{number}?said=saved&given={moved.given}&risk={moved.at_risk}", 303)


async def _changed(
    request: Request, signed: SignedIn, number: int, sent: SentCard
) -> tuple[SeatMoves, bool, UnservedCalls | None]:
    """What it does to booked calls, whether it was done, and for which of them nobody was found by looking longer."""

    def judged(before: PersonDetails) -> PersonDetails:
        card = with_roles(sent.card, before, signed)
        refuse_reaching_up(signed.roles, signed.person_id, number, before, card)
        if sent.seen != mark_of(before):
            raise CardStale(before)
        return card

    async with engine_of(request).connect() as conn, conn.begin() as transaction:
        moved = await change_person(conn, number, judged, signed.actor, datetime.now(UTC))
        done = not sent.trying and {one.booking for one in moved.lost} <= sent.shown
        tried = await board_without(conn, moved.lost) if sent.longer else None
        if not done:
            await transaction.rollback()
    # Only now that the connection is given back: the page takes one of its own.
    looked = None if tried is None else await asyncio.to_thread(proven_unserved, *tried, LONGER)
    return moved, done, looked


async def _card(conn: AsyncConnection, number: int) -> PersonDetails:
    try:
        return await card_of(conn, number)
    except PersonGone as gone:
        raise HTTPException(404) from gone


async def _form(
    request: Request,
    signed: SignedIn,
    number: int | None,
    card: PersonDetails,
    status: int = 200,
    *,
    seen: str = "",
    meanwhile: list[str] | None = None,
    unfit: CardUnfit | None = None,
    tried: SeatMoves | None = None,
    looked: UnservedCalls | None = None,
) -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        named = await choices(conn)
        stands = card if number is None else await _card(conn, number)
        zones = () if number is None else await zones_of(conn, number)
        resting = 0 if number is None else await seats_resting_on(conn, number)
        lost = [one.booking for one in tried.lost] if tried else []
        could_work = await remedies_for(conn, lost, number)
    asked = request.query_params
    return page(
        request,
        "directory/person.html",
        status,
        number=number,
        card=card,
        called=stands.name,
        stands=stands,
        zones=zones,
        resting=resting,
        seen=seen or mark_of(card),
        meanwhile=meanwhile,
        unfit=unfit,
        tried=tried,
        looked=looked,
        shown=",".join(map(str, lost)),
        could_work=could_work,
        zone=signed.time_zone,
        said=asked.get("said", ""),
        moved=SeatMoves(chosen_number(asked.get("given", "")), chosen_number(asked.get("risk", ""))),
        roles=[role.value for role in Role],
        gives_roles="admin" in signed.roles,
        yourself=number == signed.person_id,
        **named,
    )
