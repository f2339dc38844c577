"""Answering an offer. The row judges who was in time; the answer is back in milliseconds."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse

from database.stores.queries.desk import CallCard, find_card
from database.stores.rounds import answers
from domain.offer import OfferPassed
from web.dependencies import acceptances_of, engine_of, tokens_of
from web.desk.areas import answer, declared_facts
from web.desk.card import passed_words, show
from web.error_status import status_of
from web.page import draw, page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn
from web.wording.states import state_words

LONGEST_REASON = 200
Nth = Annotated[int, Path(ge=0, le=2**31 - 1)]

router = APIRouter(prefix="/desk/offers/{call_id}/{nth}")


@router.post("/accept", dependencies=[Guarded])
async def accept(request: Request, signed: Signed, call_id: UUID, nth: Nth) -> Response:
    try:
        await acceptances_of(request).accept(str(call_id), nth, signed.person_id)
    except OfferPassed as passed:
        return await _passed(request, signed, call_id, nth, passed)
    if "hx-request" not in request.headers:
        return await answer(request, signed)
    # The row has decided: say so at once. What else has changed on the desk is asked for a moment later.
    join = f"/join/{tokens_of(request).agent_join(str(call_id), nth)}"
    return HTMLResponse(draw(request, "desk/_taken.html", call_id=call_id, join=join))


@router.get("/context")
async def context(request: Request, signed: Signed, call_id: UUID, nth: Nth) -> Response:
    """What is known of the ticket and the customer, and why this person: for who opens it."""
    async with engine_of(request).connect() as conn:
        card = await find_card(conn, str(call_id), nth, signed.person_id)
        shown = await show(conn, card, await declared_facts(conn)) if card else None
    if shown is None:
        raise OfferPassed("unknown")
    return page(request, "desk/_context.html", shown=shown, zone=signed.time_zone, state_words=state_words)


@router.post("/decline", dependencies=[Guarded])
async def decline(
    request: Request,
    signed: Signed,
    call_id: UUID,
    nth: Nth,
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    try:
        async with engine_of(request).begin() as conn:
            await answers.decline(conn, str(call_id), nth, signed.person_id, reason=reason.strip())
    except OfferPassed as passed:
        return await _passed(request, signed, call_id, nth, passed)
    return await answer(request, signed)


async def _passed(request: Request, signed: SignedIn, call_id: UUID, nth: int, passed: OfferPassed) -> Response:
    """Say what became of the offer, at the top of the desk."""
    async with engine_of(request).connect() as conn:
        card: CallCard | None = await find_card(conn, str(call_id), nth, signed.person_id)
    notice = passed.detail if card is None else f"This offer has passed: {passed_words(card)}."
    return await answer(request, signed, status_of(passed), notice=notice)
