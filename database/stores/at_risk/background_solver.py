"""The slow seat searches, which run without holding any lock: they look for prepared moves for start times, and for
people to serve bookings at risk.

A move found for a start time is stored as a prepared move (``prepared_moves``) and checked again under the lock when it
is used, so its age doesn't matter. Finding a move changes nothing that is already sold.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.journal.plan_json import load_plan
from database.stores.journal.timeline import lock, record
from database.stores.seats.assignments import changes_of, lock_days, write_witnesses
from database.stores.seats.availability import BookingRequest, answer_starts, answers_of, read_booking_request
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.engagements import OccupancyMemory
from database.stores.seats.load_board import load_seats, read_versions
from database.stores.seats.prepared_moves import (
    delete_prepared_moves,
    move_still_fits,
    read_prepared_moves,
    store_prepared_moves,
)
from database.tables.booking import booking
from domain.deadlines import SEARCH
from domain.escalation import Kind
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Placement, demand_of
from domain.seats.infeasibility import proven_gone
from domain.seats.prepared_moves import find_prepared_moves
from domain.seats.search import Answer, apply_placement, find_place
from domain.seats.slots import offered_starts
from domain.seats.solver import place_by_window

SECONDS_A_START = SEARCH.total_seconds()
STARTS_A_TURN = 24
"""How many start times, nearest first, are searched in one escalation's turn before the next escalation's turn begins.
"""

_BOOKING_REQUESTS = text("""
SELECT DISTINCT ON (pool, ruleset, rule) id FROM escalation
WHERE state IN ('invited', 'booked') AND mode = 'booking' AND pool IS NOT NULL
ORDER BY pool, ruleset, rule, opened_at DESC
""")
_AT_RISK = text("""
SELECT b.id, b.escalation, b.pool, b.starts_at, b.occupies, e.plan, d.id AS desk, d.time_zone
FROM booking b JOIN escalation e ON e.id = b.escalation JOIN desk d ON d.id = e.desk
  JOIN call c ON c.booking = b.id AND c.state = 'waiting'
WHERE b.state = 'at_risk' AND b.starts_at > :now
ORDER BY c.priority DESC, b.starts_at, b.id LIMIT 50
""")


@dataclass
class SearchMemory:
    """What a process remembers between searches: what had no solution, whose turn is next, how much time is left."""

    unsolved: dict[tuple[Demand, tuple[int, ...]], datetime] = field(default_factory=dict)
    """The time at which a search found no solution, keyed by demand and the versions of its days."""
    had_turn: set[str] = field(default_factory=set)
    """Keys that go to the end of the queue, because they have had a turn while others haven't."""
    until: float = math.inf
    """The time after which no search begins, in seconds on the monotonic clock."""
    occupied: OccupancyMemory = field(default_factory=OccupancyMemory)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once this event is set, no further search begins."""

    @property
    def left(self) -> float:
        """Seconds left; negative if the time has run out."""
        return -1.0 if self.stop.is_set() else self.until - time.monotonic()

    def in_turn(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield the keys while time is left, beginning with those that were left out last time."""
        for key in sorted(keys, key=lambda key: key in self.had_turn):
            if self.left <= 0:
                return
            self.had_turn.add(key)
            yield key
        self.had_turn.clear()

    def note(self, demand: Demand, versions: tuple[int, ...], now: datetime) -> None:
        if len(self.unsolved) > 20_000:
            self.unsolved.clear()
        self.unsolved[demand, versions] = now


async def prepare_move(engine: AsyncEngine, request: BookingRequest, start: datetime, now: datetime) -> bool:
    """Search for a prepared move for one start time, and store it for the next sale. Returns whether one was found.

    Skips start times that are proven gone, and those for which a search failed within the last minute, unless their
    seats have changed since.
    """
    day = request.day_of(start)
    demand = request.demand(start, day)
    async with engine.connect() as conn:
        cached = await BOARDS.current(conn, request.desk, day, day)
        answers = answers_of(cached, request, day)
        if answers.recently_unsolved(start, now) or proven_gone(cached.board, demand):
            return False
        seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    placement = await asyncio.to_thread(
        place_by_window, seats.board, demand, seconds=SECONDS_A_START, days={day.toordinal()}
    )
    if placement is None:
        answers.note_unsolved(start, now)
        return False
    async with engine.begin() as conn:
        await store_prepared_moves(conn, [(demand, placement)], now)
    return True


async def prepare_moves(engine: AsyncEngine, memory: SearchMemory, now: datetime) -> int:
    """Prepare moves for everybody who may book now, one turn each. Returns the number of start times it opened."""
    async with engine.connect() as conn:
        escalation_ids = [str(one) for one in (await conn.execute(_BOOKING_REQUESTS)).scalars()]
    opened = 0
    for escalation_id in memory.in_turn(escalation_ids):
        versions, board = await _starts_without_move(engine, escalation_id, memory, now)
        if versions:
            found = await asyncio.to_thread(_by_day, board, list(versions))
            for demand in versions:
                if demand not in found:
                    memory.note(demand, versions[demand], now)
            opened += len(found)
            async with engine.begin() as conn:
                await store_prepared_moves(conn, list(found.items()), now)
    async with engine.begin() as conn:
        await delete_prepared_moves(conn, now.date() - ONE_DAY)
    return opened


def _by_day(board: SeatBoard, demands: Sequence[Demand]) -> dict[Demand, Placement]:
    """Find moves one day at a time, because a sale locks only the day of its start time and so can't move calls on
    other days.
    """
    found: dict[Demand, Placement] = {}
    for day in sorted({demand.day for demand in demands}):
        of_day = [demand for demand in demands if demand.day == day]
        found |= find_prepared_moves(board, of_day, seconds=SECONDS_A_START, days={day})
    return found


async def _starts_without_move(
    engine: AsyncEngine, escalation_id: str, memory: SearchMemory, now: datetime
) -> tuple[dict[Demand, tuple[int, ...]], SeatBoard]:
    """The next start times that may be sellable but have no prepared move, keyed by demand, each with the versions of
    its days; and a board to search on.
    """
    async with engine.connect() as conn:
        request = await read_booking_request(conn, escalation_id, now)
        starts = offered_starts(request.plan.decision, request.zone, request.allowed)
        if not starts:
            return {}, SeatBoard((), {})
        first, last = starts[0][1], starts[-1][1]
        versions = await read_versions(conn, request.desk, first - ONE_DAY, last + ONE_DAY)
        seats = await load_seats(conn, first - ONE_DAY, last + ONE_DAY)
        seats.versions = versions
        prepared = await read_prepared_moves(conn, request.pool, request.demand(*starts[0]), first, last)
    answers = answer_starts(seats, request, starts, tries=0)
    without_move: dict[Demand, tuple[int, ...]] = {}
    for start, day in starts:
        demand, around = request.demand(start, day), _versions_around(versions, seats.roster, day)
        if answers[start] is not Answer.MAYBE or (demand, around) in memory.unsolved:
            continue
        if start not in prepared or not move_still_fits(seats, demand, prepared[start]):
            without_move[demand] = around
            if len(without_move) >= min(STARTS_A_TURN, memory.left / (2 * SECONDS_A_START)):
                break
    return without_move, seats.board


def _versions_around(versions: dict[date, int], roster: int, day: date) -> tuple[int, ...]:
    """The day versions that a search for this day depends on."""
    return (roster, *(versions.get(day + number * ONE_DAY, 0) for number in (-1, 0, 1)))


async def recover(engine: AsyncEngine, memory: SearchMemory, now: datetime) -> int:
    """Search for a witness for each booking at risk, using the solver as well.

    Returns how many bookings have a seat again.
    """
    async with engine.connect() as conn:
        rows = {f"booking {row.id}": row for row in await conn.execute(_AT_RISK, {"now": now})}
    return sum([await _recover_one(engine, rows[key], now) for key in memory.in_turn(rows)])


def _demand_of(row: Row[Any]) -> Demand:
    day = row.starts_at.astimezone(ZoneInfo(row.time_zone)).date()
    begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
    demand = demand_of(load_plan(row.plan).decision, row.pool, row.starts_at, day, row.id)
    return demand._replace(begin=begin, end=end)


async def _recover_one(engine: AsyncEngine, row: Row[Any], now: datetime) -> bool:
    demand = _demand_of(row)
    day = date.fromordinal(demand.day)
    async with engine.connect() as conn:
        seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    if row.id in seats.board.assignments:
        return False
    days = {day.toordinal()}
    placement, _ = find_place(seats.board, demand, depth=2, tries=600, days=days)
    if placement is Answer.MAYBE:
        solved = await asyncio.to_thread(place_by_window, seats.board, demand, seconds=SECONDS_A_START, days=days)
        placement = solved or Answer.NO
    if isinstance(placement, Answer):
        return False
    async with engine.begin() as conn:
        return await _give_seat(conn, row, day, demand, placement, now)


async def _give_seat(
    conn: AsyncConnection, row: Row[Any], day: date, demand: Demand, placement: Placement, now: datetime
) -> bool:
    """Write the placement under the day's lock. Returns False if it no longer fits or the booking has changed."""
    await lock_days(conn, row.desk, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    search = apply_placement(seats.board, demand, placement, {day.toordinal()})
    if search is None:
        return False
    await lock(conn, str(row.escalation))
    unchanged = (booking.c.id == row.id) & (booking.c.state == "at_risk") & (booking.c.starts_at == row.starts_at)
    if (await conn.execute(update(booking).where(unchanged).values(state="sold"))).rowcount == 0:
        return False
    await write_witnesses(conn, row.desk, changes_of(seats, search.moved()))
    await record(conn, str(row.escalation), Kind.SEAT_FOUND, now, body={"booking_id": row.id})
    return True
