"""Calendars that have never been read, of which nothing counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.directory import person
from database.tables.schedule import calendar_feed


@dataclass(frozen=True)
class NeverRead:
    """A calendar of which nothing counts, because it has never been read."""

    person: int
    person_name: str
    name: str
    error: str
    added_at: datetime


NEVER_READ_SHOWN = 20
_SLOW_TO_READ = timedelta(hours=1)


async def feeds_never_read(conn: AsyncConnection, now: datetime) -> list[NeverRead]:
    """Calendars of active people that failed at the first try, or have waited for an hour; the oldest first."""
    query = (
        select(person.c.id, person.c.name, calendar_feed.c.name, calendar_feed.c.error, calendar_feed.c.added_at)
        .join(person, person.c.id == calendar_feed.c.person)
        .where(
            person.c.active,
            calendar_feed.c.read_at.is_(None),
            (calendar_feed.c.failures > 0) | (calendar_feed.c.added_at < now - _SLOW_TO_READ),
        )
        .order_by(calendar_feed.c.added_at, calendar_feed.c.id)
        .limit(NEVER_READ_SHOWN)
    )
    return [NeverRead(*row) for row in await conn.execute(query)]
