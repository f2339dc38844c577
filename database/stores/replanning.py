"""Changes of people's time under sold seats: shifts replaced, pools changed, each also as a dry run.

In one transaction: the days are locked against sellers, the change is written, every seat that rested on what
goes is given to somebody else, and the rest are at risk. Nothing is cancelled. A dry run is the same and is
taken back.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory import read_desk
from database.stores.plans import load_plan
from database.stores.rewitnessing import (
    AtRisk,
    Replanned,
    give_to_others,
    hold_back_sales,
    queue_all,
    sold_days,
)
from database.stores.seat_boards import BOARDS, days_between
from database.tables.booking import pool_agent, witness
from database.tables.directory import shift
from domain.booking import Span
from domain.seat_search import Search
from domain.shifts import merged
from rules_dsl import pool as people_asked
from rules_dsl.directory import Directory

__all__ = [
    "AtRisk",
    "Replanned",
    "days_of_loss",
    "dry_run_directory",
    "dry_run_pools",
    "dry_run_shifts",
    "replace_shifts",
    "replan_directory",
    "replan_pools",
    "sparable",
    "taken_back",
]

ONE_DAY = timedelta(days=1)
TRIES_TO_SPARE = 60

_POOLS_IN_USE = text("""
SELECT DISTINCT ON (pool) pool, plan FROM escalation
WHERE state IN ('invited', 'booked', 'mustering') AND pool IS NOT NULL ORDER BY pool, opened_at DESC
""")
_OFF_SHIFT = text("""
SELECT w.booking FROM witness w WHERE w.person = :person
  AND coalesce(NOT (SELECT range_agg(s.during) FROM shift s WHERE s.person = w.person AND s.during && w.during)
    @> w.during, true)
""")


async def replace_shifts(
    conn: AsyncConnection, person: int, spans: Sequence[Span], within: Span, now: datetime
) -> Replanned:
    """This person's shifts inside ``within`` become ``spans``; what stands outside of it stays.

    The caller has locked no escalation and no day yet.
    """
    standing = await _shifts(conn, person, within)
    if gone := without(standing, spans):
        await queue_all(conn, await days_of_loss(conn, {person: gone}))
        standing = await _shifts(conn, person, within)
    first, last = within
    kept = [piece for begin, end in standing for piece in ((begin, min(end, first)), (max(begin, last), end))]
    inside = [(max(begin, first), min(end, last)) for begin, end in spans]
    wanted = merged([*kept, *inside])
    if missing := sorted(set(standing) - set(wanted)):
        spans_gone = [Range(*span) for span in missing]
        await conn.execute(delete(shift).where(shift.c.person == person, shift.c.during.in_(spans_gone)))
    if new := sorted(set(wanted) - set(standing)):
        await conn.execute(insert(shift), [{"person": person, "during": Range(*span)} for span in new])
    lost = (await conn.execute(_OFF_SHIFT, {"person": person})).scalars().all()
    return await give_to_others(conn, lost, now)


async def replan_pools(conn: AsyncConnection, members: Mapping[int, Collection[int]], now: datetime) -> Replanned:
    """Each of these pools has exactly these people from now on. Seats sold on others are given to its people."""
    rows = await conn.execute(select(pool_agent).where(pool_agent.c.pool.in_(list(members))))
    standing = {(row.pool, row.person) for row in rows}
    wanted = {(pool, person) for pool, people in members.items() for person in people}
    gone, new = sorted(standing - wanted), sorted(wanted - standing)
    lost: list[int] = []
    if gone:
        await hold_back_sales(conn, {person for _, person in gone})
    for pool, person in gone:
        rests = select(witness.c.booking).where(witness.c.pool == pool, witness.c.person == person)
        lost.extend((await conn.execute(rests)).scalars())
        await conn.execute(delete(pool_agent).where(pool_agent.c.pool == pool, pool_agent.c.person == person))
    if new:
        await conn.execute(insert(pool_agent), [{"pool": pool, "person": person} for pool, person in new])
    return await give_to_others(conn, lost, now)


async def replan_directory(conn: AsyncConnection, directory: Directory, now: datetime) -> Replanned:
    """Every pool on which a seat may still rest has those whom this directory puts into it."""
    members: dict[int, frozenset[int]] = {}
    for row in await conn.execute(_POOLS_IN_USE):
        plan = load_plan(row.plan)
        members[row.pool] = frozenset(people_asked(plan.decision, directory, 0, step=0).members)
    return await replan_pools(conn, members, now)


async def dry_run_directory(conn: AsyncConnection, directory: Directory, now: datetime) -> Replanned:
    """What would become of the sold seats under this directory; nothing is changed."""
    async with taken_back(conn):
        return await replan_directory(conn, directory, now)


async def dry_run_shifts(
    conn: AsyncConnection, person: int, spans: Sequence[Span], within: Span, now: datetime
) -> Replanned:
    """What ``replace_shifts`` would do; nothing is changed. Sellers of those days wait meanwhile."""
    async with taken_back(conn):
        return await replace_shifts(conn, person, spans, within, now)


async def dry_run_pools(conn: AsyncConnection, members: Mapping[int, Collection[int]], now: datetime) -> Replanned:
    """What ``replan_pools`` would do; nothing is changed."""
    async with taken_back(conn):
        return await replan_pools(conn, members, now)


@asynccontextmanager
async def taken_back(conn: AsyncConnection) -> AsyncIterator[None]:
    """Whatever is written inside is taken back at the end, its locks and its notifications included."""
    savepoint = await conn.begin_nested()
    try:
        yield
    finally:
        await savepoint.rollback()


async def sparable(
    conn: AsyncConnection,
    people: Collection[int],
    during: Span,
    except_bookings: Collection[int],
    until: float = math.inf,
) -> frozenset[int]:
    """Those of ``people`` without whom, in that time, every sold seat can still be served.

    Whoever was not looked at ``until`` then, by the monotonic clock in seconds, is not among them.
    ``except_bookings`` need nobody: their calls are being given out now. The caller's transaction has written
    no seat, shift or pool.
    """
    desk = await read_desk(conn)
    if desk is None:
        return frozenset(people)
    zone = ZoneInfo(desk.time_zone)
    first, last = (moment.astimezone(zone).date() for moment in during)
    seats = await BOARDS.current(conn, desk.id, first, last, seats_unwritten=True)
    board, begin, end = seats.board, int(during[0].timestamp()), int(during[1].timestamp())
    search = Search(board, 0)
    for booking in except_bookings:
        if booking in board.held:
            search.take(booking)
    spared = set()
    for person in people:
        if time.monotonic() > until:
            break
        mark, bit = search.mark(), board.bit_of.get(person)
        search.tries = TRIES_TO_SPARE
        calls = [] if bit is None else [one for one in board.of(bit) if one.rest < end and begin < one.end]
        for call in calls:
            search.take(call.booking)
        search.barred = 0 if bit is None else 1 << bit
        if all(search.place(call, 1) for call in calls):
            spared.add(person)
        search.undo(mark)
    search.undo()
    return frozenset(spared)


def without(standing: Iterable[Span], spans: Iterable[Span]) -> list[Span]:
    """What of the standing time is in none of the spans."""
    left = list(standing)
    for begin, end in spans:
        left = [
            piece
            for start, stop in left
            for piece in ((start, min(stop, begin)), (max(start, end), stop))
            if piece[0] < piece[1]
        ]
    return left


async def _shifts(conn: AsyncConnection, person: int, within: Span) -> list[Span]:
    rows = await conn.execute(
        select(shift.c.during).where(shift.c.person == person, shift.c.during.overlaps(Range(*within)))
    )
    return [(row.during.lower, row.during.upper) for row in rows]


async def days_of_loss(conn: AsyncConnection, gone: Mapping[int, Sequence[Span]]) -> set[tuple[int, date]]:
    """Desk and day of all that the loss of this time of these people can touch.

    The days of the time, the days beside them, and those on which these people have sold seats.
    """
    desk = await read_desk(conn)
    if desk is None or not gone:
        return set()
    zone = ZoneInfo(desk.time_zone)
    days = {
        (desk.id, day)
        for spans in gone.values()
        for begin, end in spans
        for day in days_between(begin.astimezone(zone).date() - ONE_DAY, end.astimezone(zone).date() + ONE_DAY)
    }
    return days | await sold_days(conn, gone)
