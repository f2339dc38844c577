"""Accepting in one statement and one commit, for one or for hundreds who do so in the same second."""

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


@dataclass(frozen=True)
class AcceptRequest:
    """Somebody takes an offer."""

    call_id: str
    nth: int
    person_id: int


def _take(lock: str) -> TextClause:
    # The escalation is locked first, as by every effect. The clock is read once it is held. An offer that somebody
    # changed meanwhile is judged anew by the UPDATE, so it is taken in time or not at all.
    return text(f"""
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:calls AS uuid[]), CAST(:nths AS int[]), CAST(:people AS int[]), CAST(:joins AS bytea[]))
    AS asked(call, nth, person, join_hash)),
mine AS MATERIALIZED (
  SELECT o.call, o.nth, o.person, o.step, o.made_at, asked.join_hash, c.escalation, p.name AS person_name,
    t.id AS team, t.name AS team_name, ti.id AS title, ti.name AS title_name
  FROM asked JOIN offer o USING (call, nth, person) JOIN call c ON c.id = o.call JOIN person p ON p.id = o.person
    JOIN team t ON t.id = p.team JOIN title ti ON ti.id = p.title),
held AS MATERIALIZED (
  SELECT e.id, e.ruleset, e.rule FROM escalation e WHERE e.id IN (SELECT escalation FROM mine) ORDER BY e.id {lock}),
moment AS MATERIALIZED (
  SELECT mine.call, mine.nth, held.ruleset, held.rule, coalesce(CAST(:now AS timestamptz), clock_timestamp()) AS at
  FROM held JOIN mine ON mine.escalation = held.id),
taken AS (
  UPDATE offer o SET state = 'accepted', answered_at = moment.at FROM moment
  WHERE o.call = moment.call AND o.nth = moment.nth AND o.state = 'offered' AND o.expires_at > moment.at
  RETURNING o.call, o.nth, o.answered_at AS at),
attribution AS MATERIALIZED (
  SELECT mine.*, taken.at, moment.ruleset, moment.rule FROM taken JOIN mine USING (call, nth)
    JOIN moment USING (call, nth)),
call_taken AS (
  UPDATE call c SET state = 'taken', accepted_at = a.at, person = a.person, team = a.team, title = a.title,
    attribution = jsonb_build_object('person', a.person, 'person_name', a.person_name, 'team', a.team,
      'team_name', a.team_name, 'title', a.title, 'title_name', a.title_name, 'step', a.step,
      'ruleset', a.ruleset, 'rule', a.rule)
  FROM attribution a WHERE c.id = a.call),
link AS (
  INSERT INTO join_link (token_hash, call, side, person)
  SELECT join_hash, call, 'agent', person FROM attribution ON CONFLICT DO NOTHING),
moved AS (
  UPDATE escalation e SET seq = e.seq + 1, updated_at = a.at, state = :accepted, closed_at = NULL
  FROM attribution a WHERE e.id = a.escalation RETURNING e.id, e.seq),
told AS (
  INSERT INTO escalation_event (escalation, seq, kind, body, actor, key, at)
  SELECT moved.id, moved.seq, :kind, jsonb_build_object('call_id', a.call, 'offer', a.nth, 'person', a.person,
      'made_at', to_json(a.made_at)), 'person:' || a.person, concat_ws('/', CAST(:key AS text), a.call, a.nth), a.at
  FROM moved JOIN attribution a ON a.escalation = moved.id)
SELECT a.*, pg_notify(:live, 'person:' || a.person), pg_notify(:live, 'escalation:' || a.escalation),
  pg_notify(:outbox, '')
FROM attribution a
""")


_TAKE = _take("FOR UPDATE")
_TAKE_AT_ONCE = _take("FOR UPDATE SKIP LOCKED")


async def take(conn: AsyncConnection, asked: AcceptRequest, tokens: Tokens, now: datetime | None) -> Acceptance | None:
    """Take an offer that is open and this person's; None where it is not, with nothing changed."""
    row = (await conn.execute(_TAKE, _values([asked], tokens, now))).one_or_none()
    return _accepted(row) if row is not None else None


async def take_many(
    conn: AsyncConnection, asked: Sequence[AcceptRequest], tokens: Tokens
) -> dict[AcceptRequest, Acceptance]:
    """Take those of these offers that can be taken at once; of the others nothing is said or changed."""
    rows = await conn.execute(_TAKE_AT_ONCE, _values(asked, tokens, None))
    return {AcceptRequest(str(row.call), row.nth, row.person): _accepted(row) for row in rows}


def _values(asked: Sequence[AcceptRequest], tokens: Tokens, now: datetime | None) -> dict[str, Any]:
    return {
        "calls": [one.call_id for one in asked],
        "nths": [one.nth for one in asked],
        "people": [one.person_id for one in asked],
        "joins": [token_hash(tokens.agent_join(one.call_id, one.nth)) for one in asked],
        "now": now,
        "accepted": State.ACCEPTED.value,
        "kind": Kind.ACCEPTED.value,
        "key": "accepted",
        "live": LIVE_CHANNEL,
        "outbox": OUTBOX_CHANNEL,
    }


def _accepted(row: Row[Any]) -> Acceptance:
    by = Attribution(
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
    return Acceptance(str(row.call), row.at, by)
