"""Handles an authenticated webhook once, however often it arrives, and keeps it in the inbox with its answer."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from database.clock import current_time
from database.engine import DATABASE_DOWN, is_conflict
from database.stores.access.webhook_answers import StoredResponse, store_response, stored_response
from database.stores.access.webhook_deliveries import (
    SENT,
    WebhookDelivery,
    WebhookReplay,
    count_repeat,
    drop_delivery,
    keep_delivery,
)
from database.stores.access.webhooks import WebhookSource, note_use
from database.stores.journal.audit_log import write_audit
from domain.failure import Failure
from web.api.json_body import parse_aside
from web.api.problems import FieldError, FieldsRefused
from web.error_status import status_of
from web.hooks.carry_out import HookParts, carry_out
from web.hooks.leniently import line
from web.hooks.refusal_words import refusal_words
from web.hooks.signature import signed_with
from web.hooks.zendesk_payload import ticket_in

log = logging.getLogger(__name__)

TRIGGER = "trigger"
"""The kind of a delivery whose body an administrator wrote for a trigger or an automation."""
_LONGEST_ID = 200
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class SignedBody:
    """A body whose signature was valid when it arrived."""

    body: bytes
    signature: str = ""
    invocation: str = ""
    secret: str = field(default="", repr=False)
    """The secret that signed it; empty if that use isn't to be noted."""
    origin: str = SENT
    replay: WebhookReplay | None = None

    def keys(self, payload: Any) -> tuple[str, ...]:
        """Under which its answer is remembered: the event's id, then the signature.

        The id is that of the payload, otherwise the invocation's. The header with the invocation's id isn't signed: a
        copy under another id is recognized by its signature, which covers the timestamp and the body.
        """
        if self.replay is not None:
            return (f"replay/{self.replay.of}/{self.replay.nth}",)
        signature = hashlib.sha256(self.signature.encode()).hexdigest()
        sent = payload.get("id") if isinstance(payload, dict) else None
        ids = [one for one in (sent, self.invocation) if isinstance(one, str) and 0 < len(one) <= _LONGEST_ID]
        return (ids[0], signature) if ids else (signature,)


def authenticated(source: WebhookSource, headers: Mapping[str, str], body: bytes) -> SignedBody:
    """The body, if one of the source's secrets signed it. Raises ``SignatureRefused``."""
    signature = headers.get("x-zendesk-webhook-signature", "")
    timestamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
    secret = signed_with((one.value for one in source.secrets), timestamp, signature, body, current_time())
    return SignedBody(body, signature, headers.get("x-zendesk-webhook-invocation-id", ""), secret)


async def receive(parts: HookParts, source: WebhookSource, sent: SignedBody) -> StoredResponse:
    """The answer to a webhook; what it asks for is done. The same event again gets the same answer, and does nothing.

    Raises the failure if it could not be handled; the inbox has its reason as well.
    """
    payload: Any = None
    try:
        payload = await parse_aside(sent.body)
        return await _answer_once(parts, source, sent, payload)
    except Exception as failure:
        await _keep_failure(parts, _described(source, sent, payload, current_time()), sent, failure)
        raise


async def _answer_once(parts: HookParts, source: WebhookSource, sent: SignedBody, payload: Any) -> StoredResponse:
    keys, fingerprint = sent.keys(payload), hashlib.sha256(sent.body).hexdigest()
    async with parts.engine.connect() as conn:
        found = [await stored_response(conn, source.name, key) for key in keys]
    stored = next((one for one in found if one is not None), None)
    if stored is None:
        answer = StoredResponse(fingerprint, 200, await carry_out(parts, source, keys[0], payload))
        delivery = _answered(_described(source, sent, payload, current_time()), answer)
        async with parts.engine.begin() as conn:
            return await _store(conn, delivery, sent, keys, answer)
    if stored.fingerprint != fingerprint:
        raise FieldsRefused((FieldError("/id", "another event had this id"),))
    if sent.replay is None:
        async with parts.engine.begin() as conn:
            await count_repeat(conn, stored.delivery)
            await note_use(conn, source.name, sent.secret, current_time())
    return stored


async def _store(
    conn: AsyncConnection, delivery: WebhookDelivery, sent: SignedBody, keys: tuple[str, ...], answer: StoredResponse
) -> StoredResponse:
    """Keep the delivery with its answer. If a copy was answered meanwhile, its answer is returned and this counted."""
    kept = await _keep(conn, delivery, sent)
    stored = await store_response(conn, delivery.source, keys[0], replace(answer, delivery=kept), delivery.at)
    for key in keys[1:]:
        await store_response(conn, delivery.source, key, stored, delivery.at)
    if stored.delivery != kept and sent.replay is None:
        await drop_delivery(conn, kept)
        await count_repeat(conn, stored.delivery)
    # The source's row comes last in every transaction, so that no two wait for each other.
    await note_use(conn, delivery.source, sent.secret, delivery.at)
    return stored


async def _keep(conn: AsyncConnection, delivery: WebhookDelivery, sent: SignedBody) -> int | None:
    kept = await keep_delivery(conn, delivery)
    if sent.replay is not None and kept is not None:
        body = {"delivery": sent.replay.of, "status": delivery.status, "done": delivery.done}
        await write_audit(conn, sent.replay.by, "replayed webhook", delivery.source, delivery.at, body)
    return kept


async def _keep_failure(parts: HookParts, delivery: WebhookDelivery, sent: SignedBody, failure: Exception) -> None:
    if isinstance(failure, Failure):
        status = status_of(failure)
    else:
        status = 503 if isinstance(failure, DATABASE_DOWN) or is_conflict(failure) else 500
    reason = line(refusal_words(failure), _LONGEST_REASON)
    try:
        async with parts.engine.begin() as conn:
            await _keep(conn, replace(delivery, status=status, reason=reason), sent)
            await note_use(conn, delivery.source, sent.secret, delivery.at)
    except (SQLAlchemyError, OSError) as error:
        # The sender gets the failure as its answer all the same.
        log.warning("webhook not in inbox source=%s status=%s error=%s", delivery.source, status, type(error).__name__)


def _described(source: WebhookSource, sent: SignedBody, payload: Any, now: datetime) -> WebhookDelivery:
    ticket = ticket_in(payload)
    return WebhookDelivery(
        source=source.name,
        at=now,
        status=0,
        kind=ticket.event or (TRIGGER if isinstance(payload, dict) else ""),
        ticket=line(ticket.number, 100),
        origin=sent.origin,
        replay=sent.replay,
        # A replay's body is kept with the delivery that it repeats.
        body=sent.body if sent.replay is None else None,
        body_bytes=len(sent.body),
    )


def _answered(delivery: WebhookDelivery, answer: StoredResponse) -> WebhookDelivery:
    told = answer.body
    reason = line(told.get("reason") or told.get("would"), _LONGEST_REASON)
    return replace(delivery, status=answer.status, done=told["done"], reason=reason, escalation=told.get("id"))
