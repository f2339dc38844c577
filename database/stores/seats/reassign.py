"""Sold seats whose witness drops out: each is reassigned, or else put at risk. The booking stays, whatever happens to
its witness. A booking at risk has no witness; its round will look for whoever is available.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import lock, record
from database.stores.seats.assignments import WitnessChange, changes_of, drop_witnesses, lock_days, write_witnesses
from database.stores.seats.load_board import Seats, load_seats
from database.tables.booking import booking, pool, witness
from domain.escalation import Kind
from domain.schedules.schedule import ONE_DAY
from domain.seats.search import Search

DEPTH, TRIES = 2, 600
"""Limits on the search for one booking's new witness."""

_LOST = text("""
SELECT b.id, b.escalation, b.starts_at, p.description AS pool, p.desk, w.day, e.subject,
  coalesce(c.priority, e.priority) AS priority
FROM booking b
  JOIN witness w ON w.booking = b.id JOIN pool p ON p.id = b.pool JOIN escalation e ON e.id = b.escalation
  LEFT JOIN call c ON c.booking = b.id
WHERE b.id = ANY(:lost) ORDER BY priority DESC, b.starts_at, b.id
""")
_AT_RISK = update(booking).where(booking.c.id == bindparam("number"), booking.c.state == "sold").values(state="at_risk")


@dataclass(frozen=True)
class AtRisk:
    """A booking without a witness, because the search found nobody."""

    booking: int
    escalation_id: str
    starts_at: datetime
    pool: str
    """As written in the rules."""
    subject: str


@dataclass(frozen=True)
class ReassignResult:
    """How a change to people or to their time affected the seats sold."""

    moved: int
    """How many bookings now have another witness."""
    at_risk: tuple[AtRisk, ...]
    """Bookings without a witness. This is an upper bound: a longer search may find somebody for some of them."""


async def lock_sold_days(conn: AsyncConnection, people: Iterable[int] | None = None) -> None:
    """Lock the days on which these people are witnesses (None: anybody), so that no seats are sold for those days.

    Call this before the first change, because sales lock the day first, too.
    """
    await lock_desk_days(conn, await sold_days(conn, people))


async def sold_days(conn: AsyncConnection, people: Iterable[int] | None = None) -> set[tuple[int, date]]:
    """The organisation and the day of every sold seat whose witness is one of these people (None: anybody)."""
    days = select(pool.c.desk, witness.c.day).join(pool, pool.c.id == witness.c.pool).distinct()
    if people is not None:
        days = days.where(witness.c.person.in_(list(people)))
    return {(row.desk, row.day) for row in await conn.execute(days)}


async def lock_desk_days(conn: AsyncConnection, days: Iterable[tuple[int, date]]) -> None:
    """Lock these days of these organisations, in the order that every transaction uses."""
    for desk_id, day in sorted(set(days)):
        await lock_days(conn, desk_id, [day])


async def lock_escalations(conn: AsyncConnection, bookings: Iterable[int]) -> None:
    """Lock the escalations of these bookings.

    Call this before incrementing the first day's version: a cancellation locks its escalation first, then the day.
    """
    query = select(booking.c.escalation).where(booking.c.id.in_(sorted(set(bookings)))).distinct()
    for escalation_id in sorted(str(one) for one in (await conn.execute(query)).scalars()):
        await lock(conn, escalation_id)


async def reassign(conn: AsyncConnection, lost: Iterable[int], now: datetime) -> ReassignResult:
    """Find another witness for each of these bookings, moving other witnesses if needed; the rest are put at risk.

    The most urgent bookings come first. Before calling this, lock the bookings' days and write the changes that cost
    them their witnesses.
    """
    rows = (await conn.execute(_LOST, {"lost": sorted(set(lost))})).all()
    if not rows:
        return ReassignResult(0, ())
    days = {row.day for row in rows}
    seats = await load_seats(conn, min(days) - ONE_DAY, max(days) + ONE_DAY)
    moved, changes, unserved = _find_witnesses(seats, rows)
    for row in sorted(unserved, key=lambda row: str(row.escalation)):
        await lock(conn, str(row.escalation))
    desk_id = rows[0].desk
    if unserved:
        await drop_witnesses(conn, desk_id, {row.id: row.day.toordinal() for row in unserved})
    await write_witnesses(conn, desk_id, changes)
    for row in unserved:
        await conn.execute(_AT_RISK, {"number": row.id})
        body = {"booking_id": row.id, "found": "nobody on shift is free for this call any more"}
        await record(conn, str(row.escalation), Kind.SEAT_LOST, now, body=body)
    return ReassignResult(
        moved,
        tuple(AtRisk(row.id, str(row.escalation), row.starts_at, row.pool, row.subject) for row in unserved),
    )


def _find_witnesses(seats: Seats, rows: Sequence[Row[Any]]) -> tuple[int, list[WitnessChange], list[Row[Any]]]:
    """The number of calls moved, the changes to write, and the rows for which nobody was found."""
    search = Search(seats.board, TRIES, days={row.day.toordinal() for row in rows})
    previous_index = {booking: index for booking, (_, index) in seats.board.assignments.items()}
    demands = {row.id: search.take(row.id) for row in rows}
    unplaced = list(rows)
    for depth in range(DEPTH + 1):
        left = []
        for row in unplaced:
            search.tries = TRIES
            if not search.place(demands[row.id], depth):
                left.append(row)
        unplaced = left
    moved = [one for one in search.moved() if seats.board.assignments[one][1] != previous_index[one]]
    return len(moved), changes_of(seats, moved), unplaced
