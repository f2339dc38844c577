"""Calls that somebody has really taken: their witness is that person from then on, and does not move any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.seats.assignments import changes_of, queue, write_witnesses
from database.stores.seats.load_board import load_seats
from database.stores.seats.reassign import give_to_others, hold_escalations
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard

AT_ONCE = 100
"""Calls that are pinned in one transaction, which keeps sellers of their day waiting."""

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
ORDER BY desk, day, booking
""")
_STILL = text("""
SELECT c.booking FROM call c JOIN witness w ON w.booking = c.booking
  JOIN unnest(CAST(:bookings AS bigint[]), CAST(:people AS bigint[]), CAST(:taken AS boolean[]))
    AS asked(booking, person, taken) ON asked.booking = c.booking
WHERE CASE WHEN asked.taken
  THEN c.state IN ('taken', 'on_call', 'wrapping_up') AND c.person = asked.person
  ELSE c.state IN ('waiting', 'offered') AND w.person = asked.person END
""")


async def pin_taken(engine: AsyncEngine, now: datetime) -> int:
    """Pin every call that its pool's people have taken; returns how many. What was in its way goes to others.

    One that waits again, because who had it is gone or did not come, is free to move again. Whoever took it from
    outside its pool or past their shift can't be its witness; the old one stands for it.
    """
    async with engine.connect() as conn:
        rows = (await conn.execute(_TAKEN)).all()
    number = 0
    for (desk_id, day), of_day in groupby(rows, key=lambda row: (row.desk, row.day)):
        left = list(of_day)
        while left:
            async with engine.begin() as conn:
                number += await _pin(conn, desk_id, day, left[:AT_ONCE], now)
            del left[:AT_ONCE]
    return number


async def _pin(conn: AsyncConnection, desk_id: int, day: date, rows: Sequence[Row[Any]], now: datetime) -> int:
    await queue(conn, desk_id, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    rows = [row for row in rows if row.booking in seats.board.assignments and row.person in seats.board.index_of]
    pinned, lost = _put(seats.board, rows)
    await hold_escalations(conn, [*(row.booking for row in rows), *lost])
    asked = {
        "bookings": [row.booking for row in rows],
        "people": [row.person for row in rows],
        "taken": [row.taken for row in rows],
    }
    if set((await conn.execute(_STILL, asked)).scalars()) != set(asked["bookings"]):
        # One of them is over or waits again: the next look finds the others.
        return 0
    await write_witnesses(conn, desk_id, changes_of(seats, pinned))
    await give_to_others(conn, lost, now)
    return sum(row.taken for row in rows if row.booking in pinned)


def _put(board: SeatBoard, rows: Sequence[Row[Any]]) -> tuple[list[int], set[int]]:
    """Put these calls on the people who have them; the bookings that are there now, and those in their way."""
    stood = {row.booking: board.take(row.booking) for row in rows}
    pinned, lost = [], set[int]()
    for row in rows:
        asked, index = stood[row.booking][0]._replace(pinned=row.taken), board.index_of[row.person]
        in_the_way = board.in_the_way(index, asked)
        if not any(call.pinned for call in in_the_way):
            board.put(asked, index)
            pinned.append(row.booking)
            lost |= {call.booking for call in in_the_way}
            continue
        # Taken early, while the one before is not over by the plan: the two can't both rest on one person.
        asked, index = stood[row.booking]
        if board.in_the_way(index, asked):
            lost.add(row.booking)
        board.put(asked, index)
    return pinned, lost - set(pinned)
