"""A change that is only tried: for which of the booked calls at risk somebody would be found by looking longer."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.plan_json import load_plan
from database.stores.seats.load_board import load_seats
from database.stores.seats.reassign import AtRisk
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, demand_of

LONGER = 8.0
"""Seconds that are looked for somebody for the calls at risk, beside the page."""

_CALLS = text("""
SELECT b.id, b.pool, b.starts_at, b.occupies, e.plan, d.time_zone
FROM booking b JOIN escalation e ON e.id = b.escalation JOIN desk d ON d.id = e.desk
WHERE b.id = ANY(:bookings) ORDER BY b.starts_at, b.id
""")


async def board_without(conn: AsyncConnection, at_risk: Iterable[AtRisk]) -> tuple[SeatBoard, list[Demand]] | None:
    """The board as the caller's transaction has left it, and what these calls ask for; None where there are none.

    It outlives the transaction, which the caller takes back.
    """
    rows = (await conn.execute(_CALLS, {"bookings": [one.booking for one in at_risk]})).all()
    demands = []
    for row in rows:
        day = row.starts_at.astimezone(ZoneInfo(row.time_zone)).date()
        begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
        asked = demand_of(load_plan(row.plan).decision, row.pool, row.starts_at, day, row.id)
        demands.append(asked._replace(begin=begin, end=end))
    if not demands:
        return None
    days = [row.starts_at.date() for row in rows]
    seats = await load_seats(conn, min(days) - 2 * ONE_DAY, max(days) + 2 * ONE_DAY)
    return seats.board, demands
