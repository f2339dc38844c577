"""Reads each person's calendar every fifteen minutes, and trusts none of them.

A calendar that hangs, lies, repeats forever or is too large occupies one of the ``CONCURRENT_FEEDS`` readers for a few
seconds; meanwhile, its last good copy counts.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from io import BytesIO

from sqlalchemy.ext.asyncio import AsyncEngine

from activities.integrations.calendar_feed import fetch_calendar
from activities.integrations.calendar_reading import read_calendar
from activities.integrations.calendar_text import unpacked
from database.clock import current_time
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.calendar_feeds import (
    DueFeed,
    extend_reading,
    note_delay,
    note_failure,
    note_unchanged,
    store_reading,
    take_due,
)
from domain.schedules.calendar_feed import FeedDelayed, FeedUnread, Reading, fingerprint, horizon
from workers.part import Part, is_outage

log = logging.getLogger(__name__)

POLL_EVERY = 5.0
CONCURRENT_FEEDS = 4
READERS = asyncio.Semaphore(2)
"""Limits how many reader processes run at the same time."""
OUR_FAULT = "something went wrong while reading it; the operators can find out what"


async def run_calendars(engine: AsyncEngine, stop: asyncio.Event, *, private_addresses: bool = False) -> None:
    """Read due calendars until ``stop``: the next starts as soon as one is done, however long the others take."""
    stopping, part = asyncio.create_task(stop.wait()), Part("calendars")
    reading: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            with part.run():
                now = current_time()
                for feed in await _due(engine, now, CONCURRENT_FEEDS - len(reading)):
                    reading.add(asyncio.create_task(_process(engine, feed, now, private_addresses, part)))
            await asyncio.wait({stopping, *reading}, timeout=POLL_EVERY, return_when=asyncio.FIRST_COMPLETED)
            reading = {task for task in reading if not task.done()}
    finally:
        # An interrupted calendar is read again when its lease expires.
        for task in (stopping, *reading):
            task.cancel()
        await asyncio.gather(stopping, *reading, return_exceptions=True)


async def _due(engine: AsyncEngine, now: datetime, most: int) -> list[DueFeed]:
    if most < 1:
        return []
    async with engine.begin() as conn:
        return list(await take_due(conn, now, most))


async def read_due_calendars(engine: AsyncEngine, now: datetime, *, private_addresses: bool = False) -> int:
    """Read at most ``CONCURRENT_FEEDS`` due calendars; returns their number."""
    due, part = await _due(engine, now, CONCURRENT_FEEDS), Part("calendars")
    await asyncio.gather(*(_process(engine, feed, now, private_addresses, part) for feed in due))
    return len(due)


async def _process(engine: AsyncEngine, feed: DueFeed, now: datetime, private_addresses: bool, part: Part) -> None:
    """Read one calendar. Whatever goes wrong with it doesn't affect the others."""
    try:
        try:
            await _read(engine, feed, now, private_addresses)
        except FeedDelayed as delayed:
            log.warning("calendar read later calendar=%d reason=%s", feed.id, delayed)
            async with engine.begin() as conn:
                await note_delay(conn, feed, delayed, now)
        except FeedUnread as unread:
            log.info("unreadable calendar=%d person=%d reason=%s", feed.id, feed.person, unread)
            await _note_failure(engine, feed, unread.reason, now)
        except Exception as error:
            # Without the database, nothing is stored, and it is read again when its lease expires.
            part.log_failure(error, "calendar", f"calendar={feed.id} person={feed.person}")
            if not is_outage(error):
                await _note_failure(engine, feed, OUR_FAULT, now)
    except Exception as error:
        part.log_failure(error, "result", f"calendar={feed.id}")


async def _note_failure(engine: AsyncEngine, feed: DueFeed, reason: str, now: datetime) -> None:
    async with engine.begin() as conn:
        await note_failure(conn, feed, reason, now)


async def _read(engine: AsyncEngine, feed: DueFeed, now: datetime, private_addresses: bool) -> None:
    if not feed.url:
        if not feed.reaches_ahead(now) and feed.content is not None:
            await _expand(engine, feed, now, feed.content, feed.etag, "")
            return
        async with engine.begin() as conn:
            await note_unchanged(conn, feed, now, "")
        return
    etag = feed.etag if feed.content is not None and feed.reaches_ahead(now) else ""
    try:
        fetched = await fetch_calendar(feed.url, etag=etag, private_addresses=private_addresses)
    except FeedUnread as unread:
        if feed.content is None or feed.reaches_ahead(now):
            raise
        await _expand_last_copy(engine, feed, now, feed.content, unread.reason)
        return
    if fetched.content is None and not etag:
        raise FeedUnread("the server answered 304 to a request without an ETag")
    if (content := fetched.content) is not None:
        mark = await asyncio.to_thread(lambda: fingerprint(unpacked(BytesIO(content))))
        if mark != feed.content_hash or not feed.reaches_ahead(now):
            await _expand(engine, feed, now, content, fetched.etag, mark)
            return
    async with engine.begin() as conn:
        await note_unchanged(conn, feed, now, fetched.etag)


async def _expand(engine: AsyncEngine, feed: DueFeed, now: datetime, content: bytes, etag: str, mark: str) -> None:
    until, reading = await _reading(feed, now, content)
    async with engine.begin() as conn:
        replanned = await store_reading(conn, feed, reading, now, until=until, mark=mark, etag=etag)
    _log_at_risk(feed, replanned)


async def _expand_last_copy(engine: AsyncEngine, feed: DueFeed, now: datetime, content: bytes, reason: str) -> None:
    until, reading = await _reading(feed, now, content)
    async with engine.begin() as conn:
        replanned = await extend_reading(conn, feed, reading, now, until=until, reason=reason)
    _log_at_risk(feed, replanned)


async def _reading(feed: DueFeed, now: datetime, content: bytes) -> tuple[datetime, Reading]:
    bounds = horizon(now)
    async with READERS:
        return bounds[1], await read_calendar(content, bounds, feed.time_zone, feed.email)


def _log_at_risk(feed: DueFeed, replanned: ReassignResult) -> None:
    if replanned.at_risk:
        log.warning("bookings at risk count=%d reason=calendar_busy calendar=%d", len(replanned.at_risk), feed.id)
