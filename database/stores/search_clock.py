"""The search clock's row, and what a standstill changes in the rows of calls."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rounds.search_clock import SearchClock, turn

WEB = "web"
"""The part whose beat says that desks are served."""
WRITE_EVERY = timedelta(seconds=1)
"""A round writes the clock at most this often, unless it stops or resumes."""

# A desk's heartbeat proves that desks are served, whatever the beats of the web processes say.
_READ = text("""
SELECT c.ran_at, c.stopped_at, c.resumed_at, c.stood,
  (SELECT greatest(b.at, (SELECT max(seen_at) FROM presence)) FROM part_beat b WHERE b.part = :web) AS served_at
FROM (VALUES (1)) one (id) LEFT JOIN search_clock c USING (id)
""")

_WRITE = text("""
INSERT INTO search_clock (id, ran_at, stopped_at, resumed_at, stood)
VALUES (1, :ran_at, :stopped_at, :resumed_at, :stood)
ON CONFLICT (id) DO UPDATE SET ran_at = excluded.ran_at, stopped_at = excluded.stopped_at,
  resumed_at = excluded.resumed_at, stood = excluded.stood
""")

# People whose phones rang into the standstill get the rest of the time, plus the grace period.
_RING_ON = text("""
UPDATE offer SET expires_at = expires_at + make_interval(secs => :lost)
WHERE (call, nth) IN (SELECT call, nth FROM offer WHERE state = 'offered' FOR UPDATE SKIP LOCKED)
""")

_BEAT = text("""
INSERT INTO part_beat AS b (part, at) VALUES (:part, clock_timestamp())
ON CONFLICT (part) DO UPDATE SET at = greatest(b.at, excluded.at)
""")


async def turn_clock(conn: AsyncConnection, now: datetime) -> SearchClock:
    """Bring the clock up to date, in a round's transaction. A resumed clock lets live offers ring on."""
    row = (await conn.execute(_READ, {"web": WEB})).one()
    before = None
    if row.ran_at is not None:
        before = SearchClock(row.ran_at, row.stopped_at, row.resumed_at, timedelta(seconds=row.stood))
    clock = turn(before, row.served_at, now)
    if before is not None and clock.stood > before.stood:
        await conn.execute(_RING_ON, {"lost": (clock.stood - before.stood).total_seconds()})
    changed = before is None or (clock.stopped_at, clock.resumed_at) != (before.stopped_at, before.resumed_at)
    if changed or before is None or not timedelta(0) <= now - before.ran_at < WRITE_EVERY:
        values = {"ran_at": clock.ran_at, "stopped_at": clock.stopped_at, "resumed_at": clock.resumed_at}
        await conn.execute(_WRITE, values | {"stood": clock.stood.total_seconds()})
    return clock


async def read_clock(conn: AsyncConnection, now: datetime) -> SearchClock:
    """The clock as the latest round left it; a new one if no round ever ran."""
    row = (await conn.execute(_READ, {"web": WEB})).one()
    if row.ran_at is None:
        return SearchClock(now)
    return SearchClock(row.ran_at, row.stopped_at, row.resumed_at, timedelta(seconds=row.stood))


async def beat(conn: AsyncConnection, part: str = WEB) -> None:
    """Report that this part works."""
    await conn.execute(_BEAT, {"part": part})
