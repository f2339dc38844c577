"""Accept one offer, or hundreds in the same second, in one statement and one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL, OUTBOX_CHANNEL, Tokens, token_hash
from domain.offer import Acceptance, Attribution
from domain.rounds.presence import VANISHED_AFTER


@dataclass(frozen=True)
class AcceptRequest:
    """A person's acceptance of an offer."""

    call_id: str
    nth: int
    person_id: int


def _take(lock: str) -> TextClause:
    # The escalation is locked first, as in every effect, and only then is the clock read. The UPDATE re-evaluates an
    # offer that changed meanwhile, so it is accepted in time or not at all.
    return text(f"""
WITH request AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:calls AS uuid[]), CAST(:nths AS int[]), CAST(:people AS int[]), CAST(:joins AS bytea[]))
    AS request(call, nth, person, join_hash)),
requested AS MATERIALIZED (
  SELECT o.call, o.nth, o.person, o.step, o.made_at, request.join_hash, c.escalation, p.name AS person_name,
    t.id AS team, t.name AS team_name, ti.id AS title, ti.name AS title_name
  FROM request JOIN offer o USING (call, nth, person) JOIN call c ON c.id = o.call JOIN person p ON p.id = o.person
    JOIN team t ON t.id = p.team JOIN title ti ON ti.id = p.title),
locked AS MATERIALIZED (
  SELECT e.id, e.ruleset, e.rule FROM escalation e
  WHERE e.id IN (SELECT escalation FROM requested) ORDER BY e.id {lock}),
moment AS MATERIALIZED (
  SELECT r.call, r.nth, locked.ruleset, locked.rule, coalesce(CAST(:now AS timestamptz), clock_timestamp()) AS at
  FROM locked JOIN requested r ON r.escalation = locked.id),
taken AS (
  UPDATE offer o SET state = 'accepted', answered_at = moment.at FROM moment
  WHERE o.call = moment.call AND o.nth = moment.nth AND o.state = 'offered' AND o.expires_at > moment.at
  RETURNING o.call, o.nth, o.answered_at AS at),
attribution AS MATERIALIZED (
  SELECT requested.*, taken.at, moment.ruleset, moment.rule FROM taken JOIN requested USING (call, nth)
    JOIN moment USING (call, nth)),
call_taken AS (
  UPDATE call c SET state = 'taken', accepted_at = a.at, person = a.person, team = a.team, title = a.title,
    attribution = jsonb_build_object('person', a.person, 'person_name', a.person_name, 'team', a.team,
      'team_name', a.team_name, 'title', a.title, 'title_name', a.title_name, 'step', a.step,
      'ruleset', a.ruleset, 'rule', a.rule)
  FROM attribution a WHERE c.id = a.call),
-- Whoever answers is at their desk, whatever their last heartbeat said. A row locked by a heartbeat is being written.
here AS (
  UPDATE presence p SET since = CASE WHEN p.seen_at <= a.at - CAST(:vanished AS interval) THEN a.at ELSE p.since END,
    seen_at = greatest(p.seen_at, a.at)
  FROM attribution a WHERE p.person = a.person AND p.person IN (
    SELECT person FROM presence WHERE person IN (SELECT person FROM attribution) FOR UPDATE SKIP LOCKED)),
link AS (
  INSERT INTO join_link (token_hash, call, side, person)
  SELECT join_hash, call, 'agent', person FROM attribution ON CONFLICT DO NOTHING),
moved AS (
  UPDATE escalation e SET seq = e.seq + 1, updated_at = a.at, state = :accepted, closed_at = NULL
  FROM attribution a WHERE e.id = a.escalation RETURNING e.id, e.seq),
event AS (
  INSERT INTO escalation_event (escalation, seq, kind, body, actor, key, at)
  SELECT moved.id, moved.seq, :kind, jsonb_build_object('call_id', a.call, 'offer', a.nth, 'person', a.person,
      'made_at', to_json(a.made_at)), 'person:' || a.person, concat_ws('/', CAST(:key AS text), a.call, a.nth), a.at
  FROM moved JOIN attribution a ON a.escalation = moved.id)
SELECT a.*, pg_notify(:live, 'person:' || a.person), pg_notify(:live, 'escalation:' || a.escalation),
  pg_notify(:outbox, '')
FROM attribution a
""")


_TAKE = _take("FOR UPDATE")
_TAKE_UNLOCKED = _take("FOR UPDATE SKIP LOCKED")


async def take(
    conn: AsyncConnection, request: AcceptRequest, tokens: Tokens, now: datetime | None
) -> Acceptance | None:
    """Accept an open offer as this person; if it isn't open or is someone else's, changes nothing and returns None."""
    row = (await conn.execute(_TAKE, _values([request], tokens, now))).one_or_none()
    return _acceptance(row) if row is not None else None


async def take_many(
    conn: AsyncConnection, requests: Sequence[AcceptRequest], tokens: Tokens
) -> dict[AcceptRequest, Acceptance]:
    """Accept the offers that are open and not locked by other transactions; leaves the rest unchanged."""
    rows = await conn.execute(_TAKE_UNLOCKED, _values(requests, tokens, None))
    return {AcceptRequest(str(row.call), row.nth, row.person): _acceptance(row) for row in rows}


def _values(requests: Sequence[AcceptRequest], tokens: Tokens, now: datetime | None) -> dict[str, Any]:
    return {
        "calls": [request.call_id for request in requests],
        "nths": [request.nth for request in requests],
        "people": [request.person_id for request in requests],
        "joins": [token_hash(tokens.agent_join(request.call_id, request.nth)) for request in requests],
        "now": now,
        "vanished": VANISHED_AFTER,
        "accepted": State.ACCEPTED.value,
        "kind": Kind.ACCEPTED.value,
        "key": "accepted",
        "live": LIVE_CHANNEL,
        "outbox": OUTBOX_CHANNEL,
    }


def _acceptance(row: Row[Any]) -> Acceptance:
    attribution = Attribution(
        row.person,
        row.person_name,
        row.team,
        row.team_name,
        row.title,
        row.title_name,
        row.step,
        row.ruleset,
        row.rule,
    )
    return Acceptance(str(row.call), row.at, attribution)
