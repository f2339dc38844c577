"""Releasing the reserve for one booked call at risk: somebody whom the team keeps free is its witness after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.at_risk.remedies import unreserved, without_reserve
from database.stores.journal.audit_log import write_audit
from database.stores.journal.timeline import lock, record
from database.stores.seats.assignments import changes_of, queue, write_witnesses
from database.stores.seats.availability import read_wish
from database.stores.seats.load_board import load_seats
from database.tables.booking import booking
from domain.escalation import Kind
from domain.failure import Failure
from domain.seats.search import Answer, Search, apply_placement

ONE_DAY = timedelta(days=1)


@dataclass
class ReserveNotEnough(Failure):
    """Nobody kept free could take it by now."""

    title = "The reserve does not help"

    @property
    def detail(self) -> str:
        return "Nobody who is kept in reserve is free for this call any more. What else could help stands below."


async def release_reserve(conn: AsyncConnection, escalation_id: str, actor: str, now: datetime) -> bool:
    """Give the call a seat that its plan's reserve kept back; False where it isn't at risk, so nothing was to be done.

    The reserve holds for every other call as before. Raises ``EscalationUnknown``, ``ReserveNotEnough``.
    """
    wish = await read_wish(conn, escalation_id, now)
    at_risk = (booking.c.escalation == escalation_id) & (booking.c.state == "at_risk") & (booking.c.starts_at > now)
    query = select(booking.c.id, booking.c.starts_at, booking.c.occupies).where(at_risk)
    if (row := (await conn.execute(query)).first()) is None:
        return False
    day = row.starts_at.astimezone(wish.local).date()
    await queue(conn, wish.desk, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
    demand = unreserved(wish.demand(row.starts_at, day, row.id))._replace(begin=begin, end=end)
    found = without_reserve(seats.board, demand, {day.toordinal()})
    search: Search | None = None
    if not isinstance(found, Answer):
        search = apply_placement(seats.board, demand, found, {day.toordinal()})
    await lock(conn, escalation_id)
    still = at_risk & (booking.c.starts_at == row.starts_at)
    if (await conn.execute(select(booking.c.id).where(still))).first() is None:
        return False
    if search is None:
        raise ReserveNotEnough
    await conn.execute(update(booking).where(booking.c.id == row.id).values(state="sold"))
    await write_witnesses(conn, wish.desk, changes_of(seats, search.moved()))
    body = {"booking_id": row.id, "found": "the reserve was released for it"}
    await record(conn, escalation_id, Kind.SEAT_FOUND, now, body=body, actor=actor)
    await write_audit(conn, actor, "released the reserve", f"escalation:{escalation_id}", now)
    return True
