"""Finding out, with one cheap statement, what has changed on desks, and whom a notification affects."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rounds.presence import VANISHED_AFTER

PASSED_SHOWN_FOR = timedelta(minutes=2)
"""How long a desk shows what became of an offer."""
RAISED_SHOWN = 12
"""Number of raised escalations that a desk shows."""

# One hash per area, which changes whenever the area would look different. A desk that polls every few seconds thus
# receives only what has changed.
_CHANGES = text("""
SELECT who.person, changes.* FROM unnest(CAST(:people AS integer[])) AS who(person) CROSS JOIN LATERAL (
WITH situation AS MATERIALIZED (SELECT concat(
    (SELECT concat_ws('/', state, reason, since, seen_at > :silent) FROM presence WHERE person = who.person), '|',
    (SELECT upper(during) FROM shift WHERE person = who.person AND during @> CAST(:now AS timestamptz)), '|',
    (SELECT max(upper(works)) FROM shift WHERE person = who.person AND works @> CAST(:now AS timestamptz)), '|',
    (SELECT string_agg(state, ',' ORDER BY id) FROM call
      WHERE person = who.person AND accepted_at > :recent AND state IN ('taken', 'on_call', 'wrapping_up'))) AS it),
shown AS MATERIALIZED (SELECT concat_ws('/', call, nth, state) AS it, made_at,
    state = 'offered' AND expires_at > clock_timestamp() AS rings
  FROM offer WHERE person = who.person AND made_at > :recent AND state NOT IN ('accepted', 'done')
    AND (state = 'offered' OR coalesce(answered_at, expires_at) > :passed))
SELECT
  (SELECT left(md5(it), 10) FROM situation) AS presence,
  -- While an offer rings, only the offer itself redraws this area.
  (SELECT left(md5(concat(
      (SELECT string_agg(concat(it, rings), ',' ORDER BY made_at DESC) FROM shown),
      (SELECT it FROM situation WHERE NOT EXISTS (SELECT FROM shown WHERE rings))
    )), 10)) AS offer,
  (SELECT left(md5(concat(string_agg(concat_ws(
      '/', id, state, starts_at, customer_joined_at, agent_joined_at, alone_at), ','
      ORDER BY id))), 10)
    FROM call WHERE person = who.person AND accepted_at > :recent
      AND state IN ('taken', 'on_call', 'wrapping_up')) AS calls,
  (SELECT left(md5(concat(string_agg(concat_ws('/', c.id, c.state, r.score, r.revision), ',' ORDER BY c.id), :day)), 10)
    FROM call c LEFT JOIN rating r ON r.call = c.id
    WHERE c.person = who.person AND c.accepted_at >= :day) AS today,
  (SELECT left(md5(concat(string_agg(concat_ws('/', id, state, updated_at), ',' ORDER BY id))), 10)
    FROM (SELECT id, state, updated_at FROM escalation WHERE opened_by = 'person:' || who.person
      ORDER BY opened_at DESC LIMIT :raised) mine) AS mine,
  (SELECT left(md5(concat(string_agg(concat_ws('/', r.id, r.state, r.held_until), ',' ORDER BY r.id))), 10)
    FROM customer_request r JOIN escalation e ON e.id = r.escalation JOIN person p ON p.id = who.person
    WHERE r.state IN ('open', 'held')
      AND (e.team = p.team OR e.opened_by = 'person:' || p.id OR 'manager' = ANY(p.roles))) AS asked,
  (SELECT left(md5(concat(string_agg(concat_ws('/', f.call, f.due_at <= :now, r.revision), ',' ORDER BY f.call))), 10)
    FROM follow_up f JOIN person p ON p.id = who.person JOIN rating r ON r.call = f.call
    WHERE f.done_at IS NULL AND (p.title = f.title AND (f.team IS NULL OR p.team = f.team)
      OR 'manager' = ANY(p.roles))) AS follow_ups
) changes
""")


@dataclass(frozen=True)
class DeskChanges:
    """One short hash per area; a different hash means that the area has changed."""

    presence: str
    offer: str
    calls: str
    asked: str
    today: str
    mine: str
    follow_ups: str


@dataclass(frozen=True)
class DeskMoment:
    """The moment for which a desk is read: the current time, and the start of today in the organisation's time zone."""

    now: datetime
    day_began: datetime

    @classmethod
    def of(cls, now: datetime, time_zone: str) -> DeskMoment:
        zone = ZoneInfo(time_zone)
        return cls(now, datetime.combine(now.astimezone(zone).date(), time(0), zone))

    def values(self, **more: Any) -> dict[str, Any]:
        return more | {
            "now": self.now,
            "day": self.day_began,
            "recent": self.now - timedelta(days=1),
            "passed": self.now - PASSED_SHOWN_FOR,
        }


async def read_many_desk_changes(
    conn: AsyncConnection, people: Collection[int], moment: DeskMoment
) -> dict[int, DeskChanges]:
    """The hashes of each person's desk, keyed by person."""
    values = moment.values(people=list(people), silent=moment.now - VANISHED_AFTER, raised=RAISED_SHOWN)
    rows = await conn.execute(_CHANGES, values)
    hashes = {row.person: dict(row._mapping) for row in rows}
    return {person: DeskChanges(**{name: of[name] for name in of if name != "person"}) for person, of in hashes.items()}


async def read_desk_changes(conn: AsyncConnection, person_id: int, moment: DeskMoment) -> DeskChanges:
    return (await read_many_desk_changes(conn, [person_id], moment))[person_id]


def changes_while_ringing(call_id: str, nth: int) -> str:
    """The offer area's hash while only this offer is ringing, identical to what ``read_many_desk_changes`` returns."""
    return hashlib.md5(f"{call_id}/{nth}/offeredt".encode(), usedforsecurity=False).hexdigest()[:10]


async def people_in_hand(conn: AsyncConnection, escalations: Collection[str]) -> set[int]:
    """People who have accepted a call in one of these escalations and have not yet wrapped it up."""
    query = text(
        "SELECT DISTINCT person FROM call WHERE escalation = ANY(CAST(:escalations AS uuid[]))"
        " AND person IS NOT NULL AND state IN ('taken', 'on_call', 'wrapping_up')"
    )
    return set((await conn.execute(query, {"escalations": list(escalations)})).scalars())
