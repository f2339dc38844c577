"""Requests by support ops to rebuild a workflow. The web writes them; a worker, which may change Temporal, answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from database.tables.muster import rebuild_request
from domain.ids import LIVE_CHANNEL, REBUILD_CHANNEL


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


async def take_request(conn: AsyncConnection, but: Collection[str]) -> RebuildRequest | None:
    """The oldest unanswered request, except these. No other worker takes it until the transaction ends."""
    waiting = select(rebuild_request).where(rebuild_request.c.answered_at.is_(None), rebuild_request.c.id.not_in(but))
    oldest = waiting.order_by(rebuild_request.c.asked_at).limit(1).with_for_update(skip_locked=True)
    row = (await conn.execute(oldest)).one_or_none()
    return None if row is None else _request(row)


async def answer_request(conn: AsyncConnection, request: RebuildRequest, answer: RebuildAnswer, now: datetime) -> None:
    await _change(conn, request, answered_at=now, answer=answer.value)


async def note_failure(conn: AsyncConnection, request: RebuildRequest, error: str) -> None:
    """Record why it could not be done yet; it will be tried again."""
    await _change(conn, request, last_error=error)


async def _change(conn: AsyncConnection, request: RebuildRequest, **values: Any) -> None:
    await conn.execute(update(rebuild_request).where(rebuild_request.c.id == request.id).values(values))
    await notify(conn, LIVE_CHANNEL, f"escalation:{request.escalation}")


def _request(row: Row[Any]) -> RebuildRequest:
    answer = None if row.answer is None else RebuildAnswer(row.answer)
    return RebuildRequest(**{**row._mapping, "answer": answer})
