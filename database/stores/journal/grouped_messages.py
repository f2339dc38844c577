"""Alerts that wait together for the same recipient, taken as one letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.message_queue import DESTINATION, QueuedMessage, queued_message
from database.tables.escalation import message
from domain.letter import GROUPED_LETTERS

GROUP_AT_MOST = 100
"""Messages in one letter."""


async def group_alerts(conn: AsyncConnection, taken: Sequence[QueuedMessage], lease: timedelta) -> list[QueuedMessage]:
    """The taken messages with their alerts grouped, and with those that wait for the same recipient taken, too.

    An attempt that is repeated takes the same messages, so that its letter is the same.
    """
    groups: defaultdict[tuple[str, str, int], list[QueuedMessage]] = defaultdict(list)
    letters = [one for one in taken if one.kind not in GROUPED_LETTERS]
    for one in taken:
        if one.kind in GROUPED_LETTERS:
            groups[one.kind, one.recipient, one.attempts].append(one)
    for members in groups.values():
        every = [*members, *await _join(conn, members[0], lease)]
        first, *others = sorted(every, key=lambda one: (one.created_at, one.id))
        letters.append(replace(first, also=tuple(others)))
    return letters


async def _join(conn: AsyncConnection, one: QueuedMessage, lease: timedelta) -> list[QueuedMessage]:
    """Take the other messages of this one's kind and recipient that have been tried as often."""
    waiting = (
        select(message.c.id)
        .where(
            message.c.state == "queued",
            message.c.channel == one.channel.value,
            message.c.kind == one.kind,
            message.c.recipient == one.recipient,
            message.c.attempts == one.attempts - 1,
            (message.c.attempts == 0) | (message.c.next_attempt_at <= func.now()),
        )
        .order_by(message.c.created_at, message.c.id)
        .limit(GROUP_AT_MOST)
        .with_for_update(skip_locked=True)
    )
    values = {"attempts": message.c.attempts + 1, "next_attempt_at": func.now() + lease}
    joined = update(message).where(message.c.id.in_(waiting)).values(values)
    rows = await conn.execute(joined.returning(message, DESTINATION.label("to")))
    return [queued_message(row) for row in rows]
