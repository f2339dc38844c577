"""The answer that each webhook event got, so that an event received again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import webhook_received


@dataclass(frozen=True)
class StoredResponse:
    fingerprint: str
    """SHA-256 of the request's body, in hex."""
    status: int
    body: dict[str, Any]
    delivery: int | None = None
    """The delivery that got this response first; None if the previous release answered it."""


async def stored_response(conn: AsyncConnection, source: str, event: str) -> StoredResponse | None:
    """The response that this event got the first time, or None for a new event."""
    query = select(webhook_received).where(webhook_received.c.source == source, webhook_received.c.event == event)
    row = (await conn.execute(query)).one_or_none()
    if row is None or row.answer is None:
        return None
    return StoredResponse(row.fingerprint, row.answer["status"], row.answer["body"], row.delivery)


async def store_response(
    conn: AsyncConnection, source: str, event: str, answer: StoredResponse, now: datetime
) -> StoredResponse:
    """Store a response for replays. If two are stored concurrently, the first wins; returns the winner."""
    stored = {"status": answer.status, "body": answer.body}
    row = {"source": source, "event": event, "fingerprint": answer.fingerprint, "answer": stored, "at": now}
    await conn.execute(insert(webhook_received).values(row | {"delivery": answer.delivery}).on_conflict_do_nothing())
    return await stored_response(conn, source, event) or answer
