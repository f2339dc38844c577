"""Calls that somebody has really taken: their witness is that person from then on, and does not move any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.rewitnessing import Replanned, give_to_others, hold_escalations
from database.stores.seat_boards import load_seats
from database.stores.sold_seats import changes_of, queue, write_witnesses
from domain.seat_search import Search

ONE_DAY = timedelta(days=1)

_TAKEN = text("""
SELECT w.booking, w.day, c.person, p.desk, true AS taken
FROM call c JOIN witness w ON w.booking = c.booking JOIN pool p ON p.id = w.pool
WHERE c.state IN ('taken', 'on_call', 'wrapping_up') AND (NOT w.pinned OR w.person <> c.person)
  AND EXISTS (SELECT 1 FROM pool_agent a WHERE a.pool = w.pool AND a.person = c.person)
  AND (SELECT range_agg(s.during) FROM shift s WHERE s.person = c.person AND s.during && w.during) @> w.during
UNION ALL
SELECT w.booking, w.day, w.person, p.desk, false
FROM witness w JOIN call c ON c.booking = w.booking JOIN pool p ON p.id = w.pool
WHERE w.pinned AND c.state IN ('waiting', 'offered')
ORDER BY booking
""")
_STILL = text("""
SELECT 1 FROM call c JOIN witness w ON w.booking = c.booking
WHERE c.booking = :booking AND CASE WHEN :taken
  THEN c.state IN ('taken', 'on_call', 'wrapping_up') AND c.person = :person
  ELSE c.state IN ('waiting', 'offered') AND w.person = :person END
""")


async def pin_taken(engine: AsyncEngine, now: datetime) -> int:
    """Pin every call that its pool's people have taken; returns how many. What was in its way goes to others.

    One that waits again, because who had it is gone or did not come, is free to move again. Whoever took it from
    outside its pool or past their shift can't be its witness; the old one stands for it.
    """
    async with engine.connect() as conn:
        rows = (await conn.execute(_TAKEN)).all()
    for row in rows:
        async with engine.begin() as conn:
            await _pin(conn, row, now)
    return sum(row.taken for row in rows)


async def _pin(conn: AsyncConnection, row: Row[Any], now: datetime) -> Replanned:
    await queue(conn, row.desk, [row.day - ONE_DAY, row.day, row.day + ONE_DAY])
    seats = await load_seats(conn, row.day - ONE_DAY, row.day + ONE_DAY)
    if row.booking not in seats.board.held or row.person not in seats.board.bit_of:
        return Replanned(0, ())
    asked = Search(seats.board, 0).take(row.booking)._replace(pinned=row.taken)
    bit = seats.board.bit_of[row.person]
    in_the_way = seats.board.in_the_way(bit, asked)
    if any(call.pinned for call in in_the_way):
        # Taken early, while the one before is not over by the plan: the two can't both rest on one person.
        return Replanned(0, ())
    lost = [call.booking for call in in_the_way]
    await hold_escalations(conn, [row.booking, *lost])
    if (await conn.execute(_STILL, {"booking": row.booking, "taken": row.taken, "person": row.person})).first() is None:
        return Replanned(0, ())
    seats.board.put(asked, bit)
    await write_witnesses(conn, row.desk, changes_of(seats, [row.booking]))
    return await give_to_others(conn, lost, now)
