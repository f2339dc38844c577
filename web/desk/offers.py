"""Answering an offer. The row judges who was in time; the answer is back in milliseconds."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from database.stores import offers
from database.stores.desk import CallCard, find_card
from domain.offer import OfferPassed
from web.desk.areas import answer
from web.desk.card import passed_words
from web.form_guard import Guarded
from web.session import Signed, SignedIn

LONGEST_REASON = 200

router = APIRouter(prefix="/desk/offers/{call_id}/{nth}")


@router.post("/accept", dependencies=[Guarded])
async def accept(request: Request, signed: Signed, call_id: UUID, nth: int) -> Response:
    try:
        async with request.app.state.engine.begin() as conn:
            await offers.accept(conn, str(call_id), nth, signed.person_id, request.app.state.tokens)
    except OfferPassed as passed:
        return await _passed(request, signed, call_id, nth, passed)
    return await answer(request, signed)


@router.post("/decline", dependencies=[Guarded])
async def decline(
    request: Request,
    signed: Signed,
    call_id: UUID,
    nth: int,
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    try:
        async with request.app.state.engine.begin() as conn:
            await offers.decline(conn, str(call_id), nth, signed.person_id, reason=reason.strip())
    except OfferPassed as passed:
        return await _passed(request, signed, call_id, nth, passed)
    return await answer(request, signed)


async def _passed(request: Request, signed: SignedIn, call_id: UUID, nth: int, passed: OfferPassed) -> Response:
    """Say what became of the offer, at the top of the desk."""
    async with request.app.state.engine.connect() as conn:
        card: CallCard | None = await find_card(conn, str(call_id), nth, signed.person_id)
    notice = passed.detail if card is None else f"This offer has passed: {passed_words(card)}."
    return await answer(request, signed, passed.status, notice=notice)
