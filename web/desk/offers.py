"""Answering an offer. The offer's row decides within milliseconds who was in time."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path, Response
from fastapi.responses import HTMLResponse

from database.stores.queries.desk import CallCard, find_card
from database.stores.rounds import answers
from domain.offer import OfferPassed
from web.desk.acceptances import DeskAcceptances
from web.desk.areas import DeskRequest, OwnDesk, answer, declared_facts
from web.desk.card import passed_words, show
from web.error_status import status_of
from web.page import draw, page
from web.security.csrf import Guarded
from web.wording.states import state_words

LONGEST_REASON = 200
Nth = Annotated[int, Path(ge=0, le=2**31 - 1)]

router = APIRouter(prefix="/desk/offers/{call_id}/{nth}")


@router.post("/accept", dependencies=[Guarded])
async def accept(desk: OwnDesk, acceptances: DeskAcceptances, call_id: UUID, nth: Nth) -> Response:
    try:
        await acceptances.accept(str(call_id), nth, desk.person_id)
    except OfferPassed as passed:
        return await _passed(desk, call_id, nth, passed)
    if "hx-request" not in desk.request.headers:
        return await answer(desk)
    # The call is taken: respond immediately. The desk refreshes its other areas a moment later.
    join = f"/join/{desk.tokens.agent_join(str(call_id), nth)}"
    return HTMLResponse(draw(desk.request, "desk/_taken.html", call_id=call_id, join=join))


@router.get("/context")
async def context(desk: OwnDesk, call_id: UUID, nth: Nth) -> Response:
    """The ticket, the customer and the reasons for asking this person, loaded when somebody opens them."""
    async with desk.engine.connect() as conn:
        card = await find_card(conn, str(call_id), nth, desk.person_id)
        view = await show(conn, card, await declared_facts(conn)) if card else None
    if view is None:
        raise OfferPassed("unknown")
    zone = desk.signed.time_zone
    return page(desk.request, "desk/_context.html", shown=view, zone=zone, state_words=state_words)


@router.post("/decline", dependencies=[Guarded])
async def decline(
    desk: OwnDesk,
    call_id: UUID,
    nth: Nth,
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    try:
        async with desk.engine.begin() as conn:
            await answers.decline(conn, str(call_id), nth, desk.person_id, reason=reason.strip())
    except OfferPassed as passed:
        return await _passed(desk, call_id, nth, passed)
    return await answer(desk)


async def _passed(desk: DeskRequest, call_id: UUID, nth: int, passed: OfferPassed) -> Response:
    """Say at the top of the desk why the offer can't be answered any more."""
    async with desk.engine.connect() as conn:
        card: CallCard | None = await find_card(conn, str(call_id), nth, desk.person_id)
    notice = passed.detail if card is None else f"This offer has passed: {passed_words(card)}."
    return await answer(desk, status_of(passed), notice=notice)
