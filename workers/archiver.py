"""Archives ended escalations: each gets a file, then its heavy rows go, in a transaction of its own."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.archive.folder import ArchiveFolder
from database.stores.archive.lives import lock_next_ended, read_document, remove_heavy_rows
from database.transaction import transaction

log = logging.getLogger(__name__)

LONGEST = timedelta(minutes=5)
"""How long one pass archives; what is left waits for the next pass."""
PAUSE = 0.02
"""Seconds between escalations, in which others can use the database and the disk."""


async def archive_ended(
    engine: AsyncEngine, folder: ArchiveFolder, before: datetime, now: datetime, stop: asyncio.Event
) -> int:
    """Run one pass over escalations closed before this time; returns how many were archived. Logs the same.

    Raises SQLAlchemy's errors, and ``OSError`` if the folder can't be written to.
    """
    clock = asyncio.get_running_loop().time
    ends, archived = clock() + LONGEST.total_seconds(), 0
    try:
        while clock() < ends and not stop.is_set() and await _archive_next(engine, folder, before, now):
            archived += 1
            await asyncio.sleep(PAUSE)
    finally:
        log.info("archive pass archived=%d", archived)
    return archived


async def _archive_next(engine: AsyncEngine, folder: ArchiveFolder, before: datetime, now: datetime) -> bool:
    async with transaction(engine) as conn:
        row = await lock_next_ended(conn, before)
        if row is None:
            return False
        document = await read_document(conn, row.id)
        file = folder.file_of(row.id, row.ticket_system, row.ticket_id, row.opened_at)
        # If the transaction fails after this, the file is written again by the next pass.
        await asyncio.to_thread(folder.write, file, document)
        await remove_heavy_rows(conn, row.id, now)
    return True
