"""Accepting in one statement and one commit: hundreds may do so in the same second."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL, OUTBOX_CHANNEL, Tokens, token_hash
from domain.offer import Accepted, Attribution

# The escalation is locked first, as by every effect. The clock is read once it is held. An offer that somebody
# changed meanwhile is judged anew by the UPDATE, so it is taken in time or not at all.
_TAKE = text("""
WITH mine AS (
  SELECT o.call, o.nth, o.person, o.step, o.made_at, c.escalation, p.name AS person_name,
    t.id AS team, t.name AS team_name, ti.id AS title, ti.name AS title_name
  FROM offer o JOIN call c ON c.id = o.call JOIN person p ON p.id = o.person
    JOIN team t ON t.id = p.team JOIN title ti ON ti.id = p.title
  WHERE o.call = :call AND o.nth = :nth AND o.person = :person),
held AS MATERIALIZED (
  SELECT e.id, e.ruleset, e.rule FROM escalation e WHERE e.id = (SELECT escalation FROM mine) FOR UPDATE),
moment AS MATERIALIZED (
  SELECT coalesce(CAST(:now AS timestamptz), clock_timestamp()) AS at FROM held),
taken AS (
  UPDATE offer o SET state = 'accepted', answered_at = moment.at FROM moment
  WHERE o.call = :call AND o.nth = :nth AND o.person = :person
    AND o.state = 'offered' AND o.expires_at > moment.at
  RETURNING o.answered_at AS at),
attribution AS MATERIALIZED (
  SELECT taken.at, mine.*, held.ruleset, held.rule FROM taken, mine, held),
call_taken AS (
  UPDATE call c SET state = 'taken', accepted_at = a.at, person = a.person, team = a.team, title = a.title,
    attribution = jsonb_build_object('person', a.person, 'person_name', a.person_name, 'team', a.team,
      'team_name', a.team_name, 'title', a.title, 'title_name', a.title_name, 'step', a.step,
      'ruleset', a.ruleset, 'rule', a.rule)
  FROM attribution a WHERE c.id = a.call),
link AS (
  INSERT INTO join_link (token_hash, call, side, person)
  SELECT :join_hash, call, 'agent', person FROM attribution ON CONFLICT DO NOTHING),
moved AS (
  UPDATE escalation e SET seq = e.seq + 1, updated_at = a.at, state = :accepted, closed_at = NULL
  FROM attribution a WHERE e.id = a.escalation RETURNING e.id, e.seq),
told AS (
  INSERT INTO escalation_event (escalation, seq, kind, body, actor, key, at)
  SELECT moved.id, moved.seq, :kind, jsonb_build_object('call_id', a.call, 'offer', a.nth, 'person', a.person,
      'made_at', to_json(a.made_at)), :actor, :key, a.at
  FROM moved, attribution a)
SELECT a.*, pg_notify(:live, 'person:' || a.person), pg_notify(:live, 'escalation:' || a.escalation),
  pg_notify(:outbox, '')
FROM attribution a
""")


async def take(
    conn: AsyncConnection, call_id: str, nth: int, person_id: int, tokens: Tokens, now: datetime | None
) -> Accepted | None:
    """Take an offer that is open and this person's; None where it is not, with nothing changed."""
    values = {
        "call": call_id,
        "nth": nth,
        "person": person_id,
        "now": now,
        "join_hash": token_hash(tokens.agent_join(call_id, nth)),
        "accepted": State.ACCEPTED.value,
        "kind": Kind.ACCEPTED.value,
        "actor": f"person:{person_id}",
        "key": f"accepted/{call_id}/{nth}",
        "live": LIVE_CHANNEL,
        "outbox": OUTBOX_CHANNEL,
    }
    row = (await conn.execute(_TAKE, values)).one_or_none()
    if row is None:
        return None
    return Accepted(
        call_id,
        row.at,
        Attribution(
            row.person,
            row.person_name,
            row.team,
            row.team_name,
            row.title,
            row.title_name,
            row.step,
            row.ruleset,
            row.rule,
        ),
    )
