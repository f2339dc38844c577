"""Weekly shifts laid out as real spans, as far ahead as slots are sold."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory import read_directory
from database.tables.directory import shift
from domain.shifts import shift_spans

DAYS_BACK, DAYS_AHEAD = 2, 45


async def lay_out_shifts(conn: AsyncConnection, now: datetime) -> None:
    """Write everybody's shifts from two days ago to ``DAYS_AHEAD`` days ahead.

    Raises ``IntegrityError`` at the commit where a sold seat rests on a shift that is gone.
    """
    directory = await read_directory(conn)
    first, last = (now - timedelta(days=DAYS_BACK)).date(), (now + timedelta(days=DAYS_AHEAD)).date()
    await conn.execute(delete(shift))
    rows = [
        {"person": person.id, "during": Range(start, stop)}
        for person in directory.people
        for start, stop in shift_spans(person.shifts, first, last)
    ]
    if rows:
        await conn.execute(insert(shift), rows)
