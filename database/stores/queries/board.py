"""The managers' board for the hours ahead: seats by pool, agents by state, and every call that needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.engagements import resting
from database.stores.seats.occupancy import occupancy_limit, team_occupancy
from domain.rounds.presence import VANISHED_AFTER

SLICE = timedelta(minutes=30)
POOLS = 8
"""Number of pools shown: those with the most sold calls come first, then those with the most people."""
CALLS = 30
"""Number of calls shown in each list."""

# A person counts as `there` in a slice if the middle of the slice is within their shift. They count as `taken` if they
# are the witness of a sold call during the slice, or if their current call, or a rest due to the occupancy limit, lasts
# into the slice.
_SEATS = text("""
WITH slices AS (SELECT at, tstzrange(at, at + CAST(:slice AS interval)) AS span
  FROM generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), CAST(:slice AS interval)) at),
shown AS (SELECT p.id, p.description,
    (SELECT count(*) FROM booking b WHERE b.pool = p.id AND b.state = 'sold'
      AND b.starts_at BETWEEN CAST(:first AS timestamptz) - interval '1 day' AND :end
      AND b.occupies && tstzrange(:first, :end)) AS sold,
    (SELECT count(*) FROM pool_agent a WHERE a.pool = p.id) AS people
  FROM pool p ORDER BY sold DESC, people DESC, p.id LIMIT :pools)
SELECT shown.id, shown.description, shown.sold AS ahead, slices.at,
  (SELECT count(DISTINCT a.person) FROM pool_agent a JOIN shift s ON s.person = a.person
    WHERE a.pool = shown.id AND s.during @> slices.at + CAST(:slice AS interval) / 2) AS there,
  (SELECT count(DISTINCT a.person) FROM pool_agent a JOIN shift s ON s.person = a.person
    WHERE a.pool = shown.id AND s.during @> slices.at + CAST(:slice AS interval) / 2
      AND (EXISTS (SELECT FROM witness w WHERE w.person = a.person AND w.during && slices.span)
        OR EXISTS (SELECT FROM engaged g WHERE g.person = a.person AND g.until > greatest(slices.at, :now)))) AS taken,
  (SELECT count(*) FROM booking b WHERE b.pool = shown.id AND b.state = 'sold'
    AND b.starts_at BETWEEN slices.at - interval '1 day' AND slices.at + interval '1 day'
    AND b.occupies && slices.span) AS sold
FROM shown, slices WHERE shown.people > 0 ORDER BY shown.sold DESC, shown.people DESC, shown.id, slices.at
""")

_PEOPLE = text("""
SELECT count(*) FILTER (WHERE shift) AS on_shift,
  count(*) FILTER (WHERE live = 'accepted') AS on_calls,
  count(*) FILTER (WHERE live = 'offered') AS asked,
  count(*) FILTER (WHERE shift AND state = 'away') AS away,
  count(*) FILTER (WHERE shift AND live IS NULL AND state = 'available' AND seen_at > :silent) AS free
FROM (SELECT pr.state, pr.seen_at,
    EXISTS (SELECT FROM shift s WHERE s.person = p.id AND s.during @> CAST(:now AS timestamptz)) AS shift,
    (SELECT o.state FROM offer o WHERE o.person = p.id AND o.state IN ('offered', 'accepted')) AS live
  FROM person p LEFT JOIN presence pr ON pr.person = p.id
  WHERE p.active AND p.team IS NOT NULL AND 'agent' = ANY(p.roles)) people
""")

_CALLS = text("""
SELECT c.id AS call_id, c.escalation, e.subject, e.rule, c.state, c.starts_at, c.muster_at, c.step,
  c.customer_joined_at IS NOT NULL AS customer_here, po.description AS pool, o.person_name, o.expires_at
FROM call c JOIN escalation e ON e.id = c.escalation LEFT JOIN pool po ON po.id = e.pool
  LEFT JOIN LATERAL (SELECT p.name AS person_name, expires_at FROM offer JOIN person p ON p.id = offer.person
    WHERE call = c.id AND state = 'offered') o ON true
WHERE c.state IN ('waiting', 'offered') AND c.muster_at <= :until
ORDER BY c.muster_at, c.id LIMIT :calls
""")

_AT_RISK = text("""
SELECT b.escalation, e.subject, b.starts_at FROM booking b JOIN escalation e ON e.id = b.escalation
WHERE b.state = 'at_risk' AND b.starts_at > :now ORDER BY b.starts_at, b.id LIMIT :calls
""")

_TEAMS = text("SELECT id, name FROM team")


@dataclass(frozen=True)
class Slice:
    """Numbers of people and calls for one pool in one half-hour."""

    at: datetime
    there: int
    """People on shift."""
    taken: int
    """How many of them have a sold call from any pool, are in a call that lasts until then, or are resting."""
    sold: int
    """Calls sold from this pool."""

    @property
    def free(self) -> int:
        return max(self.there - self.taken, 0)


@dataclass(frozen=True)
class PoolAhead:
    description: str
    slices: tuple[Slice, ...]
    sold: int
    """Calls sold from this pool in the hours shown."""


@dataclass(frozen=True)
class HeadCount:
    """Numbers of agents; the same agent can be counted in several of them."""

    on_shift: int
    on_calls: int
    asked: int
    away: int
    free: int


@dataclass(frozen=True)
class CallAhead:
    """A call that is waiting for somebody, is offered to somebody, or is due soon."""

    call_id: str
    escalation: str
    subject: str
    rule: str
    state: str
    starts_at: datetime | None
    muster_at: datetime
    step: int
    customer_here: bool
    pool: str | None
    person_name: str | None
    """The person who is being asked."""
    expires_at: datetime | None


@dataclass(frozen=True)
class SeatLost:
    """A booked call that nobody can serve at present."""

    escalation: str
    subject: str
    starts_at: datetime


@dataclass(frozen=True)
class Guard:
    """A team with people above the occupancy limit."""

    team: str
    skipped: int
    busy_percent: int
    staffing_gap: float
    """In seats per hour."""
    unsold_until: datetime | None
    """These people's time isn't sold before this moment; None until the seat keeper has set it."""


@dataclass(frozen=True)
class Board:
    pools: tuple[PoolAhead, ...]
    people: HeadCount
    waiting: tuple[CallAhead, ...]
    offered: tuple[CallAhead, ...]
    due: tuple[CallAhead, ...]
    """Calls whose search begins within the hour."""
    lost: tuple[SeatLost, ...]
    guards: tuple[Guard, ...]
    limit: int
    """The occupancy limit, as a percentage."""

    @property
    def gap(self) -> float:
        """How many seats per hour the guarded teams lack in total."""
        return sum(guard.staffing_gap for guard in self.guards)


async def read_board(conn: AsyncConnection, now: datetime, hours: int) -> Board:
    """Read the board for ``now`` and the next ``hours`` hours."""
    calls = [
        CallAhead(**{**row._mapping, "call_id": str(row.call_id), "escalation": str(row.escalation)})
        for row in await conn.execute(_CALLS, {"until": now + timedelta(hours=1), "calls": 3 * CALLS})
    ]
    waiting = [one for one in calls if one.state == "waiting" and one.muster_at <= now][:CALLS]
    lost = await conn.execute(_AT_RISK, {"now": now, "calls": CALLS})
    people = (await conn.execute(_PEOPLE, {"now": now, "silent": now - VANISHED_AFTER})).one()
    return Board(
        await _pools(conn, now, hours),
        HeadCount(**people._mapping),
        tuple(waiting),
        tuple(one for one in calls if one.state == "offered")[:CALLS],
        tuple(one for one in calls if one.state == "waiting" and one.muster_at > now)[:CALLS],
        tuple(SeatLost(str(row.escalation), row.subject, row.starts_at) for row in lost),
        await _guards(conn, now),
        await occupancy_limit(conn),
    )


async def _pools(conn: AsyncConnection, now: datetime, hours: int) -> tuple[PoolAhead, ...]:
    first = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    last = first + timedelta(hours=hours) - SLICE
    values = {"first": first, "last": last, "slice": SLICE, "pools": POOLS, "now": now}
    values["end"] = last + SLICE
    slices: dict[int, list[Slice]] = {}
    descriptions: dict[int, tuple[str, int]] = {}
    for row in await conn.execute(_SEATS, values):
        descriptions[row.id] = row.description, row.ahead
        slices.setdefault(row.id, []).append(Slice(row.at, row.there, row.taken, row.sold))
    return tuple(PoolAhead(name, tuple(slices[pool]), sold) for pool, (name, sold) in descriptions.items())


async def _guards(conn: AsyncConnection, now: datetime) -> tuple[Guard, ...]:
    names = {row.id: row.name for row in await conn.execute(_TEAMS)}
    teams, rests = await team_occupancy(conn, now), await resting(conn)
    return tuple(
        Guard(
            names[team],
            len(occupancy.skipped),
            occupancy.busy_percent,
            occupancy.staffing_gap,
            max((rests[person] for person in occupancy.skipped & rests.keys()), default=None),
        )
        for team, occupancy in sorted(teams.items())
        if occupancy.skipped
    )
