"""The deep search in the dry run of a change: a longer search for people who could serve the calls at risk."""

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
"""Time limit in seconds for the whole search, which covers all calls at risk."""

_CALLS = text("""
SELECT b.id, b.pool, b.starts_at, b.occupies, e.plan, d.time_zone
FROM booking b JOIN escalation e ON e.id = b.escalation JOIN desk d ON d.id = e.desk
WHERE b.id = ANY(:bookings) ORDER BY b.starts_at, b.id
""")


async def board_without(conn: AsyncConnection, at_risk: Iterable[AtRisk]) -> tuple[SeatBoard, list[Demand]] | None:
    """The board as the caller's transaction left it, and the demands of these calls; None if there are no calls.

    The board stays usable after the caller rolls the transaction back.
    """
    rows = (await conn.execute(_CALLS, {"bookings": [one.booking for one in at_risk]})).all()
    demands = []
    for row in rows:
        day = row.starts_at.astimezone(ZoneInfo(row.time_zone)).date()
        begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
        demand = demand_of(load_plan(row.plan).decision, row.pool, row.starts_at, day, row.id)
        demands.append(demand._replace(begin=begin, end=end))
    if not demands:
        return None
    days = [row.starts_at.date() for row in rows]
    seats = await load_seats(conn, min(days) - 2 * ONE_DAY, max(days) + 2 * ONE_DAY)
    return seats.board, demands
