"""The rows of a rollout: the candidate, the current version that it may replace, and each step so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.rollout import rollout, rollout_stage


async def running_row(conn: AsyncConnection) -> Row[Any] | None:
    """The row of the running rollout, or None. At most one rollout runs at a time."""
    return (await conn.execute(select(rollout).where(rollout.c.ended_at.is_(None)))).one_or_none()


async def begin_rollout(
    conn: AsyncConnection,
    desk: int,
    candidate: int,
    current: int,
    percent: int,
    author: str,
    reason: str,
    now: datetime,
) -> int:
    """Begin a rollout with its first step; ``candidate`` and ``current`` are version numbers. Returns its id."""
    row: dict[str, Any] = {"desk": desk, "candidate": candidate, "standing": current, "percent": percent}
    row |= {"began_at": now, "began_by": author}
    rollout_id: int = (await conn.execute(rollout.insert().values(row).returning(rollout.c.id))).scalar_one()
    await _add_step(conn, rollout_id, percent, author, reason, now)
    return rollout_id


async def move_rollout(
    conn: AsyncConnection, rollout_id: int, percent: int, author: str, reason: str, now: datetime
) -> None:
    await conn.execute(update(rollout).where(rollout.c.id == rollout_id).values(percent=percent))
    await _add_step(conn, rollout_id, percent, author, reason, now)


async def end_rollout(conn: AsyncConnection, rollout_id: int, outcome: str, author: str, now: datetime) -> None:
    """End a running rollout; ``outcome`` is ``adopted`` or ``rolled_back``."""
    ended = update(rollout).where(rollout.c.id == rollout_id, rollout.c.ended_at.is_(None))
    await conn.execute(ended.values(outcome=outcome, ended_at=now, ended_by=author))


async def _add_step(
    conn: AsyncConnection, rollout_id: int, percent: int, author: str, reason: str, now: datetime
) -> None:
    nth = select(func.count() + 1).where(rollout_stage.c.rollout == rollout_id).scalar_subquery()
    row = {"rollout": rollout_id, "nth": nth, "percent": percent, "began_at": now, "author": author, "reason": reason}
    await conn.execute(rollout_stage.insert().values(row))
