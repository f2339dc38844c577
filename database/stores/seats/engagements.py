"""What people are really doing, as far as seats must know of it: calls that run, and the occupancy limit.

A call that was taken keeps its person until its expected end, wrap-up included, be it booked or now. Whoever is above
the occupancy limit rests. Nothing is sold on them before; what was sold on a person in a call is given to others where
that can be done. Where it can't, the rounds look ahead (``looking_ahead``): the search begins early, and the customer
is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.directory.read import read_desk
from database.stores.seats.assignments import changes_of, queue, write_witnesses
from database.stores.seats.load_board import load_seats, next_version
from database.stores.seats.occupancy import team_occupancy
from database.stores.seats.reassign import DEPTH, TRIES
from database.tables.booking import engaged
from domain.rounds.eligibility import rests_until
from domain.rounds.late_calls import busy_until
from domain.schedules.schedule import ONE_DAY
from domain.seats.search import Search

LOOK_EVERY = timedelta(seconds=30)
"""Between two looks at everybody's occupancy."""

# The planned end of each call that somebody has taken: from the later of its booked start and the acceptance.
_RUNNING = text("""
SELECT o.person, CASE WHEN c.state = 'wrapping_up' THEN c.ended_at
    ELSE greatest(coalesce(c.starts_at, c.accepted_at, o.made_at), coalesce(c.accepted_at, o.made_at))
      + make_interval(secs => CAST(e.plan #>> '{decision,booking,slot}' AS float8)) END
  + make_interval(secs => CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8)) AS planned
FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation WHERE o.state = 'accepted'
""")
_IN_THE_WAY = text("""
SELECT w.booking, w.day FROM witness w JOIN engaged g ON g.person = w.person AND g.why = 'call'
  JOIN call c ON c.booking = w.booking
WHERE NOT w.pinned AND c.state IN ('waiting', 'offered') AND lower(w.during) < g.until AND upper(w.during) > :now
ORDER BY w.day, lower(w.during), w.booking
""")


class Engagement(NamedTuple):
    until: datetime
    why: str
    """``call`` or ``occupancy``."""


@dataclass
class OccupancyMemory:
    """Who was above the occupancy limit when one process last looked: that takes reading everybody's last hours."""

    at: datetime | None = None
    skipped: frozenset[int] = frozenset()

    async def look(self, conn: AsyncConnection, now: datetime) -> frozenset[int]:
        if self.at is None or not timedelta() <= now - self.at < LOOK_EVERY:
            teams = await team_occupancy(conn, now)
            self.at, self.skipped = now, frozenset().union(*(one.skipped for one in teams.values()))
        return self.skipped


async def follow_engagements(engine: AsyncEngine, occupied: OccupancyMemory, now: datetime) -> int:
    """Note who is engaged now, and give to others what is sold on people whose calls will still run then.

    Returns how many sold seats were given to others.
    """
    async with engine.connect() as conn:
        desk = await read_desk(conn)
        if desk is None:
            return 0
        wanted = await _engaged_now(conn, await occupied.look(conn, now), now)
        stands = {row.person: Engagement(row.until, row.why) for row in await conn.execute(select(engaged))}
    today = now.astimezone(ZoneInfo(desk.time_zone)).date()
    if wanted != stands:
        async with engine.begin() as conn:
            await queue(conn, desk.id, [today])
            await _write(conn, wanted, stands.keys() - wanted.keys())
            # Kept boards look again.
            await next_version(conn, desk.id, today)
    async with engine.connect() as conn:
        rows = (await conn.execute(_IN_THE_WAY, {"now": now})).all()
    moved = 0
    for day in sorted({row.day for row in rows}):
        async with engine.begin() as conn:
            moved += await _give_away(conn, desk.id, day, now)
    return moved


async def resting(conn: AsyncConnection) -> Mapping[int, datetime]:
    """Those above the occupancy limit, and until when nothing is sold on them."""
    rows = await conn.execute(select(engaged).where(engaged.c.why == "occupancy"))
    return {row.person: row.until for row in rows}


async def _engaged_now(conn: AsyncConnection, resting: Collection[int], now: datetime) -> dict[int, Engagement]:
    found = dict.fromkeys(resting, Engagement(rests_until(now), "occupancy"))
    for row in await conn.execute(_RUNNING):
        until = busy_until(now, row.planned).astimezone(UTC)
        if row.person not in found or until > found[row.person].until:
            found[row.person] = Engagement(until, "call")
    return found


async def _write(conn: AsyncConnection, wanted: Mapping[int, Engagement], over: Collection[int]) -> None:
    if over:
        await conn.execute(delete(engaged).where(engaged.c.person.in_(sorted(over))))
    if wanted:
        statement = insert(engaged)
        changed = {"until": statement.excluded.until, "why": statement.excluded.why}
        rows = [{"person": who, "until": one.until, "why": one.why} for who, one in sorted(wanted.items())]
        await conn.execute(statement.on_conflict_do_update(index_elements=["person"], set_=changed), rows)


async def _give_away(conn: AsyncConnection, desk_id: int, day: date, now: datetime) -> int:
    """Under the lock of the day: each seat in the way of a running call to somebody else, or it stays where it is."""
    await queue(conn, desk_id, [day - ONE_DAY, day, day + ONE_DAY])
    rows = (await conn.execute(_IN_THE_WAY, {"now": now})).all()
    in_the_way = [row.booking for row in rows if row.day == day]
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    search = Search(seats.board, 0, days={day.toordinal()})
    given = 0
    for booking in in_the_way:
        if booking not in seats.board.assignments:
            continue
        began, call = search.mark(), search.take(booking)
        search.tries = TRIES
        if search.place(call, DEPTH):
            given += 1
        else:
            search.undo(began)
    if given:
        await write_witnesses(conn, desk_id, changes_of(seats, search.moved()))
    return given
