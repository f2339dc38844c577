"""Adds, changes and deactivates a person. A change can be tried before it is saved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.exceptions import HTTPException

from database.bounded_threads import SEAT_SEARCHES
from database.clock import current_time
from database.stores.at_risk.alerts import remedies_for
from database.stores.at_risk.deep_search import LONGER, board_without
from database.stores.staff.people import add_person, card_of, change_person, seats_resting_on, zones_of
from database.stores.staff.seat_moves import SeatMoves
from domain.people import CardStale, CardUnfit, NotYoursToChange, PersonDetails, PersonGone, check_may_change, mark_of
from domain.seats.capacity_under_rules import UnservedCalls, proven_unserved
from domain.sign_in import Role
from web.dependencies import Engine
from web.directory.card_form import NOBODY, Sent, SentCard, chosen_number, differing, with_roles
from web.directory.names import choices
from web.error_status import status_of
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn
from web.wording.deactivating import fate_of_call

router = APIRouter(prefix="/directory")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/people/new")
async def new_page(request: Request, engine: Engine, signed: Signed) -> HTMLResponse:
    return await _form(request, engine, signed, None, NOBODY)


@router.post("/people/new", dependencies=[Guarded])
async def add_page(request: Request, engine: Engine, signed: Signed, sent: Sent) -> Response:
    card = with_roles(sent.card, NOBODY, signed)
    try:
        async with engine.begin() as conn:
            number = await add_person(conn, card, signed.actor, current_time())
    except CardUnfit as unfit:
        return await _form(request, engine, signed, None, card, 422, unfit=unfit)
    return RedirectResponse(f"/directory/people/{number}?said=added", 303)


@router.get("/people/{number}")
async def person_page(request: Request, engine: Engine, signed: Signed, number: Number) -> HTMLResponse:
    async with engine.connect() as conn:
        card = await _card(conn, number)
    return await _form(request, engine, signed, number, card)


@router.post("/people/{number}", dependencies=[Guarded])
async def change_page(request: Request, engine: Engine, signed: Signed, number: Number, sent: Sent) -> Response:
    """Save the card, or roll back if this is a dry run or concerns calls at risk or in hand that weren't shown yet."""
    card, seen = sent.card, sent.seen
    try:
        moves, saved, unserved = await _change(engine, signed, number, sent)
    except CardStale as stale:
        # The page carries the current card's mark, so submitting the form again overwrites that card.
        seen = mark_of(stale.stands)
        meanwhile = differing(card, stale.stands, signed)
        return await _form(request, engine, signed, number, card, status_of(stale), seen=seen, meanwhile=meanwhile)
    except (CardUnfit, NotYoursToChange) as refused:
        unfit = refused if isinstance(refused, CardUnfit) else CardUnfit("", refused.detail)
        return await _form(request, engine, signed, number, card, status_of(refused), seen=seen, unfit=unfit)
    except PersonGone as gone:
        raise HTTPException(404) from gone
    if sent.longer and request.headers.get("hx-request") == "true":
        return page(request, "_longer_search.html", at_risk=moves.lost, unserved=unserved)
    if not saved:
        return await _form(request, engine, signed, number, card, seen=seen, tried=moves, unserved=unserved)
    return RedirectResponse(f"/directory/people/{number}?said=saved&given={moves.given}&risk={moves.at_risk}", 303)


async def _change(
    engine: AsyncEngine, signed: SignedIn, number: int, sent: SentCard
) -> tuple[SeatMoves, bool, UnservedCalls | None]:
    """How the change affects booked calls, whether it was saved, and which calls the longer search left unserved."""

    def checked(saved: PersonDetails) -> PersonDetails:
        card = with_roles(sent.card, saved, signed)
        check_may_change(signed.roles, signed.person_id, number, saved, card)
        if sent.seen != mark_of(saved):
            raise CardStale(saved)
        return card

    async with engine.connect() as conn, conn.begin() as transaction:
        moves = await change_person(conn, number, checked, signed.actor, current_time())
        shown = {call.booking for call in moves.lost} <= sent.shown and moves.marks <= sent.confirmed
        save = not sent.trying and shown
        search = await board_without(conn, moves.lost) if sent.longer else None
        if not save:
            await transaction.rollback()
    # Runs after the connection is released, because the page needs another one.
    unserved = None if search is None else await SEAT_SEARCHES.run(proven_unserved, *search, LONGER)
    return moves, save, unserved


async def _card(conn: AsyncConnection, number: int) -> PersonDetails:
    try:
        return await card_of(conn, number)
    except PersonGone as gone:
        raise HTTPException(404) from gone


async def _form(
    request: Request,
    engine: AsyncEngine,
    signed: SignedIn,
    number: int | None,
    card: PersonDetails,
    status: int = 200,
    *,
    seen: str = "",
    meanwhile: list[str] | None = None,
    unfit: CardUnfit | None = None,
    tried: SeatMoves | None = None,
    unserved: UnservedCalls | None = None,
) -> HTMLResponse:
    async with engine.connect() as conn:
        all_choices = await choices(conn)
        saved = card if number is None else await _card(conn, number)
        zones = () if number is None else await zones_of(conn, number)
        resting = 0 if number is None else await seats_resting_on(conn, number)
        lost = [call.booking for call in tried.lost] if tried else []
        could_work = await remedies_for(conn, lost, number)
    query = request.query_params
    return page(
        request,
        "directory/person.html",
        status,
        number=number,
        card=card,
        saved=saved,
        zones=zones,
        resting=resting,
        seen=seen or mark_of(card),
        meanwhile=meanwhile,
        unfit=unfit,
        tried=tried,
        unserved=unserved,
        shown=",".join(map(str, lost)),
        confirmed=",".join(sorted(tried.marks)) if tried else "",
        fate_of_call=fate_of_call,
        could_work=could_work,
        zone=signed.time_zone,
        said=query.get("said", ""),
        moved=SeatMoves(chosen_number(query.get("given", "")), chosen_number(query.get("risk", ""))),
        roles=[role.value for role in Role],
        gives_roles="admin" in signed.roles,
        yourself=number == signed.person_id,
        **all_choices,
    )
