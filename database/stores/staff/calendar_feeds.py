"""Calendars that are read in: which are due, what they said, and how old that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.at_risk.alerts import alert_lost_seats
from database.stores.journal.audit_log import write_audit
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.shifts import lay_out
from database.tables.schedule import calendar_busy, calendar_feed
from domain.booking import Span
from domain.schedules.calendar_feed import FEEDS_AT_MOST, LAID_OUT_AHEAD, Reading, next_look
from domain.schedules.change import ScheduleRefused

LEASE = timedelta(minutes=3)
"""A calendar that was taken comes due again after this, should whoever took it be gone."""
LONGEST_ERROR = 300
FILE_EVERY = timedelta(days=1)
"""A file does not change; only further days are laid out from it."""


@dataclass(frozen=True)
class DueFeed:
    id: int
    person: int
    url: str
    """Empty: a file that was sent."""
    etag: str
    content: bytes | None
    content_hash: str
    laid_out_until: datetime | None
    failures: int
    time_zone: str
    """Of times that name none."""

    def laid_out(self, now: datetime) -> bool:
        """Whether what it said is laid out far enough."""
        return self.laid_out_until is not None and self.laid_out_until > now + LAID_OUT_AHEAD


@dataclass(frozen=True)
class StandingFeed:
    """A calendar as its page shows it."""

    id: int
    name: str
    url: str
    error: str
    read_at: datetime | None
    """When it was last found good; its times are from then."""
    busy: int
    """How many busy times are ahead."""


async def add_feed(
    conn: AsyncConnection,
    who: int,
    name: str,
    actor: str,
    now: datetime,
    *,
    url: str = "",
    content: bytes | None = None,
) -> None:
    """A calendar by its address or as a file; the worker reads it within seconds. Raises ``ScheduleRefused``."""
    standing = select(func.count()).select_from(calendar_feed).where(calendar_feed.c.person == who)
    if (await conn.execute(standing)).scalar_one() >= FEEDS_AT_MOST:
        raise ScheduleRefused("name", f"There are {FEEDS_AT_MOST} calendars already. Remove one first.")
    row = {"person": who, "name": name, "url": url, "content": content, "added_at": now, "next_at": now}
    await conn.execute(insert(calendar_feed).values(row))
    await write_audit(conn, actor, "added calendar", f"person:{who}", now, {"by": "address" if url else "file"})


_DUE = text("""
UPDATE calendar_feed f SET next_at = CAST(:now AS timestamptz) + :lease
FROM (
  SELECT id FROM calendar_feed WHERE next_at <= :now ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED
) due, (
  SELECT coalesce((SELECT time_zone FROM desk ORDER BY id LIMIT 1), 'UTC') AS time_zone
) house
WHERE f.id = due.id
RETURNING f.id, f.person, f.url, f.etag, f.content, f.content_hash, f.laid_out_until, f.failures,
  coalesce((SELECT w.time_zone FROM weekly_shift w WHERE w.person = f.person ORDER BY w.id LIMIT 1), house.time_zone)
    AS time_zone
""")


async def take_due(conn: AsyncConnection, now: datetime, most: int) -> list[DueFeed]:
    """The calendars to look at now, the longest due first; taken, so that nobody else looks meanwhile."""
    rows = await conn.execute(_DUE, {"now": now, "lease": LEASE, "most": most})
    return [DueFeed(*row) for row in rows]


async def keep_reading(
    conn: AsyncConnection, feed: DueFeed, reading: Reading, now: datetime, *, until: datetime, mark: str, etag: str
) -> ReassignResult:
    """What it says now counts. Calls that can't be served any more are told to the managers."""
    values = {"content": reading.content, "content_hash": mark, "etag": etag, "laid_out_until": until}
    if not await _settle(conn, feed, now, values | {"error": "", "failures": 0, "read_at": now}):
        return ReassignResult(0, ())
    return await _count(conn, feed, reading.busy, now)


async def keep_laid_out(
    conn: AsyncConnection, feed: DueFeed, reading: Reading, now: datetime, *, until: datetime, reason: str
) -> ReassignResult:
    """It could not be fetched, and what it said before is laid out further."""
    await keep_unread(conn, feed, reason, now)
    await conn.execute(update(calendar_feed).where(calendar_feed.c.id == feed.id).values(laid_out_until=until))
    return await _count(conn, feed, reading.busy, now)


async def keep_same(conn: AsyncConnection, feed: DueFeed, now: datetime, etag: str) -> None:
    """It was looked at, and is as it was."""
    read = {"read_at": now, "etag": etag or feed.etag} if feed.url else {}
    await _settle(conn, feed, now, {"error": "", "failures": 0} | read)


async def keep_unread(conn: AsyncConnection, feed: DueFeed, reason: str, now: datetime) -> None:
    """It could not be read. What it said before stands, and its age is shown."""
    values = {"error": reason[:LONGEST_ERROR], "failures": feed.failures + 1}
    await _settle(conn, feed, now, values, failures=feed.failures + 1)


async def _settle(
    conn: AsyncConnection, feed: DueFeed, now: datetime, values: Mapping[str, object], *, failures: int = 0
) -> bool:
    """False where it was removed meanwhile."""
    next_at = next_look(now, failures, feed.id) if feed.url else now + FILE_EVERY
    statement = update(calendar_feed).where(calendar_feed.c.id == feed.id)
    done = await conn.execute(statement.values(**values, next_at=next_at).returning(calendar_feed.c.id))
    return done.one_or_none() is not None


async def _count(conn: AsyncConnection, feed: DueFeed, busy: Sequence[Span], now: datetime) -> ReassignResult:
    if not await _rewrite(conn, feed.id, busy):
        return ReassignResult(0, ())
    replanned = await lay_out(conn, [feed.person], now)
    await alert_lost_seats(conn, replanned.at_risk, now)
    return replanned


async def _rewrite(conn: AsyncConnection, feed: int, busy: Sequence[Span]) -> bool:
    """Whether the busy times differ from before."""
    query = select(calendar_busy.c.during).where(calendar_busy.c.feed == feed)
    standing = {(during.lower, during.upper) for during in (await conn.execute(query)).scalars()}
    if standing == set(busy):
        return False
    await conn.execute(calendar_busy.delete().where(calendar_busy.c.feed == feed))
    if busy:
        await conn.execute(insert(calendar_busy), [{"feed": feed, "during": Range(*span)} for span in busy])
    return True


async def standing_feeds(conn: AsyncConnection, who: int, now: datetime) -> list[StandingFeed]:
    busy = (
        select(func.count())
        .select_from(calendar_busy)
        .where(calendar_busy.c.feed == calendar_feed.c.id, func.upper(calendar_busy.c.during) > now)
        .scalar_subquery()
    )
    columns = (
        calendar_feed.c.id,
        calendar_feed.c.name,
        calendar_feed.c.url,
        calendar_feed.c.error,
        calendar_feed.c.read_at,
    )
    query = select(*columns, busy).where(calendar_feed.c.person == who).order_by(calendar_feed.c.id)
    return [StandingFeed(*row) for row in await conn.execute(query)]
