"""What ops may do to an escalation: nudge it, withdraw it, send a failed message again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from database.stores.journal.audit_log import write_audit
from database.stores.journal.free_text import keep_words
from database.stores.queries.escalation_list import send_again
from domain.failure import Failure
from web.api.escalations import whole_of
from web.dependencies import engine_of, gateway_of
from web.error_status import status_of
from web.ops.reading import story_page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter(prefix="/ops", dependencies=[Guarded])

_LONGEST_REASON = 1000


@router.post("/{escalation_id}/nudge")
async def nudge(request: Request, signed: Signed, escalation_id: str) -> Response:
    """Ask its workflow to look again at once: remind the customer, or search anew."""
    whole = await whole_of(engine_of(request), escalation_id)
    try:
        await gateway_of(request).nudge(whole.id, signed.actor)
        await _note(request, signed, "nudged", whole.id)
    except Failure as failure:
        return story_page(request, signed.roles, whole, status_of(failure), wrong=failure.detail)
    return _back(whole.id, "nudged")


@router.post("/{escalation_id}/withdraw")
async def withdraw(
    request: Request, signed: Signed, escalation_id: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """End it before its call. A reason is needed, because somebody will ask."""
    engine = engine_of(request)
    whole = await whole_of(engine, escalation_id)
    reason = reason.strip()[:_LONGEST_REASON]
    if not reason:
        return story_page(request, signed.roles, whole, 422, wrong="Write why, in a few words. It stands in the story.")
    try:
        async with engine.begin() as conn:
            ref = await keep_words(conn, reason)
        await gateway_of(request).withdraw(whole.id, signed.actor, reason_ref=ref)
        await _note(request, signed, "withdrew", whole.id)
    except Failure as failure:
        return story_page(request, signed.roles, whole, status_of(failure), wrong=failure.detail, typed=reason)
    return _back(whole.id, "withdrawn")


@router.post("/{escalation_id}/messages/{message_id}/send-again")
async def send_message_again(request: Request, signed: Signed, escalation_id: str, message_id: uuid.UUID) -> Response:
    whole = await whole_of(engine_of(request), escalation_id)
    async with engine_of(request).begin() as conn:
        queued = await send_again(conn, whole.id, str(message_id))
    if queued:
        await _note(request, signed, "sent a message again", whole.id)
    return _back(whole.id, "sent" if queued else "not-failed")


async def _note(request: Request, signed: SignedIn, action: str, escalation_id: str) -> None:
    async with engine_of(request).begin() as conn:
        await write_audit(conn, signed.actor, action, f"escalation:{escalation_id}", datetime.now(UTC))


def _back(escalation_id: str, said: str) -> RedirectResponse:
    return RedirectResponse(f"/ops/{escalation_id}?said={said}", 303)
