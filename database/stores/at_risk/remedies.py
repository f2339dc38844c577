"""Remedies for a booking at risk: people to ask. None of them is applied automatically."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.seats.availability import answer_starts, read_booking_request
from database.stores.seats.load_board import load_seats
from database.tables.booking import booking
from domain.plan import Plan
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Placement
from domain.seats.search import Answer, find_place
from domain.seats.slots import nearest, offered_starts
from rules_dsl.directory import Directory
from rules_dsl.model.decision import StepKind

WIDENING = (StepKind.WIDEN, StepKind.DROP_SKILL)
HYPOTHETICAL_POOL = -1
"""The id of a pool that exists only for searching; no seat is sold from it."""
OVERTIME_AT_MOST = 2 * 3600
"""How many seconds before or after a shift somebody may be asked to work."""


_AWAY = text("""
SELECT person, date_part('epoch', lower(during))::bigint AS begin, date_part('epoch', upper(during))::bigint AS end
FROM (SELECT person, during FROM time_off
  UNION ALL SELECT f.person, c.during FROM calendar_busy c JOIN calendar_feed f ON f.id = c.feed) away
WHERE during && tstzrange(:first, :last)
""")


@dataclass(frozen=True)
class Away:
    """Somebody who has time off or is busy according to their calendar; times are in seconds since 1970."""

    person: int
    begin: int
    end: int


@dataclass(frozen=True)
class Overtime:
    """Somebody whose shift would have to begin earlier or end later, and by how many minutes."""

    person: int
    name: str
    minutes: int


@dataclass(frozen=True)
class Wider:
    """A later step of the plan whose pool can serve the call."""

    step: int
    """The step's number in the plan, counted from 1."""
    text: str
    """As written in the rules."""
    people: int
    """How many people in its pool are on shift for the whole call, whether free or not."""


@dataclass(frozen=True)
class RemedyPeople:
    """People who could still serve one call."""

    release_reserve: bool
    """Whether the team's reserve can serve the call."""
    wider: tuple[Wider, ...]
    """Earliest step first."""
    overtime: tuple[Overtime, ...]
    """Shortest first."""


@dataclass(frozen=True)
class Remedies:
    starts_at: datetime
    people: RemedyPeople
    new_times: tuple[datetime, ...]
    """The free start times nearest to the call's own."""


async def remedies_of(conn: AsyncConnection, escalation_id: str, now: datetime) -> Remedies | None:
    """Remedies for this escalation's booking at risk; None if no booking is at risk. Raises ``EscalationUnknown``."""
    request = await read_booking_request(conn, escalation_id, now)
    query = select(booking.c.id, booking.c.starts_at).where(booking.c.escalation == escalation_id)
    at_risk = (await conn.execute(query.where(booking.c.state == "at_risk"))).first()
    if at_risk is None:
        return None
    day = request.day_of(at_risk.starts_at)
    starts = offered_starts(request.plan.decision, request.zone, request.allowed)
    near = [pair for pair in starts if abs(pair[1] - day) <= 3 * ONE_DAY]
    first, last = min([day, *(one for _, one in near)]), max([day, *(one for _, one in near)])
    seats = await load_seats(conn, first - ONE_DAY, last + ONE_DAY)
    demand = request.demand(at_risk.starts_at, day, at_risk.id)
    widens = any(step.kind in WIDENING for step in request.plan.decision.steps)
    everybody = await load_seats(conn, day - ONE_DAY, day + ONE_DAY, everybody=True) if widens else seats
    away = await read_away(conn, at_risk.starts_at - ONE_DAY, at_risk.starts_at + ONE_DAY)
    people = people_for(seats.board, demand, request.plan, await read_directory(conn), away, everybody.board)
    answers = answer_starts(seats, request, near, tries=100)
    free = [start for start, answer in answers.items() if answer is Answer.YES and start != at_risk.starts_at]
    return Remedies(at_risk.starts_at, people, nearest(free, at_risk.starts_at))


async def read_away(conn: AsyncConnection, first: datetime, last: datetime) -> tuple[Away, ...]:
    """Who has time off or is busy according to their calendar between these moments, and when."""
    return tuple(Away(*row) for row in await conn.execute(_AWAY, {"first": first, "last": last}))


def people_for(
    board: SeatBoard,
    demand: Demand,
    plan: Plan,
    directory: Directory,
    away: Sequence[Away],
    everybody: SeatBoard | None = None,
) -> RemedyPeople:
    """Who could serve a call that has no witness on this board. Nobody who is ``away`` at that time is asked to work
    overtime.

    ``everybody`` is a board that also has the people who aren't in any pool yet.
    """
    names = {person.id: person.name for person in directory.people}
    away_then = {one.person for one in away if one.begin < demand.end and demand.begin < one.end}
    overtime = _overtime(board, demand, away_then)
    return RemedyPeople(
        bool(demand.terms.reserve) and isinstance(find_remedy_place(board, without_reserve(demand)), Placement),
        _wider(everybody or board, demand, plan, directory),
        tuple(Overtime(who, names.get(who, f"person {who}"), minutes) for who, minutes in overtime),
    )


def without_reserve(demand: Demand) -> Demand:
    """The same demand, except that people in the team's reserve may also serve it."""
    return demand._replace(terms=replace(demand.terms, reserve=0))


def find_remedy_place(board: SeatBoard, demand: Demand, days: Collection[int] | None = None) -> Placement | Answer:
    """Who could take this call after all. Only calls on these days may move."""
    return find_place(board, demand, depth=2, tries=200, days=days)[0]


def _wider(board: SeatBoard, demand: Demand, plan: Plan, directory: Directory) -> tuple[Wider, ...]:
    """The later steps that add people to the pool, and thereby make it possible to place the call."""
    found, asked_before = [], set(plan.first_people(directory))
    for number, step in enumerate(plan.decision.steps, 1):
        if number <= plan.begins_at or step.kind not in WIDENING:
            continue
        people = set(replace(plan, begins_at=number).first_people(directory))
        board.add_pool(HYPOTHETICAL_POOL, people)
        widened = demand._replace(pool=HYPOTHETICAL_POOL)
        if people > asked_before and isinstance(find_remedy_place(board, widened, {demand.day}), Placement):
            found.append(Wider(number, step.text, board.eligible(widened).bit_count()))
        asked_before |= people
    return tuple(found)


def _overtime(board: SeatBoard, demand: Demand, away: Set[int]) -> list[tuple[int, int]]:
    """People in the pool who have no other call at that time, and by how many minutes their shift is too short."""
    free = board.idle(demand, board.pools.get(demand.pool, 0) & ~board.mask_of(away))
    found = []
    for index in indexes_in(free):
        member = board.members[index]
        missing_seconds = [
            max(begin - demand.begin, 0) + max(demand.end - end, 0)
            for begin, end in member.whole_shifts
            if begin < demand.end + OVERTIME_AT_MOST and demand.begin - OVERTIME_AT_MOST < end
        ]
        if missing_seconds and 0 < min(missing_seconds) <= OVERTIME_AT_MOST:
            found.append((member.person, -(-min(missing_seconds) // 60)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))[:5]
