"""What keeps people from serving seats: calls in progress, and the occupancy limit.

An accepted call, whether it was booked or is a call now, keeps the assigned agent busy until its expected end plus
wrap-up; somebody above the occupancy limit rests. During that time, no new seat may depend on them. A seat whose
witness is still in a call is reassigned if possible; if not, the search for an agent begins early, and the customer is
told (``domain.rounds.late_calls``).
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
from database.stores.seats.assignments import changes_of, lock_days, write_witnesses
from database.stores.seats.load_board import load_seats, next_version
from database.stores.seats.occupancy import team_occupancy
from database.stores.seats.reassign import DEPTH, TRIES
from database.tables.booking import engaged
from domain.rounds.eligibility import rests_until
from domain.rounds.late_calls import busy_until
from domain.schedules.schedule import ONE_DAY
from domain.seats.search import Search

OCCUPANCY_EVERY = timedelta(seconds=30)
"""How often everybody's occupancy is computed."""

# The planned end of each accepted call, counted from its booked start time or its acceptance, whichever is later.
_RUNNING = text("""
SELECT o.person, CASE WHEN c.state = 'wrapping_up' THEN c.ended_at
    ELSE greatest(coalesce(c.starts_at, c.accepted_at, o.made_at), coalesce(c.accepted_at, o.made_at))
      + make_interval(secs => CAST(e.plan #>> '{decision,booking,slot}' AS float8)) END
  + make_interval(secs => CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8)) AS planned
FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation WHERE o.state = 'accepted'
""")
_CONFLICTS = text("""
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
    """Who is above the occupancy limit, cached per process, because computing it takes everybody's calls in the last
    few hours.
    """

    at: datetime | None = None
    skipped: frozenset[int] = frozenset()

    async def people(self, conn: AsyncConnection, now: datetime) -> frozenset[int]:
        """The people above the limit, at most 30 seconds out of date."""
        if self.at is None or not timedelta() <= now - self.at < OCCUPANCY_EVERY:
            teams = await team_occupancy(conn, now)
            self.at, self.skipped = now, frozenset().union(*(one.skipped for one in teams.values()))
        return self.skipped


async def follow_engagements(engine: AsyncEngine, occupancy: OccupancyMemory, now: datetime) -> int:
    """Record who is engaged now, and reassign seats that begin before their witness's current call ends.

    Returns the number of seats reassigned.
    """
    async with engine.connect() as conn:
        desk = await read_desk(conn)
        if desk is None:
            return 0
        current = await _engaged_now(conn, await occupancy.people(conn, now), now)
        stored = {row.person: Engagement(row.until, row.why) for row in await conn.execute(select(engaged))}
    today = now.astimezone(ZoneInfo(desk.time_zone)).date()
    if current != stored:
        async with engine.begin() as conn:
            await lock_days(conn, desk.id, [today])
            await _write(conn, current, stored.keys() - current.keys())
            # The new version makes cached boards read the change.
            await next_version(conn, desk.id, today)
    async with engine.connect() as conn:
        rows = (await conn.execute(_CONFLICTS, {"now": now})).all()
    moved = 0
    for day in sorted({row.day for row in rows}):
        async with engine.begin() as conn:
            moved += await _reassign_conflicts(conn, desk.id, day, now)
    return moved


async def resting(conn: AsyncConnection) -> Mapping[int, datetime]:
    """The people above the occupancy limit, each with the time until which no new seat may depend on them."""
    rows = await conn.execute(select(engaged).where(engaged.c.why == "occupancy"))
    return {row.person: row.until for row in rows}


async def _engaged_now(conn: AsyncConnection, resting: Collection[int], now: datetime) -> dict[int, Engagement]:
    found = dict.fromkeys(resting, Engagement(rests_until(now), "occupancy"))
    for row in await conn.execute(_RUNNING):
        until = busy_until(now, row.planned).astimezone(UTC)
        if row.person not in found or until > found[row.person].until:
            found[row.person] = Engagement(until, "call")
    return found


async def _write(conn: AsyncConnection, current: Mapping[int, Engagement], ended: Collection[int]) -> None:
    if ended:
        await conn.execute(delete(engaged).where(engaged.c.person.in_(sorted(ended))))
    if current:
        statement = insert(engaged)
        changed = {"until": statement.excluded.until, "why": statement.excluded.why}
        rows = [{"person": who, "until": one.until, "why": one.why} for who, one in sorted(current.items())]
        await conn.execute(statement.on_conflict_do_update(index_elements=["person"], set_=changed), rows)


async def _reassign_conflicts(conn: AsyncConnection, desk_id: int, day: date, now: datetime) -> int:
    """Reassign the seats on this day that conflict with calls in progress, under the day's lock.

    A seat that nobody else can serve is left unchanged. Returns the number of seats reassigned.
    """
    await lock_days(conn, desk_id, [day - ONE_DAY, day, day + ONE_DAY])
    rows = (await conn.execute(_CONFLICTS, {"now": now})).all()
    conflicts = [row.booking for row in rows if row.day == day]
    seats = await load_seats(conn, day - ONE_DAY, day + ONE_DAY)
    search = Search(seats.board, 0, days={day.toordinal()})
    reassigned = 0
    for booking in conflicts:
        if booking not in seats.board.assignments:
            continue
        mark, call = search.mark(), search.take(booking)
        search.tries = TRIES
        if search.place(call, DEPTH):
            reassigned += 1
        else:
            search.undo(mark)
    if reassigned:
        await write_witnesses(conn, desk_id, changes_of(seats, search.moved()))
    return reassigned
