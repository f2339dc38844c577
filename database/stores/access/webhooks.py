"""Incoming webhooks: each source's secret, and the responses sent, so that a replayed event changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import webhook_received, webhook_source
from domain.ticket_account import AccountTaken

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class WebhookSource:
    name: str
    kind: str
    """``zendesk``."""
    secret: str
    account: str = ""
    """The account that its tickets belong to, such as ``harbor.zendesk.com``; empty until known."""
    words: Words = field(default_factory=dict)
    """The account's own words for each ``status`` and ``priority``, in small letters, with Muster's word."""

    def __repr__(self) -> str:
        return f"WebhookSource({self.name!r}, {self.kind!r})"


@dataclass(frozen=True)
class StoredResponse:
    fingerprint: str
    """SHA-256 of the request's body, in hex."""
    status: int
    body: dict[str, Any]


async def find_source(conn: AsyncConnection, name: str, kind: str) -> WebhookSource | None:
    query = select(webhook_source).where(webhook_source.c.name == name, webhook_source.c.kind == kind)
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _source(row)


async def all_sources(conn: AsyncConnection) -> list[WebhookSource]:
    rows = await conn.execute(select(webhook_source).order_by(webhook_source.c.name))
    return [_source(row) for row in rows]


def _source(row: Row[Any]) -> WebhookSource:
    return WebhookSource(row.name, row.kind, row.secret, row.account, row.words)


async def keep_source(
    conn: AsyncConnection, name: str, kind: str, secret: str, account: str = "", words: Words | None = None
) -> None:
    """Add a source, or change its secret and, if they are given, its account and words. Raises ``AccountTaken``."""
    others = select(webhook_source.c.name).where(webhook_source.c.account == account, webhook_source.c.name != name)
    if account and (taken := (await conn.execute(others)).scalar_one_or_none()) is not None:
        raise AccountTaken(account, taken)
    row: dict[str, Any] = {"kind": kind, "secret": secret} | ({"account": account} if account else {})
    row |= {} if words is None else {"words": words}
    statement = insert(webhook_source).values(name=name, **row)
    await conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


async def stored_response(conn: AsyncConnection, source: str, event: str) -> StoredResponse | None:
    """The response that this event got the first time, or None for a new event."""
    query = select(webhook_received).where(webhook_received.c.source == source, webhook_received.c.event == event)
    row = (await conn.execute(query)).one_or_none()
    if row is None or row.answer is None:
        return None
    return StoredResponse(row.fingerprint, row.answer["status"], row.answer["body"])


async def store_response(
    conn: AsyncConnection, source: str, event: str, answer: StoredResponse, now: datetime
) -> StoredResponse:
    """Store a response for replays. If two are stored concurrently, the first wins; returns the winner."""
    stored = {"status": answer.status, "body": answer.body}
    row = {"source": source, "event": event, "fingerprint": answer.fingerprint, "answer": stored, "at": now}
    await conn.execute(insert(webhook_received).values(row).on_conflict_do_nothing())
    return await stored_response(conn, source, event) or answer
