"""One day's start times as agents see them: open, or closed with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.seats.availability import BookingRequest, answer_starts, read_booking_request
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.load_board import Seats
from database.stores.seats.prepared_moves import PreparedMove, move_still_fits, read_prepared_moves
from domain.seats.reasons import SlotClosure, Why, why_closed
from domain.seats.search import Answer
from domain.seats.slots import grid_of, starts_of, why_not_offered

TRIES = 200
STARTS_AT_MOST = 300
"""How many start times are shown for one day."""


@dataclass(frozen=True)
class SlotState:
    start: datetime
    closed: SlotClosure | None
    """None if the start time can be booked."""


@dataclass(frozen=True)
class DayOfSlots:
    day: date
    zone: str
    pool: str
    slots: tuple[SlotState, ...]


async def day_of_slots(conn: AsyncConnection, escalation_id: str, day: date | None, now: datetime) -> DayOfSlots:
    """Every start time of the grid on this day, or on the first day offered if ``day`` is None.

    Raises ``EscalationUnknown``.
    """
    request = await read_booking_request(conn, escalation_id, now)
    day = day or request.day_of(request.allowed.earliest)
    seats = await BOARDS.current(conn, request.desk, day, day)
    grid = list(starts_of(day, grid_of(request.plan.decision), request.local))[:STARTS_AT_MOST]
    not_offered = {
        start: why_not_offered(request.plan.decision, request.zone, request.allowed, start, now) for start in grid
    }
    offered = [(start, day) for start in grid if not_offered[start] is None]
    answers = answer_starts(seats, request, offered, TRIES)
    prepared = await read_prepared_moves(conn, request.pool, request.demand(grid[0], day), day, day) if grid else {}
    mates = await _team_mates(conn, request, seats)
    slots = []
    for start in grid:
        reason = not_offered[start]
        closed = (
            SlotClosure(Why.NOT_OFFERED, reason[0].upper() + reason[1:])
            if reason is not None
            else _closed(seats, request, start, day, answers[start], prepared.get(start), mates)
        )
        slots.append(SlotState(start, closed))
    return DayOfSlots(day, request.zone, request.plan.pool_text, tuple(slots))


def _closed(
    seats: Seats,
    request: BookingRequest,
    start: datetime,
    day: date,
    answer: Answer,
    move: PreparedMove | None,
    mates: int,
) -> SlotClosure | None:
    demand = request.demand(start, day)
    if answer is Answer.YES or (move is not None and move_still_fits(seats, demand, move)):
        return None
    return why_closed(seats.board, demand, mates)


async def _team_mates(conn: AsyncConnection, request: BookingRequest, seats: Seats) -> int:
    """A mask of the people whom the plan would ask if it required no skills."""
    if not request.plan.decision.requires:
        return 0
    without_skills = replace(request.plan, decision=replace(request.plan.decision, requires=()))
    return seats.board.mask_of(without_skills.first_people(await read_directory(conn)))
