"""Changes of people under sold seats: pools changed, and who can be spared.

In one transaction: the days are locked against sellers, the change is written, every seat that rested on what
goes is given to somebody else, and the rest are at risk. Nothing is cancelled. Trying a change is the same,
taken back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_desk
from database.stores.journal.plan_json import load_plan
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.load_board import days_between
from database.stores.seats.reassign import (
    AtRisk,
    ReassignResult,
    give_to_others,
    hold_back_sales,
    sold_days,
)
from database.tables.booking import pool_agent, witness
from domain.booking import Span
from domain.schedules.schedule import ONE_DAY
from domain.seats.search import Search
from rules_dsl.directory import Directory

__all__ = [
    "AtRisk",
    "ReassignResult",
    "days_of_loss",
    "replan_directory",
    "replan_pools",
    "sparable",
]

TRIES_TO_SPARE = 60

_POOLS_IN_USE = text("""
SELECT DISTINCT ON (pool) pool, plan FROM escalation
WHERE state IN ('invited', 'booked', 'mustering') AND pool IS NOT NULL ORDER BY pool, opened_at DESC
""")


async def replan_pools(conn: AsyncConnection, members: Mapping[int, Collection[int]], now: datetime) -> ReassignResult:
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


async def replan_directory(conn: AsyncConnection, directory: Directory, now: datetime) -> ReassignResult:
    """Every pool on which a seat may still rest has those whom this directory puts into it."""
    members: dict[int, frozenset[int]] = {}
    for row in await conn.execute(_POOLS_IN_USE):
        members[row.pool] = frozenset(load_plan(row.plan).first_people(directory))
    return await replan_pools(conn, members, now)


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
        if booking in board.assignments:
            search.take(booking)
    spared = set()
    for person in people:
        if time.monotonic() > until:
            break
        mark, index = search.mark(), board.index_of.get(person)
        search.tries = TRIES_TO_SPARE
        calls = [] if index is None else board.assignments.within(index, begin, end)
        for call in calls:
            search.take(call.booking)
        search.barred = 0 if index is None else 1 << index
        if all(search.place(call, 1) for call in calls):
            spared.add(person)
        search.undo(mark)
    search.undo()
    return frozenset(spared)


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
