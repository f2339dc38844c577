"""What could help a booking at risk: people to ask, not things that are done by themselves."""

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
ASKED_ABOUT = -1
"""A pool that is only asked about."""
OVERTIME_AT_MOST = 2 * 3600
"""Seconds before or after a shift that somebody might be asked for."""


_AWAY = text("""
SELECT person, date_part('epoch', lower(during))::bigint AS begin, date_part('epoch', upper(during))::bigint AS end
FROM (SELECT person, during FROM time_off
  UNION ALL SELECT f.person, c.during FROM calendar_busy c JOIN calendar_feed f ON f.id = c.feed) away
WHERE during && tstzrange(:first, :last)
""")


@dataclass(frozen=True)
class Away:
    """Somebody who is off or busy, from one second since 1970 to another."""

    person: int
    begin: int
    end: int


@dataclass(frozen=True)
class Overtime:
    """Somebody whose shift would have to begin earlier or end later, by so many minutes."""

    person: int
    name: str
    minutes: int


@dataclass(frozen=True)
class Wider:
    """A later step of the plan whose pool can serve the call."""

    step: int
    """How many steps are taken then."""
    text: str
    """As it is written in the rules."""
    people: int
    """Of its pool, those on shift for the whole call; more than can be free for it."""


@dataclass(frozen=True)
class RemedyPeople:
    """Who could serve one call after all."""

    release_reserve: bool
    """Whether it can be served with the team's reserve."""
    wider: tuple[Wider, ...]
    """The earliest first."""
    overtime: tuple[Overtime, ...]
    """The least first."""


@dataclass(frozen=True)
class Remedies:
    starts_at: datetime
    people: RemedyPeople
    new_times: tuple[datetime, ...]
    """The nearest starts that can be booked."""


async def remedies_of(conn: AsyncConnection, escalation_id: str, now: datetime) -> Remedies | None:
    """For the booking of this escalation that is at risk; None where none is. Raises ``EscalationUnknown``."""
    request = await read_booking_request(conn, escalation_id, now)
    query = select(booking.c.id, booking.c.starts_at).where(booking.c.escalation == escalation_id)
    at_risk = (await conn.execute(query.where(booking.c.state == "at_risk"))).first()
    if at_risk is None:
        return None
    day = at_risk.starts_at.astimezone(request.local).date()
    starts = offered_starts(request.plan.decision, request.zone, request.allowed)
    near = [pair for pair in starts if abs(pair[1] - day) <= 3 * ONE_DAY]
    first, last = min([day, *(one for _, one in near)]), max([day, *(one for _, one in near)])
    seats = await load_seats(conn, first - ONE_DAY, last + ONE_DAY)
    demand = request.demand(at_risk.starts_at, day, at_risk.id)
    widens = any(step.kind in WIDENING for step in request.plan.decision.steps)
    everybody = await load_seats(conn, day - ONE_DAY, day + ONE_DAY, everybody=True) if widens else seats
    away = await read_away(conn, at_risk.starts_at - ONE_DAY, at_risk.starts_at + ONE_DAY)
    found = people_for(seats.board, demand, request.plan, await read_directory(conn), away, everybody.board)
    answers = answer_starts(seats, request, near, tries=100)
    open_ones = [start for start, answer in answers.items() if answer is Answer.YES and start != at_risk.starts_at]
    return Remedies(at_risk.starts_at, found, nearest(open_ones, at_risk.starts_at))


async def read_away(conn: AsyncConnection, first: datetime, last: datetime) -> tuple[Away, ...]:
    """Who has time off or is busy by their calendar between these two, and when."""
    return tuple(Away(*row) for row in await conn.execute(_AWAY, {"first": first, "last": last}))


def people_for(
    board: SeatBoard,
    demand: Demand,
    plan: Plan,
    directory: Directory,
    away: Sequence[Away],
    everybody: SeatBoard | None = None,
) -> RemedyPeople:
    """Who could serve a call that rests on nobody of this board; those who are ``away`` then are not asked to.

    ``everybody`` is a board with those, too, who are in no pool yet.
    """
    names = {person.id: person.name for person in directory.people}
    resting = {one.person for one in away if one.begin < demand.end and demand.begin < one.end}
    overtime = _overtime(board, demand, resting)
    return RemedyPeople(
        bool(demand.terms.reserve) and isinstance(placed_on(board, unreserved(demand)), Placement),
        _wider(everybody or board, demand, plan, directory),
        tuple(Overtime(who, names.get(who, f"person {who}"), minutes) for who, minutes in overtime),
    )


def unreserved(demand: Demand) -> Demand:
    """The same call, which may take whoever its team keeps in reserve."""
    return demand._replace(terms=replace(demand.terms, reserve=0))


def placed_on(board: SeatBoard, demand: Demand, days: Collection[int] | None = None) -> Placement | Answer:
    """Who could take this call after all; only calls of these days move."""
    return find_place(board, demand, depth=2, tries=200, days=days)[0]


def _wider(board: SeatBoard, demand: Demand, plan: Plan, directory: Directory) -> tuple[Wider, ...]:
    """Steps that bring in people with whom a plan for everybody is found."""
    found, asked = [], set(plan.first_people(directory))
    for number, step in enumerate(plan.decision.steps, 1):
        if number <= plan.begins_at or step.kind not in WIDENING:
            continue
        people = set(replace(plan, begins_at=number).first_people(directory))
        board.ask_about(ASKED_ABOUT, people)
        wanted = demand._replace(pool=ASKED_ABOUT)
        if people > asked and isinstance(placed_on(board, wanted, {demand.day}), Placement):
            found.append(Wider(number, step.text, board.eligible(wanted).bit_count()))
        asked |= people
    return tuple(found)


def _overtime(board: SeatBoard, demand: Demand, resting: Set[int]) -> list[tuple[int, int]]:
    """People of the pool who have no other call then, and the minutes that their working time is too short."""
    free = board.idle(demand, board.pools.get(demand.pool, 0) & ~board.mask_of(resting))
    found = []
    for index in indexes_in(free):
        member = board.members[index]
        lacking = [
            max(begin - demand.begin, 0) + max(demand.end - end, 0)
            for begin, end in member.whole
            if begin < demand.end + OVERTIME_AT_MOST and demand.begin - OVERTIME_AT_MOST < end
        ]
        if lacking and 0 < min(lacking) <= OVERTIME_AT_MOST:
            found.append((member.person, -(-min(lacking) // 60)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))[:5]
