"""How changes to people, such as pool changes, affect sold seats, and who can be spared.

One transaction stops sales on the days by locking them, writes the change, and reassigns every seat that loses its
witness; seats for which nobody is found become at risk. Nothing is cancelled. A dry run is the same transaction, rolled
back.
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
    lock_sold_days,
    reassign,
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
    "affected_days",
    "set_pool_members",
    "sparable",
    "sync_pools",
]

TRIES_TO_SPARE = 60

_POOLS_IN_USE = text("""
SELECT DISTINCT ON (pool) pool, plan FROM escalation
WHERE state IN ('invited', 'booked', 'mustering') AND pool IS NOT NULL ORDER BY pool, opened_at DESC
""")


async def set_pool_members(
    conn: AsyncConnection, members: Mapping[int, Collection[int]], now: datetime
) -> ReassignResult:
    """Give each pool exactly these people. Seats whose witness leaves a pool are reassigned within that pool."""
    rows = await conn.execute(select(pool_agent).where(pool_agent.c.pool.in_(list(members))))
    current = {(row.pool, row.person) for row in rows}
    target = {(pool, person) for pool, people in members.items() for person in people}
    leaving, new = sorted(current - target), sorted(target - current)
    lost: list[int] = []
    if leaving:
        await lock_sold_days(conn, {person for _, person in leaving})
    for pool, person in leaving:
        seats = select(witness.c.booking).where(witness.c.pool == pool, witness.c.person == person)
        lost.extend((await conn.execute(seats)).scalars())
        await conn.execute(delete(pool_agent).where(pool_agent.c.pool == pool, pool_agent.c.person == person))
    if new:
        await conn.execute(insert(pool_agent), [{"pool": pool, "person": person} for pool, person in new])
    return await reassign(conn, lost, now)


async def sync_pools(conn: AsyncConnection, directory: Directory, now: datetime) -> ReassignResult:
    """From this directory, update the members of every pool that open escalations use."""
    members: dict[int, frozenset[int]] = {}
    for row in await conn.execute(_POOLS_IN_USE):
        members[row.pool] = frozenset(load_plan(row.plan).first_people(directory))
    return await set_pool_members(conn, members, now)


async def sparable(
    conn: AsyncConnection,
    people: Collection[int],
    during: Span,
    except_bookings: Collection[int],
    until: float = math.inf,
) -> frozenset[int]:
    """Those of ``people`` who could be spared during that time without leaving any sold seat unserved; each is
    considered alone.

    ``until`` is in seconds on the monotonic clock; people not tried by then aren't included. The bookings in
    ``except_bookings`` need nobody, because their calls are being offered now. The caller's transaction must not have
    written any seat, shift or pool.
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
        search.excluded = 0 if index is None else 1 << index
        if all(search.place(call, 1) for call in calls):
            spared.add(person)
        search.undo(mark)
    search.undo()
    return frozenset(spared)


async def affected_days(conn: AsyncConnection, lost: Mapping[int, Sequence[Span]]) -> set[tuple[int, date]]:
    """The days, each with its organisation, that may be affected if these people become less available.

    These are the days on which they become less available, the adjacent days, and the days on which they are witnesses.
    """
    desk = await read_desk(conn)
    if desk is None or not lost:
        return set()
    zone = ZoneInfo(desk.time_zone)
    days = {
        (desk.id, day)
        for spans in lost.values()
        for begin, end in spans
        for day in days_between(begin.astimezone(zone).date() - ONE_DAY, end.astimezone(zone).date() + ONE_DAY)
    }
    return days | await sold_days(conn, lost)
