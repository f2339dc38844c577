"""Reading seats: which starts are free, and a witness for one of them. Selling one is ``booking.py``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.plan_json import load_plan
from database.stores.seats.assignments import WitnessChange, changes_of
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.load_board import Seats
from database.stores.seats.prepared_moves import (
    PreparedMove,
    cached_prepared_moves,
    move_still_fits,
    read_prepared_moves,
)
from database.tables.customer_link import customer_link
from database.tables.directory import desk
from database.tables.escalation import escalation
from domain.booking import SlotRefused, SlotTaken
from domain.escalation import EscalationUnknown
from domain.plan import Plan
from domain.schedules.schedule import ONE_DAY
from domain.seats.answers import DayOfAnswers, without_moves
from domain.seats.demand import Demand, Terms, terms_of
from domain.seats.search import Answer, apply_placement, place_for_sale
from domain.seats.slots import Window, offered_starts, why_not_offered, window

TRIES_A_PAGE = 60
"""People tried for all starts of one page."""


@dataclass(frozen=True)
class BookingRequest:
    """What one escalation may book, and under which limits."""

    escalation: str
    desk: int
    pool: int
    zone: str
    plan: Plan
    allowed: Window
    state: str
    """Where the escalation stands."""
    stored: Mapping[str, Any] = field(compare=False, repr=False)
    """The plan as it was read."""

    @cached_property
    def local(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def demand(self, start: datetime, day: date, booking: int = -1) -> Demand:
        begin = int(start.timestamp()) - self.terms.prepare
        return Demand(booking, self.pool, begin, begin + self.seconds, day.toordinal(), self.terms)

    def days(self, start: datetime) -> set[date]:
        """Its day, and the day beside it into which this call reaches, or the free time around it."""
        around = timedelta(seconds=self.terms.gap)
        begin = start - timedelta(seconds=self.terms.prepare)
        edges = (begin - around, start, begin + timedelta(seconds=self.seconds) + around)
        return {edge.astimezone(self.local).date() for edge in edges}

    @cached_property
    def seconds(self) -> int:
        """How long the call keeps its person: preparation, talk and wrap-up."""
        return self.plan.decision.calls.prepare + self.plan.decision.booking.slot + self.plan.decision.calls.wrap_up

    @cached_property
    def terms(self) -> Terms:
        return terms_of(self.plan.decision)


_LATEST_LINK = (
    select(customer_link.c.priority)
    .where(customer_link.c.escalation == escalation.c.id)
    .order_by(customer_link.c.nth.desc())
    .limit(1)
    .scalar_subquery()
)


_BOOKING_REQUEST = (
    select(escalation.c.desk, escalation.c.pool, escalation.c.plan, escalation.c.state, desk.c.time_zone)
    .add_columns(_LATEST_LINK.label("priority"))
    .join(desk, desk.c.id == escalation.c.desk)
    .where(escalation.c.id == bindparam("asked"))
)


async def read_booking_request(conn: AsyncConnection, escalation_id: str, now: datetime) -> BookingRequest:
    """What this escalation may book now. Raises ``EscalationUnknown``."""
    return booking_request_of(
        (await conn.execute(_BOOKING_REQUEST, {"asked": escalation_id})).one_or_none(), escalation_id, now
    )


def booking_request_of(row: Row[Any] | None, escalation_id: str, now: datetime) -> BookingRequest:
    """What this row lets the escalation book. Raises ``EscalationUnknown``."""
    if row is None:
        raise EscalationUnknown(escalation_id)
    plan = load_plan(row.plan)
    allowed = window(plan.decision, row.time_zone, now, priority=bool(row.priority))
    return BookingRequest(escalation_id, row.desk, row.pool, row.time_zone, plan, allowed, row.state, row.plan)


async def free_starts(conn: AsyncConnection, escalation_id: str, now: datetime) -> list[datetime]:
    """The starts that this escalation can book, in order."""
    request = await read_booking_request(conn, escalation_id, now)
    starts = offered_starts(request.plan.decision, request.zone, request.allowed)
    if not starts:
        return []
    first, last = starts[0][1], starts[-1][1]
    seats = await BOARDS.current(conn, request.desk, first, last)
    answers = answer_starts(seats, request, starts, TRIES_A_PAGE)
    prepared: Mapping[datetime, PreparedMove] = {}
    if Answer.MAYBE in answers.values():
        prepared = await cached_prepared_moves(conn, seats, request.demand(*starts[0]), first, last)
    return [
        start
        for start, day in starts
        if answers[start] is Answer.YES
        or (start in prepared and _holds(seats, request, start, day, answers, prepared[start]))
    ]


def _holds(
    seats: Seats,
    request: BookingRequest,
    start: datetime,
    day: date,
    answers: Mapping[datetime, Answer],
    move: PreparedMove,
) -> bool:
    """Whether this arrangement opens this start, found out once as the seats stand."""
    if answers[start] is Answer.NO:
        return False
    known = answers_of(seats, request, day)
    if known.prepared.get(start, (None, False))[0] != move.found_at:
        known.prepared[start] = (move.found_at, move_still_fits(seats, request.demand(start, day), move))
    return known.prepared[start][1]


def answer_starts(
    seats: Seats, request: BookingRequest, starts: Iterable[tuple[datetime, date]], tries: int
) -> dict[datetime, Answer]:
    """For each start whether it can be sold, as far as ``tries`` people go. Earlier answers are kept."""
    found: dict[datetime, Answer] = {}
    for day, pairs in groupby(starts, key=itemgetter(1)):
        of_day = [start for start, _ in pairs]
        sample, known = request.demand(of_day[0], day), answers_of(seats, request, day)
        known.look(seats.board, of_day, sample)
        tries -= known.move(seats.board, of_day, sample, tries)
        found.update((start, known.known[start]) for start in of_day)
    return found


def answers_of(seats: Seats, request: BookingRequest, day: date) -> DayOfAnswers:
    """What is known of this day, as long as it and the days beside it stand as they stood."""
    key = (day, request.pool, request.terms, request.seconds)
    stands = tuple(seats.versions.get(day + number * ONE_DAY, 0) for number in (-1, 0, 1))
    kept: DayOfAnswers | None = seats.answers.get(key)
    if kept is None or kept.stands != stands:
        kept = seats.answers[key] = DayOfAnswers(stands)
    return kept


def proven_gone(seats: Seats, request: BookingRequest, start: datetime) -> bool:
    """Whether nobody at all can serve this start any more: proven, so nothing needs to be locked to say so."""
    demand = request.demand(start, start.astimezone(request.local).date())
    return without_moves(seats.board, demand) is Answer.NO


def error_if_gone(request: BookingRequest, start: datetime, now: datetime) -> SlotRefused | SlotTaken:
    """What is said of a start that is gone for certain: the rules' own reason first."""
    reason = why_not_offered(request.plan.decision, request.zone, request.allowed, start, now)
    return SlotTaken(start) if reason is None else SlotRefused(start, reason)


async def seat_at(
    conn: AsyncConnection,
    seats: Seats,
    request: BookingRequest,
    start: datetime,
    days: Collection[date],
    now: datetime,
    instead_of: int | None = None,
) -> list[WitnessChange]:
    """The witnesses to be written for this start. Raises ``SlotRefused`` or ``SlotTaken``.

    The caller holds the lock of these days; only their calls may move. ``instead_of`` is the booking that moves here.
    """
    if (reason := why_not_offered(request.plan.decision, request.zone, request.allowed, start, now)) is not None:
        raise SlotRefused(start, reason)
    day = start.astimezone(request.local).date()
    demand = request.demand(start, day, -1 if instead_of is None else instead_of)
    ordinals = {one.toordinal() for one in days}
    known = answers_of(seats, request, day)
    # As long as the seats stand as they stood, the same search finds nobody again.
    fruitless = start in known.refused and instead_of is None
    changes = None if fruitless else _take(seats, demand, ordinals)
    if changes is None and instead_of is None:
        known.refused.add(start)
    if changes is None and not proven_gone(seats, request, start):
        prepared = await read_prepared_moves(conn, request.pool, demand, day, day)
        changes = _take(seats, demand, ordinals, prepared[start]) if start in prepared else None
    if changes is None:
        raise SlotTaken(start)
    return changes


def _take(seats: Seats, demand: Demand, days: set[int], move: PreparedMove | None = None) -> list[WitnessChange] | None:
    """What must be written to sell this, or None. The board is as before: nothing is sold until it is committed."""
    board = seats.board
    stood = board.take(demand.booking) if demand.booking in board.assignments else None
    try:
        if move is None:
            found = place_for_sale(board, demand, days)
            placement = None if isinstance(found, Answer) else found
        else:
            placement = move.placement
        search = None if placement is None else apply_placement(board, demand, placement, days)
        if search is None:
            return None
        changes = changes_of(seats, search.moved())
        search.undo()
        return changes
    finally:
        if stood is not None:
            board.put(*stood)
