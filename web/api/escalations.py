"""Escalations: opening, reading, listing and withdrawing them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.escalations.open import open_or_refuse
from database.stores.journal.free_text import keep_words
from database.stores.journal.timeline import database_now
from database.stores.queries.escalation_detail import WholeEscalation, read_whole
from database.stores.queries.escalation_list import list_newest
from domain.escalation import CallRefused, EscalationUnknown, Mode, Opening, OpeningResult, Outcome, State
from domain.plan import agree_to
from rules_dsl import FactRefused
from web.api.bearer import Reader, Writer
from web.api.cursor import read_cursor, write_cursor
from web.api.describe import body_of, described
from web.api.json_body import read_model
from web.api.problems import FieldError, FieldsRefused, fact_errors
from web.api.requests import OpenEscalation, WithdrawEscalation
from web.api.views import customer_link, line_view, opened_view, whole_view
from web.dependencies import engine_of, gateway_of, settings_of, tokens_of

router = APIRouter(prefix="/api/v1", tags=["escalations"])

LONGEST_KEY = 200


@router.post("/escalations", status_code=201, openapi_extra=body_of(OpenEscalation), responses=described(200, 422))
async def open_escalation(request: Request, token: Writer) -> Response:
    """Raise a ticket to a call. The same ticket while its call is still to come is the same escalation (200).

    `Idempotency-Key` makes a request safe to send again: the first answer stands.
    """
    body = await read_model(request, OpenEscalation)
    opening = body.opening(token.actor, _key(request))
    opened = await opening_of(request, opening)
    whole = await whole_of(engine_of(request), opened.escalation_id)
    if whole.state == State.REFUSED:
        # The first answer to this key was the refusal; it stands.
        refuse_again(whole)
    link = customer_link(tokens_of(request), whole, settings_of(request).base_url)
    headers = {"Location": f"/api/v1/escalations/{whole.id}", "Cache-Control": "no-store"}
    return JSONResponse(opened_view(whole, link), 201 if opened.created else 200, headers=headers)


@router.get("/escalations", responses=described(422))
async def list_escalations(
    request: Request,
    token: Reader,
    state: Annotated[list[State] | None, Query(description="One or more states.")] = None,
    cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Newest first. `next` is null on the last page."""
    after = read_cursor(cursor)
    async with engine_of(request).connect() as conn:
        found = await list_newest(conn, [one.value for one in state or ()], after=after, limit=limit + 1)
    shown = found[:limit]
    more = write_cursor((shown[-1].opened_at, shown[-1].id)) if len(found) > limit else None
    return {"escalations": [line_view(line) for line in shown], "next": more}


@router.get("/escalations/{escalation_id}", responses=described(404))
async def read_escalation(request: Request, token: Reader, escalation_id: str) -> dict[str, Any]:
    """One escalation with its plan, booking, offers, call, rating and timeline."""
    return whole_view(await whole_of(engine_of(request), escalation_id))


@router.post(
    "/escalations/{escalation_id}/withdraw",
    openapi_extra=body_of(WithdrawEscalation, required=False),
    responses=described(404, 409),
)
async def withdraw_escalation(request: Request, token: Writer, escalation_id: str) -> dict[str, Any]:
    """The call is no longer wanted, or the ticket is solved. Sent again, it changes nothing."""
    empty = request.headers.get("content-length", "") == "0" or "content-type" not in request.headers
    body = WithdrawEscalation() if empty else await read_model(request, WithdrawEscalation)
    engine = engine_of(request)
    whole = await whole_of(engine, escalation_id)
    if whole.outcome not in (Outcome.WITHDRAWN, Outcome.TICKET_SOLVED):
        async with engine.begin() as conn:
            ref = await keep_words(conn, body.reason)
        await gateway_of(request).withdraw(whole.id, token.actor, outcome=body.outcome, reason_ref=ref)
        whole = await whole_of(engine, escalation_id)
    return {"id": whole.id, "state": whole.state, "outcome": whole.outcome}


async def opening_of(request: Request, opening: Opening) -> OpeningResult:
    """Open an escalation now. Raises what opening raises; an unfit fact names its field."""
    engine = engine_of(request)
    try:
        return await open_or_refuse(engine, opening, tokens_of(request), await _now(engine))
    except FactRefused as refused:
        raise fact_errors(refused, opening) from None


async def whole_of(engine: AsyncEngine, escalation_id: str) -> WholeEscalation:
    """Raises ``EscalationUnknown``."""
    try:
        known = str(uuid.UUID(escalation_id))
    except ValueError:
        raise EscalationUnknown(escalation_id) from None
    async with engine.connect() as conn:
        whole = await read_whole(conn, known)
    if whole is None:
        raise EscalationUnknown(escalation_id)
    return whole


def refuse_again(whole: WholeEscalation) -> None:
    """Raise what the opening of a refused escalation raised."""
    try:
        agree_to(whole.plan, Mode(whole.mode))
    except CallRefused as refused:
        refused.escalation_id = whole.id
        raise


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        wanted = f"must be 1 to {LONGEST_KEY} printable characters"
        raise FieldsRefused((FieldError("Idempotency-Key", wanted),))
    return key.strip()


async def _now(engine: AsyncEngine) -> datetime:
    """The database's clock, which all processes share."""
    async with engine.connect() as conn:
        return await database_now(conn, None)
