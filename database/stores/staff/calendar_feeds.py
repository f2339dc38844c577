"""Calendar feeds that Muster reads: which are due, their busy times, and when they were last read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.at_risk.alerts import alert_lost_seats
from database.stores.journal.audit_log import write_audit
from database.stores.journal.notify import notify_managers_of_calendar
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.shifts import update_shifts
from database.tables.schedule import calendar_busy, calendar_feed
from domain.booking import Span
from domain.schedules.calendar_feed import (
    DELAYED,
    DELAYS_AT_MOST,
    EXPANDED_AHEAD,
    FEEDS_AT_MOST,
    FeedDelayed,
    Reading,
    next_fetch,
)
from domain.schedules.change import ScheduleRefused

LEASE = timedelta(minutes=6)
"""A feed that a reader has taken becomes due again after this long, in case the reader died."""
LONGEST_ERROR = 300
FILE_EVERY = timedelta(days=1)
"""How often an uploaded file is processed again: it never changes, but later days come into range."""
_READ: dict[str, object] = {"error": "", "failures": 0, "delays": 0, "reported_at": None}
REPORTED_AFTER = 2
"""Managers hear of a calendar that was never read after this many failures: its owner may have mistyped the address,
and be about to correct it.
"""


@dataclass(frozen=True)
class DueFeed:
    id: int
    person: int
    url: str
    """Empty for an uploaded file."""
    etag: str
    content: bytes | None
    content_hash: str
    laid_out_until: datetime | None
    failures: int
    delays: int
    """How many times in a row it could not be read in time."""
    time_zone: str
    """Time zone for events that don't name one."""
    email: str
    """The person's mail address, by which calendars name them."""

    def reaches_ahead(self, now: datetime) -> bool:
        """Whether its busy times extend far enough ahead."""
        return self.laid_out_until is not None and self.laid_out_until > now + EXPANDED_AHEAD


@dataclass(frozen=True)
class CalendarFeedEntry:
    """A feed as the schedule page shows it."""

    id: int
    name: str
    url: str
    error: str
    read_at: datetime | None
    """When it was last read successfully; its busy times date from then."""
    busy: int
    """Number of upcoming busy times."""
    entries: int = 0
    """Number of entries in the calendar when it was last read, past ones included."""
    unread: int = 0
    """Number of entries that could not be read."""
    first_unread: datetime | None = None
    """When the first of these begins, if that is known."""


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
    """Add a feed by its address or as a file; the worker reads it within seconds. Raises ``ScheduleRefused``."""
    existing = select(func.count()).select_from(calendar_feed).where(calendar_feed.c.person == who)
    if (await conn.execute(existing)).scalar_one() >= FEEDS_AT_MOST:
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
) organisation
WHERE f.id = due.id
RETURNING f.id, f.person, f.url, f.etag, f.content, f.content_hash, f.laid_out_until, f.failures, f.delays,
  coalesce((SELECT w.time_zone FROM weekly_shift w WHERE w.person = f.person ORDER BY w.id LIMIT 1),
    organisation.time_zone) AS time_zone,
  (SELECT p.email FROM person p WHERE p.id = f.person) AS email
""")


async def take_due(conn: AsyncConnection, now: datetime, most: int) -> list[DueFeed]:
    """Take at most ``most`` due feeds, longest overdue first; no other reader gets them until ``LEASE`` has passed."""
    rows = await conn.execute(_DUE, {"now": now, "lease": LEASE, "most": most})
    return [DueFeed(*row) for row in rows]


async def store_reading(
    conn: AsyncConnection, feed: DueFeed, reading: Reading, now: datetime, *, until: datetime, mark: str, etag: str
) -> ReassignResult:
    """Store a feed's current content and update the person's shifts; alerts managers to calls at risk."""
    values = {"content": reading.content, "content_hash": mark, "etag": etag, "laid_out_until": until}
    values |= {"entries": reading.entries, "unread": reading.unread, "first_unread": reading.first_unread}
    if not await _settle(conn, feed, now, values | _READ | {"read_at": now}):
        return ReassignResult(0, ())
    return await _apply_busy(conn, feed, reading.busy, now)


async def extend_reading(
    conn: AsyncConnection, feed: DueFeed, reading: Reading, now: datetime, *, until: datetime, reason: str
) -> ReassignResult:
    """Store later days from a feed's last good copy, because the feed itself could not be fetched."""
    await note_failure(conn, feed, reason, now)
    await conn.execute(update(calendar_feed).where(calendar_feed.c.id == feed.id).values(laid_out_until=until))
    return await _apply_busy(conn, feed, reading.busy, now)


async def note_unchanged(conn: AsyncConnection, feed: DueFeed, now: datetime, etag: str) -> None:
    """Record that a feed was checked and hasn't changed."""
    checked = {"read_at": now, "etag": etag or feed.etag} if feed.url else {}
    await _settle(conn, feed, now, {**_READ, **checked})


async def note_failure(conn: AsyncConnection, feed: DueFeed, reason: str, now: datetime, *, delays: int = 0) -> None:
    """Record that a feed could not be read. Its last busy times stay in force, and the page shows their age."""
    values = {"error": reason[:LONGEST_ERROR], "failures": feed.failures + 1, "delays": delays}
    await _settle(conn, feed, now, values, failures=feed.failures + 1)
    if feed.failures + 1 >= REPORTED_AFTER or not feed.url:
        await _report_never_read(conn, feed, now)


async def _report_never_read(conn: AsyncConnection, feed: DueFeed, now: datetime) -> None:
    """Tell the managers once if the feed was never read: none of its times are kept free."""
    unreported = calendar_feed.c.read_at.is_(None) & calendar_feed.c.reported_at.is_(None)
    statement = update(calendar_feed).where(calendar_feed.c.id == feed.id, unreported).values(reported_at=now)
    if (await conn.execute(statement.returning(calendar_feed.c.id))).one_or_none() is not None:
        await notify_managers_of_calendar(conn, feed.id, now)


async def note_delay(conn: AsyncConnection, feed: DueFeed, delayed: FeedDelayed, now: datetime) -> None:
    """Let a feed be tried again soon: that it could not be read wasn't its fault.

    If that keeps happening, it is recorded as a failure.
    """
    times = feed.delays + 1
    if times >= DELAYS_AT_MOST:
        await note_failure(conn, feed, delayed.after(times), now, delays=times)
        return
    spread = timedelta(seconds=feed.id * 7 % 60)
    statement = update(calendar_feed).where(calendar_feed.c.id == feed.id)
    await conn.execute(statement.values(delays=times, next_at=now + DELAYED + spread))


async def _settle(
    conn: AsyncConnection, feed: DueFeed, now: datetime, values: Mapping[str, object], *, failures: int = 0
) -> bool:
    """Write ``values`` and the time at which the feed is next due; False if the feed has been removed."""
    next_at = next_fetch(now, failures, feed.id) if feed.url else now + FILE_EVERY
    statement = update(calendar_feed).where(calendar_feed.c.id == feed.id)
    updated = await conn.execute(statement.values(**values, next_at=next_at).returning(calendar_feed.c.id))
    return updated.one_or_none() is not None


async def _apply_busy(conn: AsyncConnection, feed: DueFeed, busy: Sequence[Span], now: datetime) -> ReassignResult:
    """Write the busy times and update the person's shifts; alerts managers to calls at risk."""
    if not await _write_busy(conn, feed.id, busy):
        return ReassignResult(0, ())
    result = await update_shifts(conn, [feed.person], now)
    await alert_lost_seats(conn, result.at_risk, now)
    return result


async def _write_busy(conn: AsyncConnection, feed: int, busy: Sequence[Span]) -> bool:
    """Replace the busy times; returns whether they have changed."""
    query = select(calendar_busy.c.during).where(calendar_busy.c.feed == feed)
    stored = {(during.lower, during.upper) for during in (await conn.execute(query)).scalars()}
    if stored == set(busy):
        return False
    await conn.execute(calendar_busy.delete().where(calendar_busy.c.feed == feed))
    if busy:
        await conn.execute(insert(calendar_busy), [{"feed": feed, "during": Range(*span)} for span in busy])
    return True


async def feeds_of(conn: AsyncConnection, who: int, now: datetime) -> list[CalendarFeedEntry]:
    """A person's feeds, in the order in which they were added."""
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
    counts = (calendar_feed.c.entries, calendar_feed.c.unread, calendar_feed.c.first_unread)
    query = select(*columns, busy, *counts).where(calendar_feed.c.person == who).order_by(calendar_feed.c.id)
    return [CalendarFeedEntry(*row) for row in await conn.execute(query)]
