"""Zendesk's webhooks: a ticket that needs a call opens an escalation, a solved ticket ends it."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.access.webhook_deliveries import WebhookDelivery
from database.stores.access.webhooks import WebhookSource, find_source, was_deleted
from domain.failure import Failure
from domain.sign_in import TooManyMisses
from web.api.json_body import read_bytes
from web.dependencies import Engine, SignatureLimiter
from web.error_status import status_of
from web.hooks.carry_out import Parts, with_customer_link
from web.hooks.leniently import line
from web.hooks.receive import SignedBody, authenticated, receive
from web.hooks.refusal_words import refusal_words
from web.hooks.signature import WRONG, SignatureRefused, SourceDeleted
from web.hooks.unsigned import Unsigned

router = APIRouter(prefix="/hooks")

KIND = "zendesk"
_SOURCE = re.compile(r"[A-Za-z0-9._-]{1,40}")


@router.post("/zendesk/{source}")
async def zendesk(
    request: Request, engine: Engine, parts: Parts, limiter: SignatureLimiter, unsigned: Unsigned, source: str
) -> JSONResponse:
    """Act on a signed webhook. If it is sent again, it gets the same response and changes nothing."""
    try:
        sender, sent = await _authenticate(engine, request, source)
    except Failure as refused:
        failure = _limited(request, limiter, source, refused)
        await unsigned.note(_unsigned_delivery(source, refused, failure))
        raise failure from None
    answer = await receive(parts, sender, sent)
    return JSONResponse(await with_customer_link(parts, answer.body), answer.status)


async def _authenticate(engine: AsyncEngine, request: Request, name: str) -> tuple[WebhookSource, SignedBody]:
    """The source and the body that one of its secrets signed. An unknown source is refused like a wrong signature."""
    async with engine.connect() as conn:
        source = await find_source(conn, name, KIND)
        if source is None and await was_deleted(conn, name):
            raise SourceDeleted
    if source is None:
        raise SignatureRefused(WRONG, unknown_source=True)
    return source, authenticated(source, request.headers, await read_bytes(request))


def _limited(request: Request, limiter: SignatureLimiter, source: str, refused: Failure) -> Failure:
    """The refusal, or the limit if there were too many wrong signatures."""
    if isinstance(refused, SignatureRefused):
        try:
            limiter.count(request, source)
        except TooManyMisses as limit:
            return limit
    return refused


def _unsigned_delivery(name: str, refused: Failure, failure: Failure) -> WebhookDelivery:
    """What the inbox says of it. Nothing of its body is kept, because anybody may have sent it."""
    source, reason = name, refusal_words(refused)
    if isinstance(refused, SignatureRefused) and refused.unknown_source:
        named = f"the name “{name}”" if _SOURCE.fullmatch(name) else "that name"
        source, reason = "", f"No source has {named}."
    if isinstance(failure, TooManyMisses):
        reason += " It was one of too many within a minute."
    return WebhookDelivery(source, current_time(), status_of(failure), reason=line(reason), signed=False)
