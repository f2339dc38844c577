"""Reads the calendars that people gave us, each every quarter of an hour, and never believes in their goodness.

A calendar that hangs, lies, repeats forever or is too large costs one place of ``AT_ONCE`` for some seconds;
what it last said in good order counts meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.integrations.calendar_feed import fetch_calendar
from activities.integrations.calendar_reading import read_calendar
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.calendar_feeds import DueFeed, keep_laid_out, keep_reading, keep_same, keep_unread, take_due
from domain.schedules.calendar_feed import FeedUnread, Reading, fingerprint, horizon

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
AT_ONCE = 4
READERS = asyncio.Semaphore(2)
"""Processes that read at the same time."""


async def run_calendars(engine: AsyncEngine, stop: asyncio.Event, *, private_addresses: bool = False) -> None:
    """Look at what is due until ``stop``: another as soon as one is done, whatever the others take."""
    stopping = asyncio.create_task(stop.wait())
    looking: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            try:
                now = datetime.now(UTC)
                for feed in await _due(engine, now, AT_ONCE - len(looking)):
                    looking.add(asyncio.create_task(_look_at(engine, feed, now, private_addresses)))
            except (SQLAlchemyError, OSError) as error:
                log.warning("can't look for calendars to read: %s", type(error).__name__)
            await asyncio.wait({stopping, *looking}, timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
            looking = {task for task in looking if not task.done()}
    finally:
        # What is half read is read again when its lease ends.
        for task in (stopping, *looking):
            task.cancel()
        await asyncio.gather(stopping, *looking, return_exceptions=True)


async def _due(engine: AsyncEngine, now: datetime, most: int) -> list[DueFeed]:
    if most < 1:
        return []
    async with engine.begin() as conn:
        return list(await take_due(conn, now, most))


async def look_once(engine: AsyncEngine, now: datetime, *, private_addresses: bool = False) -> int:
    """Look at some calendars that are due; returns how many."""
    due = await _due(engine, now, AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for feed in due:
            group.create_task(_look_at(engine, feed, now, private_addresses))
    return len(due)


async def _look_at(engine: AsyncEngine, feed: DueFeed, now: datetime, private_addresses: bool) -> None:
    try:
        try:
            await _read(engine, feed, now, private_addresses)
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:
            # Strangers write calendars and answer for them: whatever one brings about stays with that one.
            async with engine.begin() as conn:
                await keep_unread(conn, feed, _reason(feed, error), now)
    except (SQLAlchemyError, OSError) as error:
        # Its lease ends, and it is looked at again.
        log.warning("calendar %d could not be looked at: %s", feed.id, type(error).__name__)


def _reason(feed: DueFeed, error: Exception) -> str:
    if isinstance(error, FeedUnread):
        log.info("calendar %d of person %d can't be read: %s", feed.id, feed.person, error)
        return error.reason
    log.error("calendar %d of person %d brought about a fault", feed.id, feed.person, exc_info=error)
    return f"it can't be read ({type(error).__name__})"


async def _read(engine: AsyncEngine, feed: DueFeed, now: datetime, private_addresses: bool) -> None:
    if not feed.url:
        if not feed.laid_out(now) and feed.content is not None:
            await _lay_out(engine, feed, now, feed.content, feed.etag)
            return
        async with engine.begin() as conn:
            await keep_same(conn, feed, now, "")
        return
    known = feed.etag if feed.content is not None and feed.laid_out(now) else ""
    try:
        fetched = await fetch_calendar(feed.url, etag=known, private_addresses=private_addresses)
    except FeedUnread as unread:
        if feed.content is None or feed.laid_out(now):
            raise
        await _lay_out_further(engine, feed, now, feed.content, unread.reason)
        return
    if fetched.content is None and not known:
        raise FeedUnread("it says that nothing has changed, which was not asked")
    same = fetched.content is None or fingerprint(fetched.content) == feed.content_hash
    if fetched.content is not None and not (same and feed.laid_out(now)):
        await _lay_out(engine, feed, now, fetched.content, fetched.etag)
        return
    async with engine.begin() as conn:
        await keep_same(conn, feed, now, fetched.etag)


async def _lay_out(engine: AsyncEngine, feed: DueFeed, now: datetime, content: bytes, etag: str) -> None:
    until, reading = await _reading(feed, now, content)
    async with engine.begin() as conn:
        replanned = await keep_reading(conn, feed, reading, now, until=until, mark=fingerprint(content), etag=etag)
    _tell(feed, replanned)


async def _lay_out_further(engine: AsyncEngine, feed: DueFeed, now: datetime, content: bytes, reason: str) -> None:
    until, reading = await _reading(feed, now, content)
    async with engine.begin() as conn:
        replanned = await keep_laid_out(conn, feed, reading, now, until=until, reason=reason)
    _tell(feed, replanned)


async def _reading(feed: DueFeed, now: datetime, content: bytes) -> tuple[datetime, Reading]:
    bounds = horizon(now)
    async with READERS:
        return bounds[1], await read_calendar(content, bounds, feed.time_zone)


def _tell(feed: DueFeed, replanned: ReassignResult) -> None:
    if replanned.at_risk:
        log.warning("calendar %d took away the seats of %d booked calls", feed.id, len(replanned.at_risk))
