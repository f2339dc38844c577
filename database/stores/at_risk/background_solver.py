"""The slow part of seats, outside every lock: arrangements for starts, and people for bookings at risk.

What the solver finds here is kept as a room (``seat_rooms``) and checked again under the lock when it is used, so
that it can be as old as it likes. Nothing that is sold changes by finding one.
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
from database.stores.seats.assignments import changes_of, queue, write_witnesses
from database.stores.seats.availability import (
    BookingRequest,
    answer_starts,
    answers_of,
    proven_gone,
    read_booking_request,
)
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
from domain.seats.prepared_moves import find_prepared_moves
from domain.seats.search import Answer, apply_placement, find_place
from domain.seats.slots import offered_starts
from domain.seats.solver import place_by_window

SECONDS_A_START = SEARCH.total_seconds()
STARTS_AT_ONCE = 24
"""Starts looked at in one go, the nearest first; between two goes others have their turn."""

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
    """What one process has looked for in vain, and how the days stood then; whose turn it is, and for how long."""

    unsolved: dict[tuple[Demand, tuple[int, ...]], datetime] = field(default_factory=dict)
    had_turn: set[str] = field(default_factory=set)
    """Of those that are looked after in turn: who comes after all others the next time."""
    until: float = math.inf
    """By the monotonic clock, in seconds. Nothing more is begun after it."""
    occupied: OccupancyMemory = field(default_factory=OccupancyMemory)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Once it is set, nothing more is begun either."""

    @property
    def left(self) -> float:
        """Seconds, below zero where none are left."""
        return -1.0 if self.stop.is_set() else self.until - time.monotonic()

    def in_turn(self, who: Iterable[str]) -> Iterator[str]:
        """While time is left: first those that had no turn since everybody else had one."""
        for one in sorted(who, key=lambda one: one in self.had_turn):
            if self.left <= 0:
                return
            self.had_turn.add(one)
            yield one
        self.had_turn.clear()

    def note(self, demand: Demand, versions: tuple[int, ...], now: datetime) -> None:
        if len(self.unsolved) > 20_000:
            self.unsolved.clear()
        self.unsolved[demand, versions] = now


async def prepare_move(engine: AsyncEngine, request: BookingRequest, start: datetime, now: datetime) -> bool:
    """Look for an arrangement for one start, at once; whether one was found. It is kept for whoever sells next.

    Nobody looks for what is proven to be gone, nor soon again for what was looked for in vain while the seats stand so.
    """
    day = start.astimezone(request.local).date()
    demand = request.demand(start, day)
    async with engine.connect() as conn:
        kept = await BOARDS.current(conn, request.desk, day, day)
        known = answers_of(kept, request, day)
        if known.given_up(start, now) or proven_gone(kept, request, start):
            return False
        seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    placement = await asyncio.to_thread(
        place_by_window, seats.board, demand, seconds=SECONDS_A_START, days={day.toordinal()}
    )
    if placement is None:
        known.give_up(start, now)
        return False
    async with engine.begin() as conn:
        await store_prepared_moves(conn, [(demand, placement)], now)
    return True


async def prepare_moves(engine: AsyncEngine, memory: SearchMemory, now: datetime) -> int:
    """One go over everybody who may book now; returns how many starts were opened."""
    async with engine.connect() as conn:
        requests = [str(one) for one in (await conn.execute(_BOOKING_REQUESTS)).scalars()]
    opened = 0
    for one in memory.in_turn(requests):
        wanted, board = await _starts_without_move(engine, one, memory, now)
        if wanted:
            found = await asyncio.to_thread(_by_day, board, list(wanted))
            for demand in wanted:
                if demand not in found:
                    memory.note(demand, wanted[demand], now)
            opened += len(found)
            async with engine.begin() as conn:
                await store_prepared_moves(conn, list(found.items()), now)
    async with engine.begin() as conn:
        await delete_prepared_moves(conn, now.date() - ONE_DAY)
    return opened


def _by_day(board: SeatBoard, wanted: Sequence[Demand]) -> dict[Demand, Placement]:
    """A sale locks the day of its start only, so an arrangement moves nobody of another day."""
    found: dict[Demand, Placement] = {}
    for day in sorted({demand.day for demand in wanted}):
        of_day = [demand for demand in wanted if demand.day == day]
        found |= find_prepared_moves(board, of_day, seconds=SECONDS_A_START, days={day})
    return found


async def _starts_without_move(
    engine: AsyncEngine, escalation_id: str, memory: SearchMemory, now: datetime
) -> tuple[dict[Demand, tuple[int, ...]], SeatBoard]:
    """The next starts that may be sellable and that no arrangement is known for, with the versions of their days."""
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
    wanted: dict[Demand, tuple[int, ...]] = {}
    for start, day in starts:
        demand, stands = request.demand(start, day), _stands(versions, seats.roster, day)
        if answers[start] is not Answer.MAYBE or (demand, stands) in memory.unsolved:
            continue
        if start not in prepared or not move_still_fits(seats, demand, prepared[start]):
            wanted[demand] = stands
            if len(wanted) >= min(STARTS_AT_ONCE, memory.left / (2 * SECONDS_A_START)):
                break
    return wanted, seats.board


def _stands(versions: dict[date, int], roster: int, day: date) -> tuple[int, ...]:
    return (roster, *(versions.get(day + number * ONE_DAY, 0) for number in (-1, 0, 1)))


async def recover(engine: AsyncEngine, memory: SearchMemory, now: datetime) -> int:
    """Look for somebody for each booking at risk, with all means; returns how many have a seat again."""
    async with engine.connect() as conn:
        rows = {f"booking {row.id}": row for row in await conn.execute(_AT_RISK, {"now": now})}
    return sum([await _recover_one(engine, rows[one], now) for one in memory.in_turn(rows)])


def _demand_of(row: Row[Any]) -> Demand:
    day = row.starts_at.astimezone(ZoneInfo(row.time_zone)).date()
    begin, end = (int(edge.timestamp()) for edge in (row.occupies.lower, row.occupies.upper))
    asked = demand_of(load_plan(row.plan).decision, row.pool, row.starts_at, day, row.id)
    return asked._replace(begin=begin, end=end)


async def _recover_one(engine: AsyncEngine, row: Row[Any], now: datetime) -> bool:
    demand = _demand_of(row)
    day = date.fromordinal(demand.day)
    async with engine.connect() as conn:
        seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    if row.id in seats.board.assignments:
        return False
    days = {day.toordinal()}
    found, _ = find_place(seats.board, demand, depth=2, tries=600, days=days)
    if found is Answer.MAYBE:
        solved = await asyncio.to_thread(place_by_window, seats.board, demand, seconds=SECONDS_A_START, days=days)
        found = solved or Answer.NO
    if isinstance(found, Answer):
        return False
    async with engine.begin() as conn:
        return await _give(conn, row, day, demand, found, now)


async def _give(
    conn: AsyncConnection, row: Row[Any], day: date, demand: Demand, placement: Placement, now: datetime
) -> bool:
    """Whether the booking has its seat again: under the lock, if all is as it was found."""
    await queue(conn, row.desk, [day - ONE_DAY, day, day + ONE_DAY])
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    search = apply_placement(seats.board, demand, placement, {day.toordinal()})
    if search is None:
        return False
    await lock(conn, str(row.escalation))
    still = (booking.c.id == row.id) & (booking.c.state == "at_risk") & (booking.c.starts_at == row.starts_at)
    if (await conn.execute(update(booking).where(still).values(state="sold"))).rowcount == 0:
        return False
    await write_witnesses(conn, row.desk, changes_of(seats, search.moved()))
    await record(conn, str(row.escalation), Kind.SEAT_FOUND, now, body={"booking_id": row.id})
    return True
