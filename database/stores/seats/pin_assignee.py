"""Pinning: once somebody has taken a booked call, they become its witness, and the witness no longer changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.seats.assignments import changes_of, lock_days, write_witnesses
from database.stores.seats.load_board import load_seats
from database.stores.seats.reassign import lock_escalations, reassign
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard

BATCH = 100
"""How many calls are pinned in one transaction, which holds up sales for the day of these calls."""

_TO_PIN = text("""
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
_UNCHANGED = text("""
SELECT c.booking FROM call c JOIN witness w ON w.booking = c.booking
  JOIN unnest(CAST(:bookings AS bigint[]), CAST(:people AS bigint[]), CAST(:taken AS boolean[]))
    AS seen(booking, person, taken) ON seen.booking = c.booking
WHERE CASE WHEN seen.taken
  THEN c.state IN ('taken', 'on_call', 'wrapping_up') AND c.person = seen.person
  ELSE c.state IN ('waiting', 'offered') AND w.person = seen.person END
""")


async def pin_taken(engine: AsyncEngine, now: datetime) -> int:
    """Pin each call taken by somebody in its pool, and reassign calls that conflict with it. Returns the number pinned.

    If the agent has left or never joined, the call is unpinned. If the agent isn't in the call's pool, or took it
    outside their shift, they can't be its witness, and the previous witness stays.
    """
    async with engine.connect() as conn:
        rows = (await conn.execute(_TO_PIN)).all()
    number = 0
    for (desk_id, day), of_day in groupby(rows, key=lambda row: (row.desk, row.day)):
        left = list(of_day)
        while left:
            async with engine.begin() as conn:
                number += await _pin(conn, desk_id, day, left[:BATCH], now)
            del left[:BATCH]
    return number


async def _pin(conn: AsyncConnection, desk_id: int, day: date, rows: Sequence[Row[Any]], now: datetime) -> int:
    await lock_days(conn, desk_id, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    rows = [row for row in rows if row.booking in seats.board.assignments and row.person in seats.board.index_of]
    pinned, lost = _put(seats.board, rows)
    await lock_escalations(conn, [*(row.booking for row in rows), *lost])
    seen = {
        "bookings": [row.booking for row in rows],
        "people": [row.person for row in rows],
        "taken": [row.taken for row in rows],
    }
    if set((await conn.execute(_UNCHANGED, seen)).scalars()) != set(seen["bookings"]):
        # One of the calls has ended or is waiting again, so the next run pins the others.
        return 0
    await write_witnesses(conn, desk_id, changes_of(seats, pinned))
    await reassign(conn, lost, now)
    return sum(row.taken for row in rows if row.booking in pinned)


def _put(board: SeatBoard, rows: Sequence[Row[Any]]) -> tuple[list[int], set[int]]:
    """For each of these calls, make the person who has it the witness. Returns the bookings for which that worked, and
    the other bookings that conflict with them.
    """
    previous = {row.booking: board.take(row.booking) for row in rows}
    pinned, lost = [], set[int]()
    for row in rows:
        demand, index = previous[row.booking][0]._replace(pinned=row.taken), board.index_of[row.person]
        conflicts = board.conflicts(index, demand)
        if not any(call.pinned for call in conflicts):
            board.put(demand, index)
            pinned.append(row.booking)
            lost |= {call.booking for call in conflicts}
            continue
        # Taken early, before the planned end of the person's previous call: one person can't be the witness for both.
        demand, index = previous[row.booking]
        if board.conflicts(index, demand):
            lost.add(row.booking)
        board.put(demand, index)
    return pinned, lost - set(pinned)
