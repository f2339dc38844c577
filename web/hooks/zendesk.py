"""Zendesk's webhooks: a ticket that wants a call opens an escalation, a solved one ends it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from database.stores.access.webhooks import GivenAnswer, WebhookSource, answer_given, find_source, keep_answer
from database.stores.directory.read import read_directory
from database.stores.escalations.ticket_accounts import account_ended, account_sent, open_tickets
from domain.escalation import BookingOnly, CallRefused, EscalationUnknown, NotNow, Outcome
from domain.failure import Failure
from domain.ticket_account import by_source, is_of
from web.api.escalations import opening_of, whole_of
from web.api.json_body import parse, read_bytes
from web.api.problems import FieldError, FieldsRefused
from web.api.views import customer_link
from web.dependencies import engine_of, gateway_of, settings_of, tokens_of
from web.hooks.signature import SignatureRefused, check_zendesk
from web.hooks.zendesk_payload import SYSTEM, Ends, IgnoredWebhook, Opens, read_payload

router = APIRouter(prefix="/hooks")

KIND = "zendesk"
_LONGEST_ID = 200


@router.post("/zendesk/{source}")
async def zendesk(request: Request, source: str) -> JSONResponse:
    """A signed webhook. Sent again, it gets its first answer and changes nothing."""
    body = await read_bytes(request)
    known = await _checked(request, source, body)
    payload = parse(body)
    event, fingerprint = _event_id(request, payload), hashlib.sha256(body).hexdigest()
    async with engine_of(request).connect() as conn:
        given = await answer_given(conn, known.name, event)
    if given is None:
        answer = GivenAnswer(fingerprint, 200, await _done(request, known, event, payload))
        async with engine_of(request).begin() as conn:
            given = await keep_answer(conn, known.name, event, answer, datetime.now(UTC))
    elif given.fingerprint != fingerprint:
        raise FieldsRefused((FieldError("/id", "another event had this id"),))
    return JSONResponse(given.body, given.status)


async def _checked(request: Request, source: str, body: bytes) -> WebhookSource:
    """The source whose secret signed this body. An unknown one is refused as a wrong signature is."""
    async with engine_of(request).connect() as conn:
        known = await find_source(conn, source, KIND)
    if known is None:
        raise SignatureRefused("The signature does not fit the body and this source's secret.")
    timestamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    signature = request.headers.get("x-zendesk-webhook-signature", "")
    check_zendesk(known.secret, timestamp, signature, body, datetime.now(UTC))
    return known


def _event_id(request: Request, payload: Any) -> str:
    """The event's own id, or the invocation's, or what was signed: the same whenever it is delivered again."""
    said = payload.get("id") if isinstance(payload, dict) else None
    if isinstance(said, str) and 0 < len(said) <= _LONGEST_ID:
        return said
    invocation = request.headers.get("x-zendesk-webhook-invocation-id", "")
    if 0 < len(invocation) <= _LONGEST_ID:
        return invocation
    return hashlib.sha256(request.headers["x-zendesk-webhook-signature"].encode()).hexdigest()


async def _done(request: Request, source: WebhookSource, event: str, payload: Any) -> dict[str, Any]:
    async with engine_of(request).connect() as conn:
        directory = await read_directory(conn)
    said = read_payload(payload, directory)
    match said:
        case IgnoredWebhook():
            return {"done": "ignored", "reason": said.reason}
        case Ends():
            return await _withdrawn(request, source, said)
        case Opens():
            return await _opened(request, source, event, said)


async def _opened(request: Request, source: WebhookSource, event: str, said: Opens) -> dict[str, Any]:
    """A refusal by the rules is an answer too: sending the webhook again would not change it."""
    opening = said.body.opening(by_source(source.name), event)
    async with engine_of(request).begin() as conn:
        account = await account_sent(conn, source, opening.ticket.url)
    opening = replace(opening, ticket=replace(opening.ticket, account=account))
    try:
        opened = await opening_of(request, opening)
    except (CallRefused, BookingOnly) as refused:
        return _refused(refused)
    whole = await whole_of(engine_of(request), opened.escalation_id)
    link = customer_link(tokens_of(request), whole, settings_of(request).base_url)
    done = "opened" if opened.created else "stood already"
    return {"done": done, "id": whole.id, "state": whole.state, "customer_link": link}


def _refused(refused: Failure) -> dict[str, Any]:
    return {"done": "refused", "reason": refused.detail}


async def _withdrawn(request: Request, source: WebhookSource, said: Ends) -> dict[str, Any]:
    """End the ticket's escalation while its call is still to come."""
    actor = by_source(source.name)
    async with engine_of(request).begin() as conn:
        account = await account_ended(conn, source, said.url)
        candidates = await open_tickets(conn, SYSTEM, said.ticket_id)
    standing = next((one.escalation_id for one in candidates if is_of(one, account, actor)), None)
    if standing is None:
        return {"done": "ignored", "reason": "the ticket has no open escalation"}
    try:
        await gateway_of(request).withdraw(standing, actor, outcome=Outcome.TICKET_SOLVED.value)
    except (NotNow, EscalationUnknown) as late:
        return {"done": "ignored", "id": standing, "reason": late.detail}
    return {"done": "withdrawn", "id": standing}
