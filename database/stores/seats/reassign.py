"""Sold seats that rest on what goes: each is given to somebody else, or is at risk.

A booking stands whatever becomes of its witness. At risk it has none, and its round finds whoever is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import lock, record
from database.stores.seats.assignments import WitnessChange, changes_of, drop_witnesses, queue, write_witnesses
from database.stores.seats.load_board import Seats, load_seats
from database.tables.booking import booking, pool, witness
from domain.escalation import Kind
from domain.schedules.schedule import ONE_DAY
from domain.seats.search import Search

DEPTH, TRIES = 2, 600
"""How far a single search for another witness goes."""

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
    """A booking that stands, and that nobody can be found for as things are planned."""

    booking: int
    escalation_id: str
    starts_at: datetime
    pool: str
    """In the words of the rules."""
    subject: str


@dataclass(frozen=True)
class ReassignResult:
    """What a change of people's time did to the seats that are sold."""

    moved: int
    """Bookings whose witness is somebody else now."""
    at_risk: tuple[AtRisk, ...]
    """Bookings without one. At most these; looking longer may find somebody for some."""


async def hold_back_sales(conn: AsyncConnection, people: Iterable[int] | None = None) -> None:
    """Nobody sells on the days on which these people, or any, have sold seats until the transaction ends.

    Taken before the first change: sellers take the day first, too.
    """
    await queue_all(conn, await sold_days(conn, people))


async def sold_days(conn: AsyncConnection, people: Iterable[int] | None = None) -> set[tuple[int, date]]:
    """Desk and day of every sold seat of these people, or of all."""
    days = select(pool.c.desk, witness.c.day).join(pool, pool.c.id == witness.c.pool).distinct()
    if people is not None:
        days = days.where(witness.c.person.in_(list(people)))
    return {(row.desk, row.day) for row in await conn.execute(days)}


async def queue_all(conn: AsyncConnection, days: Iterable[tuple[int, date]]) -> None:
    """Lock these days of these desks, in the order in which everybody locks them."""
    for desk_id, day in sorted(set(days)):
        await queue(conn, desk_id, [day])


async def hold_escalations(conn: AsyncConnection, lost: Iterable[int]) -> None:
    """Lock whose bookings these are, before the first day counts up: who cancels holds those, and then the day."""
    query = select(booking.c.escalation).where(booking.c.id.in_(sorted(set(lost)))).distinct()
    for escalation_id in sorted(str(one) for one in (await conn.execute(query)).scalars()):
        await lock(conn, escalation_id)


async def give_to_others(conn: AsyncConnection, lost: Iterable[int], now: datetime) -> ReassignResult:
    """Find another witness for each of these bookings, moving others where need be; the rest are at risk.

    The most urgent first. Their days are locked by the caller, whose changes are written already.
    """
    rows = (await conn.execute(_LOST, {"lost": sorted(set(lost))})).all()
    if not rows:
        return ReassignResult(0, ())
    days = {row.day for row in rows}
    seats = await load_seats(conn, min(days) - ONE_DAY, max(days) + ONE_DAY)
    moved, changes, unserved = _search(seats, rows)
    for row in sorted(unserved, key=lambda row: str(row.escalation)):
        await lock(conn, str(row.escalation))
    desk_id = rows[0].desk
    if unserved:
        await drop_witnesses(conn, desk_id, {row.id: row.day.toordinal() for row in unserved})
    await write_witnesses(conn, desk_id, changes)
    for row in unserved:
        await conn.execute(_AT_RISK, {"number": row.id})
        body = {"booking_id": row.id, "found": "nobody of those on shift is free for this call any more"}
        await record(conn, str(row.escalation), Kind.SEAT_LOST, now, body=body)
    return ReassignResult(
        moved,
        tuple(AtRisk(row.id, str(row.escalation), row.starts_at, row.pool, row.subject) for row in unserved),
    )


def _search(seats: Seats, rows: Sequence[Row[Any]]) -> tuple[int, list[WitnessChange], list[Row[Any]]]:
    """How many calls moved, what must be written, and for whom nobody was found."""
    search = Search(seats.board, TRIES, days={row.day.toordinal() for row in rows})
    stood = {booking: index for booking, (_, index) in seats.board.assignments.items()}
    asked = {row.id: search.take(row.id) for row in rows}
    waiting = list(rows)
    for depth in range(DEPTH + 1):
        left = []
        for row in waiting:
            search.tries = TRIES
            if not search.place(asked[row.id], depth):
                left.append(row)
        waiting = left
    moved = [one for one in search.moved() if seats.board.assignments[one][1] != stood[one]]
    return len(moved), changes_of(seats, moved), waiting
