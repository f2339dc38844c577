"""The search clock's row, and what a standstill changes in the rows of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rounds.search_clock import STANDSTILL, SearchClock, Service

WEB = "web"
"""The row of ``part_beat`` for all web processes."""
WRITE_EVERY = timedelta(seconds=1)
"""A round writes the clock at most this often, unless it stops or resumes."""

# A desk's heartbeat proves that desks are served, whatever the web processes report.
_READ = text("""
SELECT c.ran_at, c.stopped_at, c.resumed_at, c.stood, b.since,
  greatest(b.at, (SELECT max(seen_at) FROM presence)) AS until
FROM (VALUES (1)) one (id) LEFT JOIN search_clock c USING (id) LEFT JOIN part_beat b ON b.part = :web
""")

_WRITE = text("""
INSERT INTO search_clock (id, ran_at, stopped_at, resumed_at, stood)
VALUES (1, :ran_at, :stopped_at, :resumed_at, :stood)
ON CONFLICT (id) DO UPDATE SET ran_at = excluded.ran_at, stopped_at = excluded.stopped_at,
  resumed_at = excluded.resumed_at, stood = excluded.stood
""")

# People whose desks rang into the standstill get the rest of the time, plus the grace period.
_RING_ON = text("""
UPDATE offer SET expires_at = expires_at + make_interval(secs => :lost)
WHERE (call, nth) IN (SELECT call, nth FROM offer WHERE state = 'offered' FOR UPDATE SKIP LOCKED)
""")

_BEAT = text("""
INSERT INTO part_beat AS b (part, since, at) VALUES (:part, clock_timestamp(), clock_timestamp())
ON CONFLICT (part) DO UPDATE SET at = greatest(b.at, excluded.at),
  since = CASE WHEN excluded.at - b.at > make_interval(secs => :break) THEN excluded.at ELSE b.since END
""")


@dataclass(frozen=True)
class ClockReading:
    """The clock as the latest round left it, if there was one, and who serves desks, if anybody reports."""

    clock: SearchClock | None
    service: Service | None


async def read_search_clock(conn: AsyncConnection) -> ClockReading:
    row = (await conn.execute(_READ, {"web": WEB})).one()
    clock = service = None
    if row.ran_at is not None:
        clock = SearchClock(row.ran_at, row.stopped_at, row.resumed_at, timedelta(seconds=row.stood))
    if row.since is not None:
        service = Service(row.since, row.until)
    return ClockReading(clock, service)


async def turn_search_clock(conn: AsyncConnection, now: datetime) -> SearchClock:
    """Bring the clock up to date, in a round's transaction. A resumed clock lets live offers ring on."""
    reading = await read_search_clock(conn)
    before = reading.clock
    clock = before.turned(reading.service, now) if before is not None else SearchClock(now)
    resumed = before is not None and clock.resumed_at != before.resumed_at
    if before is not None and resumed:
        await conn.execute(_RING_ON, {"lost": (clock.stood - before.stood).total_seconds()})
    due = before is None or not timedelta(0) <= now - before.ran_at < WRITE_EVERY
    if due or resumed or (before is not None and clock.stopped_at != before.stopped_at):
        values = {"ran_at": clock.ran_at, "stopped_at": clock.stopped_at, "resumed_at": clock.resumed_at}
        await conn.execute(_WRITE, values | {"stood": clock.stood.total_seconds()})
    return clock


async def report_web_serving(conn: AsyncConnection) -> None:
    """Report that a web process serves desks. A break in the reports restarts ``since``."""
    await conn.execute(_BEAT, {"part": WEB, "break": STANDSTILL.total_seconds()})
