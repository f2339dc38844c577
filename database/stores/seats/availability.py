"""Which start times are free, and which witnesses a sale needs. The sale itself is in ``booking.py``."""

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
from domain.seats.answers import DayOfAnswers
from domain.seats.demand import Demand, Terms, terms_of
from domain.seats.infeasibility import proven_gone
from domain.seats.search import Answer, apply_placement, place_for_sale
from domain.seats.slots import Window, offered_starts, why_not_offered, window

TRIES_A_PAGE = 60
"""How many people are tried in total for all the start times on one page."""


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
    """The escalation's state."""
    stored: Mapping[str, Any] = field(compare=False, repr=False)
    """The plan as stored in the escalation's row."""

    @cached_property
    def local(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def day_of(self, start: datetime) -> date:
        """The local day of this start time."""
        return start.astimezone(self.local).date()

    def demand(self, start: datetime, day: date, booking: int = -1) -> Demand:
        """What a call at this start time requires of a person; ``day`` is the start time's local day."""
        begin = int(start.timestamp()) - self.terms.prepare
        return Demand(booking, self.pool, begin, begin + self.seconds, day.toordinal(), self.terms)

    def days(self, start: datetime) -> set[date]:
        """The local day of this start time, and the adjacent day if the call or the gaps around it extend into that
        day.
        """
        around = timedelta(seconds=self.terms.gap)
        begin = start - timedelta(seconds=self.terms.prepare)
        edges = (begin - around, start, begin + timedelta(seconds=self.seconds) + around)
        return {edge.astimezone(self.local).date() for edge in edges}

    @cached_property
    def seconds(self) -> int:
        """How long the call keeps somebody busy: preparation, talk and wrap-up."""
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
    .where(escalation.c.id == bindparam("escalation_id"))
)


async def read_booking_request(conn: AsyncConnection, escalation_id: str, now: datetime) -> BookingRequest:
    """What this escalation may book now. Raises ``EscalationUnknown``."""
    row = (await conn.execute(_BOOKING_REQUEST, {"escalation_id": escalation_id})).one_or_none()
    return booking_request_of(row, escalation_id, now)


def booking_request_of(row: Row[Any] | None, escalation_id: str, now: datetime) -> BookingRequest:
    """What an escalation with this row may book now. Raises ``EscalationUnknown`` if there is no row."""
    if row is None:
        raise EscalationUnknown(escalation_id)
    plan = load_plan(row.plan)
    allowed = window(plan.decision, row.time_zone, now, priority=bool(row.priority))
    return BookingRequest(escalation_id, row.desk, row.pool, row.time_zone, plan, allowed, row.state, row.plan)


async def free_starts(conn: AsyncConnection, escalation_id: str, now: datetime) -> list[datetime]:
    """The start times that this escalation can book, in order."""
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
        or (start in prepared and _move_opens(seats, request, start, day, answers, prepared[start]))
    ]


def _move_opens(
    seats: Seats,
    request: BookingRequest,
    start: datetime,
    day: date,
    answers: Mapping[datetime, Answer],
    move: PreparedMove,
) -> bool:
    """Whether this prepared move opens this start time; cached until the day's seats change."""
    if answers[start] is Answer.NO:
        return False
    of_day = answers_of(seats, request, day)
    if of_day.prepared.get(start, (None, False))[0] != move.found_at:
        of_day.prepared[start] = (move.found_at, move_still_fits(seats, request.demand(start, day), move))
    return of_day.prepared[start][1]


def answer_starts(
    seats: Seats, request: BookingRequest, starts: Iterable[tuple[datetime, date]], tries: int
) -> dict[datetime, Answer]:
    """Whether each start time can be sold, trying at most ``tries`` people. Cached answers are reused."""
    result: dict[datetime, Answer] = {}
    for day, pairs in groupby(starts, key=itemgetter(1)):
        starts_of_day = [start for start, _ in pairs]
        sample, of_day = request.demand(starts_of_day[0], day), answers_of(seats, request, day)
        of_day.answer_directly(seats.board, starts_of_day, sample)
        tries -= of_day.answer_with_moves(seats.board, starts_of_day, sample, tries)
        result.update((start, of_day.answers[start]) for start in starts_of_day)
    return result


def answers_of(seats: Seats, request: BookingRequest, day: date) -> DayOfAnswers:
    """The cached answers for this day; empty once the day or an adjacent one has changed."""
    key = (day, request.pool, request.terms, request.seconds)
    version = tuple(seats.versions.get(day + number * ONE_DAY, 0) for number in (-1, 0, 1))
    of_day: DayOfAnswers | None = seats.answers.get(key)
    if of_day is None or of_day.version != version:
        of_day = seats.answers[key] = DayOfAnswers(version)
    return of_day


def failure_if_gone(request: BookingRequest, start: datetime, now: datetime) -> SlotRefused | SlotTaken:
    """The exception to raise for a start time that is proven gone. The rules' own reason takes precedence."""
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
    """The witnesses to write for a call at this start time. Raises ``SlotRefused`` or ``SlotTaken``.

    The caller holds the locks on these days; only calls on those days may move. ``instead_of`` is the booking being
    moved to this start time.
    """
    if (reason := why_not_offered(request.plan.decision, request.zone, request.allowed, start, now)) is not None:
        raise SlotRefused(start, reason)
    day = request.day_of(start)
    demand = request.demand(start, day, -1 if instead_of is None else instead_of)
    ordinals = {one.toordinal() for one in days}
    of_day = answers_of(seats, request, day)
    # While the seats are unchanged, the same search would find nobody again.
    search_failed = start in of_day.no_short_move and instead_of is None
    changes = None if search_failed else _changes_to_sell(seats, demand, ordinals)
    if changes is None and instead_of is None:
        of_day.no_short_move.add(start)
    if changes is None and not proven_gone(seats.board, demand):
        prepared = await read_prepared_moves(conn, request.pool, demand, day, day)
        changes = _changes_to_sell(seats, demand, ordinals, prepared[start]) if start in prepared else None
    if changes is None:
        raise SlotTaken(start)
    return changes


def _changes_to_sell(
    seats: Seats, demand: Demand, days: set[int], move: PreparedMove | None = None
) -> list[WitnessChange] | None:
    """The changes that have to be written to sell this call, by short moves or by a prepared move; None if nobody can
    take it.

    The board stays unchanged, because nothing is sold until the transaction commits.
    """
    board = seats.board
    existing = board.take(demand.booking) if demand.booking in board.assignments else None
    try:
        if move is None:
            search = place_for_sale(board, demand, days)
        else:
            search = apply_placement(board, demand, move.placement, days)
        if search is None:
            return None
        changes = changes_of(seats, search.moved())
        search.undo()
        return changes
    finally:
        if existing is not None:
            board.put(*existing)
