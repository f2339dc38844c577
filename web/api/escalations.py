"""Escalations: opening, reading, listing and withdrawing them."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.archive.folder import ArchiveFolder
from database.stores.archive.story import with_document
from database.stores.escalations.open import open_or_refuse
from database.stores.journal.timeline import database_now
from database.stores.queries.escalation_detail import WholeEscalation, read_whole
from database.stores.queries.escalation_list import EscalationFilter, list_newest
from domain.escalation import CallRefused, EscalationUnknown, Mode, Opening, OpeningResult, Outcome, State
from domain.ids import Tokens
from domain.plan import check_allows
from rules_dsl import FactRefused
from web.api.answers import EndedAnswer, EscalationAnswer, EscalationsAnswer, OpenedAnswer
from web.api.bearer import Reader, Writer
from web.api.cursor import read_cursor, write_cursor
from web.api.describe import IDEMPOTENCY_KEY, LOCATION, body_of, described
from web.api.filters import escalation_filter
from web.api.json_body import read_model
from web.api.problems import FieldError, FieldsRefused, fact_errors
from web.api.requests import OpenEscalation, WithdrawEscalation
from web.api.views import customer_link, escalation_view, line_view, opened_view
from web.dependencies import AppCommands, AppSettings, AppTokens, Archive, Engine

router = APIRouter(prefix="/api/v1", tags=["escalations"])

LONGEST_KEY = 200


@router.post(
    "/escalations",
    status_code=201,
    openapi_extra=body_of(OpenEscalation) | {"parameters": [IDEMPOTENCY_KEY]},
    response_model=OpenedAnswer,
    responses={
        200: {"model": OpenedAnswer, "description": "It already existed.", "headers": LOCATION},
        201: {"description": "It was opened.", "headers": LOCATION},
        **described(),
    },
)
async def open_escalation(
    request: Request, engine: Engine, tokens: AppTokens, settings: AppSettings, token: Writer
) -> Response:
    """Escalate a ticket to a call. If the ticket's call is still to come, the existing escalation is returned (200).

    `Idempotency-Key` makes a request safe to resend: repeating it returns the first result.
    """
    body = await read_model(request, OpenEscalation)
    opening = body.opening(token.actor, _key(request))
    opened = await open_now(engine, tokens, opening)
    escalation = await read_or_raise(engine, opened.escalation_id)
    if escalation.state == State.REFUSED:
        # The key was already used, for a request that the rules refused.
        refuse_again(escalation)
    link = customer_link(tokens, escalation, settings.base_url)
    headers = {"Location": f"/api/v1/escalations/{escalation.id}", "Cache-Control": "no-store"}
    return JSONResponse(opened_view(escalation, link), 201 if opened.created else 200, headers=headers)


@router.get("/escalations", response_model=EscalationsAnswer, responses=described())
async def list_escalations(
    engine: Engine,
    token: Reader,
    sought: Annotated[EscalationFilter, Depends(escalation_filter)],
    cursor: Annotated[str | None, Query(description="`next` from the previous page.", max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Escalations, newest first. `next` is null on the last page."""
    after = read_cursor(cursor)
    async with engine.connect() as conn:
        lines = await list_newest(conn, sought, after=after, limit=limit + 1)
    shown = lines[:limit]
    more = write_cursor((shown[-1].opened_at, shown[-1].id)) if len(lines) > limit else None
    return {"escalations": [line_view(line) for line in shown], "next": more}


@router.get("/escalations/{escalation_id}", response_model=EscalationAnswer, responses=described(404))
async def read_escalation(engine: Engine, archive: Archive, token: Reader, escalation_id: str) -> dict[str, Any]:
    """One escalation with its plan, booking, offers, call, rating and timeline."""
    return escalation_view(await read_story(engine, archive, escalation_id))


@router.post(
    "/escalations/{escalation_id}/withdraw",
    openapi_extra=body_of(WithdrawEscalation, required=False),
    response_model=EndedAnswer,
    responses=described(404, 409),
)
async def withdraw_escalation(
    request: Request, engine: Engine, commands: AppCommands, token: Writer, escalation_id: str
) -> dict[str, Any]:
    """Withdraw an escalation whose call is no longer wanted or whose ticket is solved.

    Repeating the request changes nothing.
    """
    empty = request.headers.get("content-length", "") == "0" or "content-type" not in request.headers
    body = WithdrawEscalation() if empty else await read_model(request, WithdrawEscalation)
    escalation = await read_or_raise(engine, escalation_id)
    if escalation.outcome not in (Outcome.WITHDRAWN, Outcome.TICKET_SOLVED):
        await commands.withdraw(escalation.id, token.actor, Outcome(body.outcome), body.reason)
        escalation = await read_or_raise(engine, escalation_id)
    return {"id": escalation.id, "state": escalation.state, "outcome": escalation.outcome}


async def open_now(engine: AsyncEngine, tokens: Tokens, opening: Opening) -> OpeningResult:
    """Open an escalation, taking the current time from the database's clock.

    Raises what ``open_or_refuse`` raises, and ``FieldsRefused`` for facts that the directory doesn't accept.
    """
    try:
        return await open_or_refuse(engine, opening, tokens, await _now(engine))
    except FactRefused as refused:
        raise fact_errors(refused, opening) from None


async def read_story(engine: AsyncEngine, archive: ArchiveFolder, escalation_id: str) -> WholeEscalation:
    """The escalation with its whole story, from its document if it is archived. Raises ``EscalationUnknown``."""
    escalation = await read_or_raise(engine, escalation_id)
    return escalation if escalation.archived_at is None else await asyncio.to_thread(with_document, escalation, archive)


async def read_or_raise(engine: AsyncEngine, escalation_id: str) -> WholeEscalation:
    """The escalation with this id. Raises ``EscalationUnknown``."""
    try:
        canonical_id = str(uuid.UUID(escalation_id))
    except ValueError:
        raise EscalationUnknown(escalation_id) from None
    async with engine.connect() as conn:
        escalation = await read_whole(conn, canonical_id)
    if escalation is None:
        raise EscalationUnknown(escalation_id)
    return escalation


def refuse_again(escalation: WholeEscalation) -> None:
    """Raise the same refusal again if the rules refused this escalation."""
    try:
        check_allows(escalation.plan, Mode(escalation.mode))
    except CallRefused as refused:
        refused.escalation_id = escalation.id
        raise


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        detail = f"must be 1 to {LONGEST_KEY} printable characters"
        raise FieldsRefused((FieldError("Idempotency-Key", detail),))
    return key.strip()


async def _now(engine: AsyncEngine) -> datetime:
    """The current time by the database's clock, which all processes share."""
    async with engine.connect() as conn:
        return await database_now(conn, None)
