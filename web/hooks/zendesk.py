"""Zendesk's webhooks: a ticket that needs a call opens an escalation, a solved ticket ends it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.stores.access.webhooks import StoredResponse, WebhookSource, find_source, store_response, stored_response
from database.stores.directory.read import read_directory
from database.stores.escalations.commands import EscalationCommands
from database.stores.escalations.ticket_accounts import account_of_solved, account_of_source, find_open, identified
from database.stores.escalations.ticket_news import record_news
from domain.escalation import BookingOnly, CallRefused, EscalationUnknown, NotNow, Outcome, Ticket
from domain.ids import Tokens
from domain.ticket_account import TicketIdentity, by_source
from web.api.escalations import open_now, read_or_raise
from web.api.json_body import parse_aside, read_bytes
from web.api.problems import FieldError, FieldsRefused
from web.api.views import customer_link
from web.dependencies import AppCommands, AppSettings, AppTokens, Engine, SignatureLimiter
from web.hooks.commands import Ends, IgnoredWebhook, Opens, Reopens, SourceWords
from web.hooks.signature import SignatureRefused, check_zendesk
from web.hooks.zendesk_payload import SYSTEM, read_payload

router = APIRouter(prefix="/hooks")

KIND = "zendesk"
_LONGEST_ID = 200


@dataclass(frozen=True)
class _Parts:
    """What is needed to act on a webhook."""

    engine: AsyncEngine
    tokens: Tokens
    commands: EscalationCommands
    base_url: str


async def _parts(engine: Engine, tokens: AppTokens, commands: AppCommands, settings: AppSettings) -> _Parts:
    return _Parts(engine, tokens, commands, settings.base_url)


@router.post("/zendesk/{source}")
async def zendesk(
    request: Request, parts: Annotated[_Parts, Depends(_parts)], limiter: SignatureLimiter, source: str
) -> JSONResponse:
    """Act on a signed webhook. If it is sent again, it gets the same response and changes nothing."""
    body = await read_bytes(request)
    try:
        sender = await _authenticate(parts.engine, request, source, body)
    except SignatureRefused:
        limiter.count(request, source)
        raise
    payload = await parse_aside(body)
    event, fingerprint = _event_id(request, payload), hashlib.sha256(body).hexdigest()
    async with parts.engine.connect() as conn:
        stored = await stored_response(conn, sender.name, event)
        # The header with the invocation's id isn't signed: a copy under another id is recognized by its signature.
        stored = stored or await stored_response(conn, sender.name, _signature_key(request))
    if stored is None:
        answer = StoredResponse(fingerprint, 200, await _carry_out(parts, sender, event, payload))
        async with parts.engine.begin() as conn:
            stored = await store_response(conn, sender.name, event, answer, current_time())
            await store_response(conn, sender.name, _signature_key(request), answer, current_time())
    elif stored.fingerprint != fingerprint:
        raise FieldsRefused((FieldError("/id", "another event had this id"),))
    return JSONResponse(stored.body, stored.status)


async def _authenticate(engine: AsyncEngine, request: Request, name: str, body: bytes) -> WebhookSource:
    """The source whose secret signed this body. An unknown source is refused like a wrong signature."""
    async with engine.connect() as conn:
        source = await find_source(conn, name, KIND)
    if source is None:
        raise SignatureRefused("The signature does not fit the body and this source's secret.")
    timestamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    signature = request.headers.get("x-zendesk-webhook-signature", "")
    check_zendesk(source.secret, timestamp, signature, body, current_time())
    return source


def _event_id(request: Request, payload: Any) -> str:
    """The event's id, otherwise the invocation's, otherwise a hash of the signature. The same on every delivery."""
    event_id = payload.get("id") if isinstance(payload, dict) else None
    if isinstance(event_id, str) and 0 < len(event_id) <= _LONGEST_ID:
        return event_id
    invocation = request.headers.get("x-zendesk-webhook-invocation-id", "")
    if 0 < len(invocation) <= _LONGEST_ID:
        return invocation
    return _signature_key(request)


def _signature_key(request: Request) -> str:
    """Stands for this signature where events are remembered. The signature covers the timestamp and the body."""
    return hashlib.sha256(request.headers["x-zendesk-webhook-signature"].encode()).hexdigest()


async def _carry_out(parts: _Parts, source: WebhookSource, event: str, payload: Any) -> dict[str, Any]:
    async with parts.engine.connect() as conn:
        directory = await read_directory(conn)
    words = SourceWords(**source.words)
    match command := read_payload(payload, directory, words, current_time()):
        case IgnoredWebhook():
            return {"done": "ignored", "reason": command.reason}
        case Ends():
            return await _withdraw(parts, source, command)
        case Reopens():
            return await _reopen(parts, source, command)
        case Opens():
            return await _open(parts, source, event, command)


async def _open(parts: _Parts, source: WebhookSource, event: str, command: Opens) -> dict[str, Any]:
    """Open an escalation. A refusal by the rules counts as success too, because a retry would be refused again."""
    opening = command.body.opening(by_source(source.name), event)
    async with parts.engine.begin() as conn:
        account = await account_of_source(conn, source, opening.ticket.url)
    opening = replace(opening, ticket=replace(opening.ticket, account=account))
    try:
        opened = await open_now(parts.engine, parts.tokens, opening)
    except (CallRefused, BookingOnly) as refused:
        return {"done": "refused", "reason": refused.detail}
    escalation = await read_or_raise(parts.engine, opened.escalation_id)
    link = customer_link(parts.tokens, escalation, parts.base_url)
    done = "opened" if opened.created else "stood already"
    return {"done": done, "id": escalation.id, "state": escalation.state, "customer_link": link}


async def _withdraw(parts: _Parts, source: WebhookSource, command: Ends) -> dict[str, Any]:
    """End the ticket's escalation if its call is still to come."""
    actor = by_source(source.name)
    async with parts.engine.begin() as conn:
        ticket = await _ticket(conn, source, command)
        escalation_id = await find_open(conn, ticket, actor)
        await record_news(conn, ticket, actor, command.news)
    if escalation_id is None:
        return {"done": "ignored", "reason": "the ticket has no open escalation"}
    outcome, reason = (Outcome.TICKET_SOLVED, "") if command.how == "solved" else (Outcome.WITHDRAWN, _reason(command))
    try:
        await parts.commands.withdraw(escalation_id, actor, outcome, reason)
    except (NotNow, EscalationUnknown) as failure:
        return {"done": "ignored", "id": escalation_id, "reason": failure.detail}
    return {"done": "withdrawn", "id": escalation_id}


async def _reopen(parts: _Parts, source: WebhookSource, command: Reopens) -> dict[str, Any]:
    """Record that the ticket was reopened. A call that its solution ended isn't offered again by itself."""
    async with parts.engine.begin() as conn:
        ticket = await _ticket(conn, source, command)
        found = await record_news(conn, ticket, by_source(source.name), command.news)
    if not found:
        return {"done": "ignored", "reason": "the ticket has no escalation"}
    return {"done": "recorded", "id": found[0]}


async def _ticket(conn: AsyncConnection, source: WebhookSource, command: Ends | Reopens) -> TicketIdentity:
    account = await account_of_solved(conn, source, command.url)
    return await identified(conn, Ticket(SYSTEM, command.ticket_id, command.url, "", account=account))


def _reason(command: Ends) -> str:
    return f"The ticket was {command.how}."
