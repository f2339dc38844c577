"""Weekly shifts laid out as real spans, as far ahead as slots are sold."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory import read_directory
from database.stores.rewitnessing import hold_back_sales, rewitness
from database.tables.directory import shift
from domain.shifts import shift_spans

DAYS_BACK, DAYS_AHEAD = 2, 45


_RESTS_ON_NONE = text("""
SELECT w.booking FROM witness w
WHERE NOT EXISTS (SELECT 1 FROM shift s WHERE s.person = w.person AND s.during @> w.during)
""")


async def lay_out_shifts(conn: AsyncConnection, now: datetime) -> int:
    """Write everybody's shifts from two days ago to ``DAYS_AHEAD`` days ahead, changing only what differs.

    Sold seats that rested on a shift that is gone are given to others; returns how many found nobody.
    """
    await hold_back_sales(conn)
    directory = await read_directory(conn)
    first, last = (now - timedelta(days=DAYS_BACK)).date(), (now + timedelta(days=DAYS_AHEAD)).date()
    wanted = {
        (person.id, start, stop)
        for person in directory.people
        for start, stop in shift_spans(person.shifts, first, last)
    }
    standing = {(row.person, row.during.lower, row.during.upper) for row in await conn.execute(select(shift))}
    if gone := [{"who": person, "span": Range(*span)} for person, *span in standing - wanted]:
        await conn.execute(
            delete(shift).where(shift.c.person == bindparam("who"), shift.c.during == bindparam("span")), gone
        )
    if new := [{"person": person, "during": Range(*span)} for person, *span in sorted(wanted - standing)]:
        await conn.execute(insert(shift), new)
    return await rewitness(conn, (await conn.execute(_RESTS_ON_NONE)).scalars().all(), now)
