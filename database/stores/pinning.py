"""Calls that somebody has really taken: their witness is that person from then on, and does not move any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.rewitnessing import Replanned, give_to_others
from database.stores.seat_boards import load_seats
from database.stores.sold_seats import changes_of, queue, write_witnesses
from domain.seat_search import Search

ONE_DAY = timedelta(days=1)

_TAKEN = text("""
SELECT w.booking, w.day, c.person, p.desk
FROM call c JOIN witness w ON w.booking = c.booking JOIN pool p ON p.id = w.pool
WHERE c.state IN ('taken', 'on_call', 'wrapping_up') AND NOT w.pinned
  AND EXISTS (SELECT 1 FROM pool_agent a WHERE a.pool = w.pool AND a.person = c.person)
  AND (SELECT range_agg(s.during) FROM shift s WHERE s.person = c.person AND s.during && w.during) @> w.during
ORDER BY w.booking
""")


async def pin_taken(engine: AsyncEngine, now: datetime) -> int:
    """Pin every call that its pool's people have taken; returns how many. What was in its way goes to others.

    Whoever took it from outside its pool or past their shift can't be its witness; the old one stands for it.
    """
    async with engine.connect() as conn:
        rows = (await conn.execute(_TAKEN)).all()
    for row in rows:
        async with engine.begin() as conn:
            await _pin(conn, row, now)
    return len(rows)


async def _pin(conn: AsyncConnection, row: Row[Any], now: datetime) -> Replanned:
    await queue(conn, row.desk, [row.day - ONE_DAY, row.day, row.day + ONE_DAY])
    seats = await load_seats(conn, row.day - ONE_DAY, row.day + ONE_DAY)
    if row.booking not in seats.board.held or row.person not in seats.board.bit_of:
        return Replanned(0, ())
    asked = Search(seats.board, 0).take(row.booking)._replace(pinned=True)
    bit = seats.board.bit_of[row.person]
    in_the_way = [call.booking for call in seats.board.in_the_way(bit, asked) if not call.pinned]
    seats.board.put(asked, bit)
    await write_witnesses(conn, row.desk, changes_of(seats, [row.booking]))
    return await give_to_others(conn, in_the_way, now)
