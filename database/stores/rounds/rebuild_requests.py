"""Requests by support ops to rebuild a workflow. The web writes them; a worker, which may change Temporal, answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from database.tables.muster import rebuild_request
from domain.ids import LIVE_CHANNEL, REBUILD_CHANNEL

AT_ONCE = 10
"""Number of requests that a worker takes at a time."""


class RebuildAnswer(StrEnum):
    """What came of a request."""

    REBUILT = "rebuilt"
    OVER = "over"
    """The escalation had ended, so it needs no workflow."""


@dataclass(frozen=True)
class RebuildRequest:
    id: str
    escalation: str
    asked_by: str
    asked_at: datetime
    answered_at: datetime | None
    answer: RebuildAnswer | None
    last_error: str
    """Why the last attempt failed; empty if none has."""


async def ask_for_rebuild(
    conn: AsyncConnection, request_id: str, escalation_id: str, asked_by: str, now: datetime
) -> bool:
    """Ask for it; False if the same request was made before, or if another one of this escalation is unanswered."""
    row = {"id": request_id, "escalation": escalation_id, "asked_by": asked_by, "asked_at": now}
    # No conflict target, because both unique indexes count.
    statement = insert(rebuild_request).values(row).on_conflict_do_nothing().returning(rebuild_request.c.id)
    asked = (await conn.execute(statement)).one_or_none() is not None
    if asked:
        await notify(conn, REBUILD_CHANNEL)
    return asked


async def newest_request(conn: AsyncConnection, escalation_id: str) -> RebuildRequest | None:
    newest = select(rebuild_request).where(rebuild_request.c.escalation == escalation_id)
    row = (await conn.execute(newest.order_by(rebuild_request.c.asked_at.desc()).limit(1))).one_or_none()
    return None if row is None else _request(row)


async def take_requests(conn: AsyncConnection) -> Sequence[RebuildRequest]:
    """Unanswered requests, oldest first. No other worker takes them until the transaction ends."""
    waiting = select(rebuild_request).where(rebuild_request.c.answered_at.is_(None))
    waiting = waiting.order_by(rebuild_request.c.asked_at).limit(AT_ONCE).with_for_update(skip_locked=True)
    return [_request(row) for row in await conn.execute(waiting)]


async def answer_request(conn: AsyncConnection, request: RebuildRequest, answer: RebuildAnswer, now: datetime) -> None:
    await _change(conn, request, answered_at=now, answer=answer.value)


async def note_failure(conn: AsyncConnection, request: RebuildRequest, error: str) -> None:
    """Record why it could not be done yet; it will be tried again."""
    await _change(conn, request, last_error=error)


async def _change(conn: AsyncConnection, request: RebuildRequest, **values: Any) -> None:
    await conn.execute(update(rebuild_request).where(rebuild_request.c.id == request.id).values(values))
    shown = text("SELECT pg_notify(:channel, :payload)")
    await conn.execute(shown, {"channel": LIVE_CHANNEL, "payload": f"escalation:{request.escalation}"})


def _request(row: Row[Any]) -> RebuildRequest:
    answer = None if row.answer is None else RebuildAnswer(row.answer)
    return RebuildRequest(**{**row._mapping, "answer": answer})
