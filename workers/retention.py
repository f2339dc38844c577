"""Removes and archives what has reached its age, every hour, in small batches with pauses.

Any number of workers may do this at the same time: each skips the rows that another one has locked.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.archive.folder import ArchiveFolder
from database.stores.journal.retention import BATCH, remove_batch
from database.transaction import transaction
from domain.retention import Expiring, Retention
from workers.archiver import archive_ended
from workers.pulse import PULSES

log = logging.getLogger(__name__)

PASS_EVERY = timedelta(hours=1)
LONGEST = timedelta(seconds=30)
"""How long one kind of row is removed per pass; what is left waits for the next pass."""
PAUSE = 0.05
"""Seconds between batches, in which others can use the database."""


async def run_retention(engine: AsyncEngine, retention: Retention, archive: ArchiveFolder, stop: asyncio.Event) -> None:
    """Remove and archive every hour until ``stop``. Survives an outage of the database."""
    while not stop.is_set():
        PULSES.tried("retention")
        now = current_time()
        await remove_expired(engine, retention, now, stop)
        if retention.archive_after is not None:
            await archive_ended(engine, archive, now - retention.archive_after, now, stop)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), PASS_EVERY.total_seconds())


async def remove_expired(engine: AsyncEngine, retention: Retention, now: datetime, stop: asyncio.Event) -> Counter[str]:
    """Run one pass; returns the number of rows removed by kind. Logs the same in one line."""
    removed: Counter[str] = Counter()
    failed = []
    for what, age in retention.ages.items():
        try:
            await _remove(engine, what, now - age, removed, stop)
        except (SQLAlchemyError, OSError) as error:
            failed.append(f"{what.value}:{type(error).__name__}")
    counts = " ".join(f"{what.value}={removed[what.value]}" for what in retention.ages)
    if failed:
        log.warning("retention pass incomplete %s failed=%s", counts, ",".join(failed))
    else:
        log.info("retention pass %s", counts)
        PULSES.worked("retention")
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
