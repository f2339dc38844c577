"""The inbox of webhooks: every delivery with its answer, and for a while its body, so that it can be replayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.webhook import webhook_delivery

BODY_BYTES = 64 * 1024
"""Longer bodies are not kept, and so can't be replayed."""
UNSIGNED_A_MINUTE = 5
"""Maximum deliveries without a valid signature that are listed per source and minute; the others are counted."""
SENT, TESTED, REPLAYED = "sent", "tested", "replayed"
_LISTED = (
    *(column for column in webhook_delivery.c if column.name != "body"),
    webhook_delivery.c.body.is_not(None).label("has_body"),
)


@dataclass(frozen=True)
class WebhookReplay:
    """A replay of an earlier delivery. The same ``nth`` again is the same replay."""

    of: int
    nth: int
    by: str
    """Who replays it, such as ``person:7``."""


@dataclass(frozen=True)
class WebhookDelivery:
    source: str
    """Empty if no source has the name that it was sent to."""
    at: datetime
    status: int
    done: str = ""
    """What was done, as answered (``opened``); empty if the answer is a problem."""
    reason: str = ""
    kind: str = ""
    """The type of the event (``ticket.tags_changed``), or ``trigger``; empty if the body wasn't read."""
    ticket: str = ""
    escalation: str | None = None
    origin: str = SENT
    signed: bool = True
    replay: WebhookReplay | None = None
    body_bytes: int = 0
    body: bytes | None = field(default=None, repr=False)
    has_body: bool = False
    id: int = 0
    repeats: int = 0
    """How often the same event arrived again, and got the same answer."""
    unlisted: int = 0
    """How many others without a valid signature arrived in the same minute."""

    @property
    def refused(self) -> bool:
        return self.status >= 400 or self.done == "refused"


@dataclass(frozen=True)
class DeliveryFilter:
    source: str | None = None
    refused_only: bool = False


async def keep_delivery(conn: AsyncConnection, one: WebhookDelivery) -> int | None:
    """Keep a delivery, with its body if that is short enough. Returns its id; None for a replay kept already."""
    statement = upsert(webhook_delivery).values(_row(one))
    statement = statement.on_conflict_do_nothing(index_elements=["replay_of", "replay_nth"])
    kept: int | None = (await conn.execute(statement.returning(webhook_delivery.c.id))).scalar_one_or_none()
    return kept


async def count_repeat(conn: AsyncConnection, delivery: int | None) -> None:
    """Count that this delivery's event arrived again."""
    repeats = webhook_delivery.c.repeats + 1
    await conn.execute(update(webhook_delivery).where(webhook_delivery.c.id == delivery).values(repeats=repeats))


async def drop_delivery(conn: AsyncConnection, delivery: int | None) -> None:
    await conn.execute(delete(webhook_delivery).where(webhook_delivery.c.id == delivery))


async def keep_unsigned(conn: AsyncConnection, one: WebhookDelivery) -> bool:
    """Keep a delivery without a valid signature; False if this minute's are enough."""
    of_minute = webhook_delivery.c.at > one.at - timedelta(minutes=1)
    query = select(func.count()).where(webhook_delivery.c.source == one.source, ~webhook_delivery.c.signed, of_minute)
    if (await conn.execute(query)).scalar_one() >= UNSIGNED_A_MINUTE:
        return False
    await conn.execute(insert(webhook_delivery).values(_row(one)))
    return True


async def count_unlisted(conn: AsyncConnection, source: str, number: int) -> None:
    """Count further deliveries without a valid signature at the latest one that is listed."""
    latest = select(func.max(webhook_delivery.c.id)).where(
        webhook_delivery.c.source == source, ~webhook_delivery.c.signed
    )
    statement = update(webhook_delivery).where(webhook_delivery.c.id == latest.scalar_subquery())
    await conn.execute(statement.values(unlisted=webhook_delivery.c.unlisted + number))


async def list_deliveries(
    conn: AsyncConnection, chosen: DeliveryFilter, *, before: int | None = None, limit: int = 50
) -> list[WebhookDelivery]:
    """One page of deliveries, newest first; ``before`` is the id of the previous page's last one."""
    query: Select[Any] = select(*_LISTED)
    query = query.order_by(webhook_delivery.c.id.desc()).limit(limit)
    if chosen.source is not None:
        query = query.where(webhook_delivery.c.source == chosen.source)
    if chosen.refused_only:
        query = query.where(webhook_delivery.c.refused)
    if before is not None:
        query = query.where(webhook_delivery.c.id < before)
    return [_delivery(row) for row in await conn.execute(query)]


async def find_delivery(conn: AsyncConnection, number: int) -> WebhookDelivery | None:
    """The delivery with its body, if that is kept."""
    query: Select[Any] = select(*_LISTED, webhook_delivery.c.body)
    row = (await conn.execute(query.where(webhook_delivery.c.id == number))).one_or_none()
    return None if row is None else _delivery(row)


async def latest_test(conn: AsyncConnection, source: str) -> WebhookDelivery | None:
    """The last delivery that the test button sent."""
    query: Select[Any] = select(*_LISTED).order_by(webhook_delivery.c.id.desc()).limit(1)
    tests = query.where(webhook_delivery.c.source == source, webhook_delivery.c.origin == TESTED)
    row = (await conn.execute(tests)).one_or_none()
    return None if row is None else _delivery(row)


async def replays_of(conn: AsyncConnection, number: int) -> list[WebhookDelivery]:
    """The replays of this delivery, newest first."""
    query: Select[Any] = select(*_LISTED)
    query = query.where(webhook_delivery.c.replay_of == number).order_by(webhook_delivery.c.id.desc())
    return [_delivery(row) for row in await conn.execute(query)]


def _row(one: WebhookDelivery) -> dict[str, Any]:
    replay = one.replay
    return {
        "source": one.source,
        "at": one.at,
        "origin": one.origin,
        "signed": one.signed,
        "kind": one.kind,
        "ticket": one.ticket,
        "status": one.status,
        "done": one.done,
        "reason": one.reason,
        "refused": one.refused,
        "escalation": one.escalation,
        "body": one.body if one.body is not None and len(one.body) <= BODY_BYTES else None,
        "body_bytes": one.body_bytes,
        "replay_of": replay.of if replay else None,
        "replay_nth": replay.nth if replay else None,
        "replayed_by": replay.by if replay else "",
    }


def _delivery(row: Row[Any]) -> WebhookDelivery:
    return WebhookDelivery(
        id=row.id,
        source=row.source,
        at=row.at,
        origin=row.origin,
        signed=row.signed,
        kind=row.kind,
        ticket=row.ticket,
        status=row.status,
        done=row.done,
        reason=row.reason,
        escalation=row.escalation,
        body=getattr(row, "body", None),
        body_bytes=row.body_bytes,
        has_body=row.has_body,
        replay=None if row.replay_of is None else WebhookReplay(row.replay_of, row.replay_nth, row.replayed_by),
        repeats=row.repeats,
        unlisted=row.unlisted,
    )
