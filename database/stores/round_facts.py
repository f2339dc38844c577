"""What a round must know: the calls that are due, and everybody who might take one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.muster import GONE
from database.stores.plans import load_plan
from domain.muster import Colleague, DueCall
from domain.presence import alive, present
from rules_dsl.decision import AgentState
from rules_dsl.directory import Directory

PRIOR_SCORE, PRIOR_WEIGHT = 4.0, 5
"""A CSAT mean starts from this many ratings of this score, so that a few answers don't win."""
CALLS_AT_MOST = 500

_DUE = text("""
SELECT c.id, c.escalation, c.starts_at, c.search_began_at, c.muster_at, c.step, c.skipped, e.plan, e.customer
FROM call c JOIN escalation e ON e.id = c.escalation
WHERE c.state = 'waiting' AND c.muster_at <= :now
ORDER BY (c.customer_joined_at IS NULL), c.priority DESC, c.muster_at, c.id
LIMIT :most FOR UPDATE OF e, c SKIP LOCKED
""")

_REFUSED = text("SELECT call, person FROM offer WHERE call = ANY(:calls) AND state = ANY(:gone)")

_KNOWN = text("""
SELECT DISTINCT e.customer, c.person FROM call c JOIN escalation e ON e.id = c.escalation
WHERE e.customer = ANY(:customers) AND c.person IS NOT NULL AND c.agent_joined_at IS NOT NULL
""")

_PEOPLE = text("""
SELECT p.id, pr.state, pr.reason, pr.since, pr.seen_at,
  EXISTS (SELECT 1 FROM shift s WHERE s.person = p.id AND s.during @> CAST(:now AS timestamptz)) AS on_shift,
  (SELECT o.state FROM offer o WHERE o.person = p.id AND o.state IN ('offered', 'accepted')) AS live,
  calls.today, calls.busy_seconds, calls.last_ended, asked.last_made, rated.score_sum, rated.score_count
FROM person p
LEFT JOIN presence pr ON pr.person = p.id
LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE c.accepted_at >= :midnight) AS today,
    coalesce(sum(extract(epoch FROM coalesce(c.wrapped_up_at, c.ended_at, :now)
      - greatest(c.accepted_at, CAST(:four_hours_ago AS timestamptz))))
      FILTER (WHERE coalesce(c.wrapped_up_at, c.ended_at, :now) > :four_hours_ago), 0) AS busy_seconds,
    max(coalesce(c.wrapped_up_at, c.ended_at)) AS last_ended
  FROM call c WHERE c.person = p.id AND c.accepted_at > CAST(:now AS timestamptz) - interval '2 days'
) calls ON true
LEFT JOIN LATERAL (SELECT max(o.made_at) AS last_made FROM offer o WHERE o.person = p.id) asked ON true
LEFT JOIN LATERAL (
  SELECT sum(r.score) AS score_sum, count(*) AS score_count
  FROM rating r JOIN call c ON c.id = r.call
  WHERE c.person = p.id AND r.at > CAST(:now AS timestamptz) - interval '180 days'
) rated ON true
WHERE p.active AND p.team IS NOT NULL AND 'agent' = ANY(p.roles)
""")


async def read_due(conn: AsyncConnection, now: datetime, most: int = CALLS_AT_MOST) -> list[DueCall]:
    """The calls that wait for somebody, most urgent first; locked, those of other transactions left out."""
    rows = (await conn.execute(_DUE, {"now": now, "most": most})).all()
    calls = [row.id for row in rows]
    refused: dict[str, set[int]] = defaultdict(set)
    for row in await conn.execute(_REFUSED, {"calls": calls, "gone": list(GONE)}):
        refused[str(row.call)].add(row.person)
    known: dict[int, set[int]] = defaultdict(set)
    for row in await conn.execute(_KNOWN, {"customers": [row.customer for row in rows]}):
        known[row.customer].add(row.person)
    return [
        DueCall(
            call_id=str(row.id),
            escalation_id=str(row.escalation),
            plan=load_plan(row.plan),
            starts_at=row.starts_at,
            began_at=row.search_began_at or now,
            step=row.step,
            skipped=row.skipped,
            refused_by=frozenset(refused[str(row.id)]),
            knows_customer=frozenset(known[row.customer]),
        )
        for row in rows
    ]


async def read_colleagues(
    conn: AsyncConnection, directory: Directory, now: datetime, midnight: datetime
) -> Mapping[int, Colleague]:
    """Everybody who takes calls, with what hinders each. ``midnight`` began the desk's day."""
    values = {"now": now, "midnight": midnight, "four_hours_ago": now - timedelta(hours=4)}
    rows: Sequence[Row[Any]] = (await conn.execute(_PEOPLE, values)).all()
    here = {person.id for person in directory.people}
    return {row.id: _colleague(row, now) for row in rows if row.id in here}


def _colleague(row: Row[Any], now: datetime) -> Colleague:
    signed_in = row.state is not None and present(row.state, row.seen_at, now)
    idle_since = row.last_ended or row.since or now
    count = row.score_count or 0
    state = AgentState(
        person=row.id,
        calls_today=row.today,
        load=int(row.busy_seconds // 60),
        idle=max(int((now - idle_since).total_seconds()), 0),
        last_asked=int((now - row.last_made).total_seconds()) if row.last_made else 10**9,
        csat=(PRIOR_SCORE * PRIOR_WEIGHT + float(row.score_sum or 0)) / (PRIOR_WEIGHT + count),
    )
    idle = now - row.last_ended if row.last_ended else None
    return Colleague(row.id, _hindrance(row, now, signed_in), row.on_shift and signed_in, idle, state)


def _hindrance(row: Row[Any], now: datetime, signed_in: bool) -> str:
    if not row.on_shift:
        return "not on shift"
    if not signed_in:
        if row.state is None or row.state == "offline":
            return "not at the desk"
        if row.state == "available":
            silent = int((now - row.seen_at).total_seconds())
            return f"desk silent for {silent} s" if not alive(row.seen_at, now) else "not at the desk"
        return f"away: {row.reason}" if row.reason else "away"
    if row.live == "offered":
        return "being asked for another call"
    return "on another call" if row.live == "accepted" else ""
