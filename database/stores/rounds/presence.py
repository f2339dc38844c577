"""Who is at their desk. Written by desks and scripts, read by rounds and pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL
from domain.rounds.presence import VANISHED_AFTER, PresenceState

# Setting the same state again changes nothing, unless the desk had vanished in between.
_SET = text("""
INSERT INTO presence AS p (person, state, reason, since, seen_at)
VALUES (:person, :state, :reason, :now, :now)
ON CONFLICT (person) DO UPDATE SET
  since = CASE WHEN (p.state, p.reason) = (excluded.state, excluded.reason) AND p.seen_at > :silent
               THEN p.since ELSE excluded.since END,
  state = excluded.state, reason = excluded.reason, seen_at = greatest(p.seen_at, excluded.seen_at)
RETURNING since = :now AS changed
""")

# Skips rows locked by another heartbeat, or by a round that will be finished before the next heartbeat.
_BEAT = text("""
WITH before AS (
  SELECT person, seen_at FROM presence WHERE person = ANY(:people) FOR UPDATE SKIP LOCKED)
UPDATE presence p SET
  since = CASE WHEN before.seen_at <= :silent THEN :now ELSE p.since END,
  seen_at = greatest(p.seen_at, :now)
FROM before WHERE p.person = before.person
RETURNING p.person, p.state, before.seen_at <= :silent AS came_back
""")

_FIND = text("SELECT state, reason, since, seen_at FROM presence WHERE person = :person")


@dataclass(frozen=True)
class Presence:
    """A person's presence state, when it began, and their desk's last sign of life."""

    state: PresenceState
    reason: str
    since: datetime
    seen_at: datetime


async def set_presence(conn: AsyncConnection, person_id: int, state: str, reason: str, now: datetime) -> None:
    """Set a person's presence. Counts as a sign of life at ``now``. Raises ``ValueError`` for an unknown state."""
    new_state = PresenceState(state)
    row = (
        await conn.execute(
            _SET,
            {
                "person": person_id,
                "state": new_state.value,
                "reason": reason if new_state is PresenceState.AWAY else "",
                "now": now,
                "silent": now - VANISHED_AFTER,
            },
        )
    ).one()
    if row.changed:
        await _notify(conn, person_id, free=new_state is PresenceState.AVAILABLE)


async def heartbeats(conn: AsyncConnection, people: Collection[int], now: datetime) -> None:
    """Record signs of life: each person's state stays valid for another ``VANISHED_AFTER``.

    Does nothing for people who have never set a state. Coming back after a silence restarts ``since``.
    """
    rows = await conn.execute(_BEAT, {"people": list(people), "now": now, "silent": now - VANISHED_AFTER})
    for row in [row for row in rows if row.came_back]:
        await _notify(conn, row.person, free=row.state == PresenceState.AVAILABLE)


async def find_presence(conn: AsyncConnection, person_id: int) -> Presence | None:
    row = (await conn.execute(_FIND, {"person": person_id})).one_or_none()
    return Presence(PresenceState(row.state), row.reason, row.since, row.seen_at) if row else None


async def _notify(conn: AsyncConnection, person_id: int, *, free: bool) -> None:
    """Notify pages and the person's desk, and kick a round if the person may be free."""
    await notify(conn, LIVE_CHANNEL, "presence")
    await notify(conn, LIVE_CHANNEL, f"person:{person_id}")
    if free:
        await notify(conn, KICK_CHANNEL)


@dataclass(frozen=True)
class AgentAtDesk:
    """An agent's presence, as managers see it."""

    name: str
    team: str
    title: str
    state: str
    """``available``, ``away``, ``offline``, ``on the call``, ``wrapping up`` or ``silent``."""
    reason: str
    since: datetime | None
    shift_ends: datetime | None


_COLLEAGUES = text("""
SELECT p.name, t.name AS team, ti.name AS title, coalesce(pr.reason, '') AS reason,
  CASE WHEN c.state = 'wrapping_up' THEN 'wrapping up' WHEN c.state IS NOT NULL THEN 'on the call'
    WHEN pr.state IS NULL OR pr.state = 'offline' THEN 'offline'
    WHEN pr.seen_at <= :silent THEN 'silent' ELSE pr.state END AS state,
  coalesce(c.since, pr.since) AS since,
  s.shift_ends
FROM person p JOIN team t ON t.id = p.team JOIN title ti ON ti.id = p.title
  LEFT JOIN presence pr ON pr.person = p.id
  LEFT JOIN LATERAL (SELECT max(upper(coalesce(works, during))) AS shift_ends FROM shift
    WHERE person = p.id AND coalesce(works, during) @> CAST(:now AS timestamptz)) s ON true
  LEFT JOIN LATERAL (SELECT state, coalesce(ended_at, agent_joined_at, accepted_at) AS since FROM call
    WHERE person = p.id AND state IN ('taken', 'on_call', 'wrapping_up')
    ORDER BY accepted_at DESC LIMIT 1) c ON true
WHERE p.active AND 'agent' = ANY (p.roles) ORDER BY s.shift_ends IS NULL, t.name, p.name
""")


async def find_colleagues(conn: AsyncConnection, now: datetime) -> list[AgentAtDesk]:
    """All agents with their presence; those on shift first."""
    rows = await conn.execute(_COLLEAGUES, {"now": now, "silent": now - VANISHED_AFTER})
    return [AgentAtDesk(**row._mapping) for row in rows]
