"""Removes and archives what has reached its age, every hour, in small batches with pauses.

Any number of workers may do this at the same time: each skips the rows that another one has locked.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.archive.folder import ArchiveFolder
from database.stores.journal.retention import BATCH, remove_batch
from database.transaction import transaction
from domain.retention import Expiring, Retention
from workers.archiver import archive_ended
from workers.part import Part

log = logging.getLogger(__name__)

PASS_EVERY = timedelta(hours=1)
LONGEST = timedelta(seconds=30)
"""How long one kind of row is removed per pass; what is left waits for the next pass."""
PAUSE = 0.05
"""Seconds between batches, in which others can use the database."""


async def run_retention(engine: AsyncEngine, retention: Retention, archive: ArchiveFolder, stop: asyncio.Event) -> None:
    """Remove and archive every hour until ``stop``. Survives an outage of the database."""
    part = Part("retention", longest_pause=PASS_EVERY.total_seconds())
    while not stop.is_set():
        now = current_time()
        with part.run():
            await remove_expired(engine, retention, now, stop, part)
            if retention.archive_after is not None:
                with part.step("archive"):
                    await archive_ended(engine, archive, now - retention.archive_after, now, stop)
        await part.pause(stop, PASS_EVERY.total_seconds())


async def remove_expired(
    engine: AsyncEngine, retention: Retention, now: datetime, stop: asyncio.Event, part: Part | None = None
) -> Counter[str]:
    """Run one pass; returns the number of rows removed by kind. Logs the same in one line.

    A kind that can't be removed doesn't keep the others from being removed. That is logged in the name of ``part``.
    """
    removed: Counter[str] = Counter()
    part = part or Part("retention")
    for what, age in retention.ages.items():
        with part.step(what.value):
            await _remove(engine, what, now - age, removed, stop)
    counts = " ".join(f"{what.value}={removed[what.value]}" for what in retention.ages)
    log.info("retention pass %s", counts)
    return removed


async def _remove(
    engine: AsyncEngine, what: Expiring, before: datetime, removed: Counter[str], stop: asyncio.Event
) -> None:
    clock = asyncio.get_running_loop().time
    ends = clock() + LONGEST.total_seconds()
    batch = BATCH
    while batch == BATCH and clock() < ends and not stop.is_set():
        async with transaction(engine) as conn:
            batch = await remove_batch(conn, what, before)
        removed[what.value] += batch
        await asyncio.sleep(PAUSE)
