"""The queue of messages to send: effects write them in their own transactions, and the sender takes them.

Only the database's clock decides when a message is due, so a process whose clock is wrong neither delays
messages nor sends them early.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal import timeline
from database.tables.escalation import message
from domain import ids
from domain.escalation import Kind
from domain.letter import Channel

_ENQUEUE = text("""
INSERT INTO message (id, escalation, key, channel, kind, recipient, params, created_at, next_attempt_at, waits_since)
VALUES (:id, :escalation, :key, :channel, :kind, coalesce(CAST(:recipient AS text), (
    SELECT c.email FROM customer c JOIN escalation e ON e.customer = c.id WHERE e.id = :escalation
  )), CAST(:params AS jsonb), :now,
  coalesce(CAST(:not_before AS timestamptz), now() + :hold), greatest(CAST(:not_before AS timestamptz), now()))
ON CONFLICT DO NOTHING RETURNING pg_notify(:woken, '')
""")


async def enqueue(
    conn: AsyncConnection,
    *,
    escalation_id: str | None,
    key: str,
    channel: str,
    kind: str,
    recipient: str | None,
    params: Mapping[str, Any],
    now: datetime,
    not_before: datetime | None = None,
    hold: timedelta = timedelta(0),
) -> None:
    """Queue a message in the transaction of the effect that causes it.

    ``key`` identifies a message within its escalation, or among those that belong to none: queueing the same key again
    changes nothing.
    ``channel`` is ``mail`` (recipient: an address, or None for the escalation's customer) or ``webhook`` (recipient:
    ``alerts``, the webhook from the settings). ``params`` hold ids and times, never tokens or addresses, and are
    described in ``database/stores/queries/letter_context.py``. Without ``not_before``, it is due after ``hold``.
    """
    row = {
        "id": ids.message_id(escalation_id or "", key),
        "escalation": escalation_id,
        "key": key,
        "channel": channel,
        "kind": kind,
        "recipient": recipient,
        "params": json.dumps(dict(params)),
        "now": now,
        "not_before": not_before,
        "hold": hold,
        "woken": ids.MESSAGE_CHANNEL,
    }
    await conn.execute(_ENQUEUE, row)


@dataclass(frozen=True)
class QueuedMessage:
    """A message that a sender has taken."""

    id: str
    escalation_id: str
    """Empty if it belongs to no escalation."""
    channel: Channel
    kind: str
    recipient: str
    destination: str
    """The domain of the recipient's address, or the webhook's name."""
    params: Mapping[str, Any]
    attempts: int
    """Including the current one."""
    created_at: datetime
    also: tuple[QueuedMessage, ...] = ()
    """Other messages that are sent with this one, as one letter."""

    @property
    def all_ids(self) -> tuple[str, ...]:
        return (self.id, *(one.id for one in self.also))


DESTINATION = func.lower(func.substring(message.c.recipient, "[^@]*$"))
"""The domain of a mail address, or the name of a webhook."""


async def take_due(
    conn: AsyncConnection,
    channel: Channel,
    at_most: int,
    lease: timedelta,
    busy: Mapping[str, str] = MappingProxyType({}),
    per_destination: int | None = None,
) -> list[QueuedMessage]:
    """Take at most ``at_most`` due messages, longest overdue first.

    ``busy`` are the messages that this sender already has, with their destinations. Of one destination, the sender
    will have at most ``per_destination`` messages, so that a slow one can't hold up the others.

    Messages become due again after ``lease``: a running sender renews the lease, and a killed sender's messages can be
    taken again.
    """
    chosen: list[str] = []
    held = Counter(busy.values())
    while len(chosen) < at_most:
        full = [name for name, number in held.items() if per_destination and number >= per_destination]
        room = at_most - len(chosen)
        rows = (await conn.execute(_due(channel, [*busy, *chosen], full, room))).all()
        for row in rows:
            if not per_destination or held[row.destination] < per_destination:
                held[row.destination] += 1
                chosen.append(row.id)
        if len(rows) < room:
            break
    values = {"attempts": message.c.attempts + 1, "next_attempt_at": func.now() + lease}
    taken = update(message).where(message.c.id.in_(chosen)).values(values).returning(message, DESTINATION.label("to"))
    rows = (await conn.execute(taken)).all() if chosen else []
    return [queued_message(row) for row in rows]


def _due(channel: Channel, busy: Sequence[str], full: Sequence[str], at_most: int) -> Select[Any]:
    """Lock due messages, except ``busy`` ones and those to ``full`` destinations."""
    return (
        select(message.c.id, DESTINATION.label("destination"))
        .where(
            message.c.state == "queued",
            message.c.channel == channel.value,
            message.c.next_attempt_at <= func.now(),
            message.c.id.not_in(busy),
            DESTINATION.not_in(full),
        )
        .order_by(message.c.next_attempt_at)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )


async def renew(conn: AsyncConnection, message_ids: Sequence[str], lease: timedelta) -> None:
    """Extend the lease on messages that are slow to send; one already scheduled for a retry keeps its time."""
    queued = message.c.id.in_(message_ids) & (message.c.state == "queued")
    expires_sooner = message.c.next_attempt_at < func.now() + lease
    await conn.execute(update(message).where(queued & expires_sooner).values(next_attempt_at=func.now() + lease))


async def until_next_due(conn: AsyncConnection, channel: Channel) -> timedelta | None:
    """Time until the next message is due; None if none is queued, negative if one is overdue."""
    queued = (message.c.state == "queued") & (message.c.channel == channel.value)
    soonest = select(func.min(message.c.next_attempt_at) - func.now()).where(queued)
    wait: timedelta | None = (await conn.execute(soonest)).scalar_one()
    return wait


async def mark_sent(conn: AsyncConnection, message_id: str) -> None:
    """Mark a message as sent, and wake the pages that say so."""
    sent = update(message).where(message.c.id == message_id, message.c.state == "queued")
    sent = sent.values(state="sent", sent_at=func.now(), last_error="")
    woken = func.pg_notify(ids.LIVE_CHANNEL, func.concat("story:", message.c.escalation))
    await conn.execute(sent.returning(woken))


async def retry_later(conn: AsyncConnection, message_id: str, error: str, wait: timedelta) -> None:
    """Record a failed attempt; the message is due again after ``wait``."""
    queued = update(message).where(message.c.id == message_id, message.c.state == "queued")
    await conn.execute(queued.values(last_error=error, next_attempt_at=func.now() + wait))


async def give_up(conn: AsyncConnection, queued: QueuedMessage, error: str) -> None:
    """Mark a message as failed, with an event on the escalation's timeline if it belongs to one."""
    row = message.c.id == queued.id
    failed = update(message).where(row, message.c.state == "queued").values(state="failed", last_error=error)
    if (await conn.execute(failed.returning(message.c.id))).first() is None or not queued.escalation_id:
        return
    body = {"message": queued.id, "kind": queued.kind, "channel": queued.channel.value, "reason": error}
    now = await timeline.database_now(conn, None)
    await timeline.record(conn, queued.escalation_id, Kind.MESSAGE_FAILED, now, body=body)


async def drop(conn: AsyncConnection, message_id: str) -> None:
    """Remove a message to a recipient that this installation doesn't have, such as an alert webhook."""
    await conn.execute(message.delete().where(message.c.id == message_id, message.c.state == "queued"))


async def send_again(conn: AsyncConnection, escalation_id: str, message_id: str) -> bool:
    """Requeue a failed message of an escalation. Returns False if it has not failed, for example on a second click."""
    of_escalation = (message.c.id == message_id) & (message.c.escalation == escalation_id)
    failed = update(message).where(of_escalation, message.c.state == "failed")
    requeued = failed.values(state="queued", attempts=0, next_attempt_at=func.now(), waits_since=func.now()).returning(
        message.c.id
    )
    if (await conn.execute(requeued)).first() is None:
        return False
    await timeline.notify(conn, ids.MESSAGE_CHANNEL)
    await timeline.notify(conn, ids.LIVE_CHANNEL, f"escalation:{escalation_id}")
    return True


def queued_message(row: Row[Any]) -> QueuedMessage:
    """A row of table ``message`` with the label ``to`` for its destination."""
    return QueuedMessage(
        id=row.id,
        escalation_id=row.escalation or "",
        channel=Channel(row.channel),
        kind=row.kind,
        recipient=row.recipient,
        destination=row.to,
        params=row.params,
        attempts=row.attempts,
        created_at=row.created_at,
    )
