"""Actions on an escalation: nudge it, withdraw it, resend a failed message."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.journal.audit_log import write_audit
from database.stores.journal.message_queue import send_again
from domain.escalation import NotNow, State
from domain.failure import Failure
from web.api.escalations import read_or_raise, read_story
from web.dependencies import AppCommands, Archive, Engine
from web.error_status import status_of
from web.ops.reading import story_page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter(prefix="/ops", dependencies=[Guarded])

_LONGEST_REASON = 1000


@router.post("/{escalation_id}/nudge")
async def nudge(
    request: Request, engine: Engine, archive: Archive, commands: AppCommands, signed: Signed, escalation_id: str
) -> Response:
    """Get the escalation moving: email the link again, or restart the search and resend the workflow's events."""
    escalation = await read_story(engine, archive, escalation_id)
    try:
        await commands.nudge(escalation.id, signed.actor)
        await _audit(engine, signed, "nudged", escalation.id)
    except Failure as failure:
        return await story_page(request, signed.roles, escalation, status_of(failure), wrong=failure.detail)
    return _back(escalation.id, "nudged")


@router.post("/{escalation_id}/withdraw")
async def withdraw(
    request: Request,
    engine: Engine,
    archive: Archive,
    commands: AppCommands,
    signed: Signed,
    escalation_id: str,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """End the escalation before its call. The reason is required, because somebody will ask for it."""
    escalation = await read_story(engine, archive, escalation_id)
    reason = reason.strip()[:_LONGEST_REASON]
    if not reason:
        wrong = "Please say why, in a few words. The story will show it."
        return await story_page(request, signed.roles, escalation, 422, wrong=wrong)
    try:
        if escalation.state == State.CLOSED:
            # The command treats a repeated withdrawal like the first one, but here a new reason was typed.
            raise NotNow(escalation.state)
        await commands.withdraw(escalation.id, signed.actor, reason=reason)
        await _audit(engine, signed, "withdrew", escalation.id)
    except Failure as failure:
        wrong = failure.detail
        return await story_page(request, signed.roles, escalation, status_of(failure), wrong=wrong, typed=reason)
    return _back(escalation.id, "withdrawn")


@router.post("/{escalation_id}/messages/{message_id}/send-again")
async def send_message_again(engine: Engine, signed: Signed, escalation_id: str, message_id: uuid.UUID) -> Response:
    escalation = await read_or_raise(engine, escalation_id)
    async with engine.begin() as conn:
        queued = await send_again(conn, escalation.id, str(message_id))
    if queued:
        await _audit(engine, signed, "sent a message again", escalation.id)
    return _back(escalation.id, "sent" if queued else "not-failed")


async def _audit(engine: AsyncEngine, signed: SignedIn, action: str, escalation_id: str) -> None:
    async with engine.begin() as conn:
        await write_audit(conn, signed.actor, action, f"escalation:{escalation_id}", current_time())


def _back(escalation_id: str, said: str) -> RedirectResponse:
    return RedirectResponse(f"/ops/{escalation_id}?said={said}", 303)
