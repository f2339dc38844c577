"""What an agent's desk shows: their presence and shift, the current offer, and their calls.

Remaining times come from the database's clock, which also decides whether an answer is in time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.plan_json import load_plan
from database.stores.queries.desk_changes import DeskMoment
from domain.plan import Plan

_HEAD = text("""
SELECT p.id AS person_id, p.name AS person_name, p.roles, t.name AS team, ti.name AS title,
  d.name AS desk, d.time_zone AS zone, pr.state, pr.reason, pr.since, pr.seen_at,
  (SELECT max(upper(coalesce(works, during))) FROM shift WHERE person = p.id
    AND coalesce(works, during) @> CAST(:now AS timestamptz)) AS shift_ends,
  (SELECT upper(during) FROM shift WHERE person = p.id AND during @> CAST(:now AS timestamptz)) AS free_until,
  (SELECT min(lower(during)) FROM shift WHERE person = p.id AND lower(during) > :now) AS next_shift
FROM person p
  LEFT JOIN desk d ON d.id = (SELECT min(id) FROM desk)
  LEFT JOIN team t ON t.id = p.team LEFT JOIN title ti ON ti.id = p.title
  LEFT JOIN presence pr ON pr.person = p.id
WHERE p.id = :person
""")

_CARD = """
SELECT c.id AS call_id, o.nth, o.state AS offer_state, o.made_at, o.expires_at, o.answered_at,
  greatest(extract(epoch FROM o.expires_at - clock_timestamp()), 0)::float8 AS remaining,
  {why} AS why, o.person AS offered_to, c.state AS call_state, c.person AS taken_by, c.starts_at, c.accepted_at,
  c.customer_joined_at, c.agent_joined_at, c.alone_at, c.ended_at, e.id AS escalation_id, e.state AS escalation_state,
  e.subject, e.ticket_system, e.ticket_id, e.ticket_url, e.facts, e.mode, e.plan AS stored_plan,
  cu.id AS customer_id, cu.name AS customer_name, cu.email AS customer_email,
  coalesce(nullif(e.customer_zone, ''), cu.time_zone) AS customer_zone,
  cu.language AS customer_language, cu.phone AS customer_phone, {conversation} AS conversation, w.resolved, r.score,
  r.first_score, coalesce(r.comment, '') AS comment,
  {course} AS course
FROM call c
  JOIN LATERAL (SELECT * FROM offer WHERE {offer} ORDER BY nth DESC LIMIT 1) o ON true
  JOIN escalation e ON e.id = c.escalation JOIN customer cu ON cu.id = e.customer
  LEFT JOIN wrap_up w ON w.call = c.id LEFT JOIN rating r ON r.call = c.id
WHERE {call}
"""

# What the timeline says about one offer.
_COURSE = """ARRAY(SELECT CASE WHEN v.body ? 'midway' THEN 'midway' ELSE v.kind END FROM escalation_event v
    WHERE v.escalation = e.id AND v.kind IN ('accepted', 'offer_expired', 'agent_vanished', 'agent_missed')
      AND v.body ->> 'call_id' = CAST(c.id AS text) AND v.body ->> 'offer' = CAST(o.nth AS text) ORDER BY v.seq)"""
_NO_COURSE = "CAST('{}' AS text[])"
_MY_OFFER = "call = c.id AND person = :person AND state IN ('accepted', 'done')"
_CURRENT = text(
    _CARD.format(
        why="o.why",
        conversation="e.conversation",
        course=_NO_COURSE,
        offer=_MY_OFFER,
        call="c.person = :person AND c.accepted_at > :recent AND c.state IN ('taken', 'on_call', 'wrapping_up')"
        " ORDER BY c.accepted_at DESC",
    )
)
_TODAY = text(
    _CARD.format(
        why="o.why",
        conversation="e.conversation",
        course=_NO_COURSE,
        offer=_MY_OFFER,
        call="c.person = :person AND c.accepted_at >= :day ORDER BY coalesce(c.starts_at, c.accepted_at)",
    )
)
_ONE = text(
    _CARD.format(
        why="o.why",
        conversation="e.conversation",
        course=_COURSE,
        offer="call = c.id AND nth = :nth AND person = :person",
        call="c.id = :call",
    )
)
_OF_ROUND = text(
    _CARD.format(
        # Read for hundreds of desks together, so it contains only what a desk displays at first.
        why="jsonb_build_object('values', o.why -> 'values')",
        conversation="CAST('[]' AS jsonb)",
        course=_NO_COURSE,
        offer="call = c.id AND round = :round AND state = 'offered'",
        call="c.id IN (SELECT call FROM offer WHERE round = :round AND state = 'offered')",
    )
)
# The newest offer that is still ringing; otherwise the newest that recently passed, unless a call has been
# accepted since then.
_NEWEST = text("""
SELECT call, nth FROM offer o WHERE person = :person AND made_at > :recent AND state NOT IN ('accepted', 'done')
  AND (state = 'offered' OR coalesce(answered_at, expires_at) > :passed AND NOT EXISTS (
    SELECT FROM offer t WHERE t.person = o.person AND t.state IN ('accepted', 'done') AND t.made_at > o.made_at))
ORDER BY (state = 'offered' AND expires_at > clock_timestamp()) DESC, made_at DESC LIMIT 1
""")


@dataclass(frozen=True)
class DeskHead:
    """The desk's agent, their last presence state, and their shift."""

    person_id: int
    person_name: str
    roles: tuple[str, ...]
    team: str | None
    title: str | None
    desk: str | None
    zone: str | None
    state: str | None
    reason: str | None
    since: datetime | None
    seen_at: datetime | None
    shift_ends: datetime | None
    """End of the whole shift, including lunch and meetings. None if the person is not on shift."""
    free_until: datetime | None
    """The person can serve calls until this time; None if they can't now."""
    next_shift: datetime | None


@dataclass(frozen=True)
class CallCard:
    """An offer or a call, with its ticket, customer and reasons."""

    call_id: str
    nth: int
    """Number of this person's offer among the call's offers."""
    offer_state: str
    made_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    remaining: float
    """Seconds left to answer, by the database's clock; 0 once it has expired."""
    why: Mapping[str, Any]
    offered_to: int
    call_state: str
    taken_by: int | None
    starts_at: datetime | None
    """None for a call now."""
    accepted_at: datetime | None
    customer_joined_at: datetime | None
    agent_joined_at: datetime | None
    alone_at: datetime | None
    """When the customer reported that nobody else is in the room; None once the agent has rejoined."""
    ended_at: datetime | None
    escalation_id: str
    escalation_state: str
    subject: str
    ticket_system: str
    ticket_id: str
    ticket_url: str
    facts: Mapping[str, Any]
    mode: str
    stored_plan: Mapping[str, Any]
    customer_id: int
    customer_name: str
    customer_email: str
    customer_zone: str
    customer_language: str
    customer_phone: str
    """In E.164; empty if unknown."""
    conversation: Sequence[Mapping[str, str | None]]
    """The ticket's latest messages, oldest first: ``author``, ``at``, ``text``."""
    resolved: str | None
    score: int | None
    first_score: int | None
    """The score that the customer gave first, if they changed it."""
    comment: str
    """The words of the customer's rating; may be empty."""
    course: Sequence[str] = ()
    """What became of a passed offer, oldest first: ``accepted``, ``offer_expired``, ``agent_vanished``,
    ``agent_missed``, or ``midway`` if the agent had joined and then left the customer alone. Only ``find_card`` and
    ``find_offer`` read it.
    """

    @cached_property
    def plan(self) -> Plan:
        return load_plan(self.stored_plan)


async def read_head(conn: AsyncConnection, person_id: int, now: datetime) -> DeskHead:
    row = dict((await conn.execute(_HEAD, {"person": person_id, "now": now})).one()._mapping)
    return DeskHead(**row | {"roles": tuple(row["roles"])})


async def find_offer(conn: AsyncConnection, person_id: int, moment: DeskMoment) -> CallCard | None:
    """Find the offer that is ringing, otherwise the newest passed one; ``remaining`` tells which it is.

    A passed offer is shown for ``PASSED_SHOWN_FOR``, unless a call has been accepted since then.
    """
    newest = (await conn.execute(_NEWEST, moment.values(person=person_id))).one_or_none()
    return None if newest is None else await find_card(conn, str(newest.call), newest.nth, person_id)


async def find_card(conn: AsyncConnection, call_id: str, nth: int, person_id: int) -> CallCard | None:
    """One offer, if it was made to this person."""
    row = (await conn.execute(_ONE, {"call": call_id, "nth": nth, "person": person_id})).one_or_none()
    return _card(row._mapping) if row else None


async def ringing_since(conn: AsyncConnection, round_id: int) -> dict[int, CallCard]:
    """A round's offers that are still ringing, keyed by person; ``why`` contains only the values."""
    rows = await conn.execute(_OF_ROUND, {"round": round_id})
    return {row._mapping["offered_to"]: _card(row._mapping) for row in rows}


async def current_calls(conn: AsyncConnection, person_id: int, moment: DeskMoment) -> list[CallCard]:
    """Calls that this person has accepted but not yet wrapped up, newest first."""
    return [_card(row._mapping) for row in await conn.execute(_CURRENT, moment.values(person=person_id))]


async def calls_today(conn: AsyncConnection, person_id: int, moment: DeskMoment) -> list[CallCard]:
    """Calls that this person accepted today, sorted by start time."""
    return [_card(row._mapping) for row in await conn.execute(_TODAY, moment.values(person=person_id))]


def _card(row: RowMapping) -> CallCard:
    fields = dict(row)
    return CallCard(**fields | {"call_id": str(fields["call_id"]), "escalation_id": str(fields["escalation_id"])})


async def escalation_of_call(conn: AsyncConnection, call_id: str, person_id: int) -> str | None:
    """The escalation of a call that this person has, or None."""
    query = text("SELECT escalation FROM call WHERE id = :call AND person = :person")
    escalation_id = (await conn.execute(query, {"call": call_id, "person": person_id})).scalar_one_or_none()
    return None if escalation_id is None else str(escalation_id)


_RATED_LATELY = text("""
SELECT r.score, r.first_score, r.comment, r.at, e.subject, cu.name AS customer_name
FROM call c JOIN rating r ON r.call = c.id
  JOIN escalation e ON e.id = c.escalation JOIN customer cu ON cu.id = e.customer
WHERE c.person = :person AND c.accepted_at < :day AND c.accepted_at > CAST(:day AS timestamptz) - interval '30 days'
  AND r.at > CAST(:day AS timestamptz) - interval '7 days' ORDER BY r.at DESC LIMIT 5
""")


@dataclass(frozen=True)
class ReceivedRating:
    """What a customer said about a call."""

    score: int
    first_score: int | None
    comment: str
    at: datetime
    subject: str
    customer_name: str


async def ratings_lately(conn: AsyncConnection, person_id: int, moment: DeskMoment) -> list[ReceivedRating]:
    """The newest ratings of the last week of this person's calls before today, newest first."""
    rows = await conn.execute(_RATED_LATELY, {"person": person_id, "day": moment.day_began})
    return [ReceivedRating(**row._mapping) for row in rows]
