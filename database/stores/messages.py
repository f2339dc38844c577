"""Messages that wait to be sent: written beside the effect they tell of, taken by the sender.

When a row is due is judged by the database's clock alone, so that a process whose clock is off neither
holds messages back nor sends them early.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import message
from domain import ids


async def enqueue(
    conn: AsyncConnection,
    *,
    escalation_id: str,
    key: str,
    channel: str,
    kind: str,
    recipient: str,
    params: Mapping[str, Any],
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Leave a message in the transaction of the effect that it tells of.

    ``key`` tells the messages of one escalation apart: a second one with the same key is the same message.
    ``channel`` is ``mail`` (recipient: an address) or ``webhook`` (recipient: ``alerts``, the hook that the
    settings name). ``params`` hold ids and times, never tokens or addresses; ``activities/letters/facts.py``
    says which. Without ``not_before`` it is due at once.
    """
    due = func.now() if not_before is None else not_before
    row = insert(message).values(
        id=ids.message_id(escalation_id, key),
        escalation=escalation_id,
        key=key,
        channel=channel,
        kind=kind,
        recipient=recipient,
        params=dict(params),
        created_at=now,
        next_attempt_at=due,
    )
    written = await conn.execute(row.on_conflict_do_nothing().returning(message.c.id))
    if written.first() is not None:
        await conn.execute(select(func.pg_notify(ids.MESSAGE_CHANNEL, "")))
