"""Reading an ended escalation as one document, and removing the rows that only its story needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.retention import count_removed
from domain.escalation import REPORTED

VERSION = 1
"""Of the document. A newer version may add fields."""

_NEXT = text("""
SELECT id::text, ticket_system, ticket_id, opened_at FROM escalation e
WHERE closed_at < :before AND archived_at IS NULL
  AND NOT EXISTS (SELECT FROM message m WHERE m.escalation = e.id AND m.state = 'queued')
ORDER BY closed_at LIMIT 1 FOR UPDATE OF e SKIP LOCKED
""")

# The customer is named by their id: name, address and what they wrote stay in the rows, so that erasing them there is
# enough.
_DOCUMENT = text("""
SELECT jsonb_build_object(
  'escalation', to_jsonb(e) - '{archived_at,conversation,customer_named,customer_zone}'::text[],
  'team', (SELECT name FROM team WHERE id = e.team),
  'links', (SELECT jsonb_agg(to_jsonb(l) - 'token_hash' ORDER BY nth) FROM customer_link l WHERE l.escalation = e.id),
  'bookings', (SELECT jsonb_agg(to_jsonb(b) - 'witness_of' ORDER BY id) FROM booking b WHERE b.escalation = e.id),
  'calls', (SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('wrap_up', to_jsonb(w)) ORDER BY nth)
    FROM call c LEFT JOIN wrap_up w ON w.call = c.id WHERE c.escalation = e.id),
  'offers', (SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object('person_name', p.name, 'call_nth', c.nth)
      ORDER BY c.nth, o.nth)
    FROM call c JOIN offer o ON o.call = c.id JOIN person p ON p.id = o.person WHERE c.escalation = e.id),
  'ratings', (SELECT jsonb_agg(to_jsonb(r) ORDER BY at) FROM rating r WHERE r.escalation = e.id),
  'follow_ups', (SELECT jsonb_agg(to_jsonb(f) ORDER BY asked_at) FROM follow_up f WHERE f.escalation = e.id),
  'events', (SELECT jsonb_agg(to_jsonb(v) ORDER BY seq) FROM escalation_event v WHERE v.escalation = e.id),
  'messages', (SELECT jsonb_agg(to_jsonb(m) - 'params' || jsonb_build_object('recipient',
      CASE WHEN lower(m.recipient) = lower(cu.email) THEN 'the customer' ELSE m.recipient END)
      ORDER BY created_at, m.id) FROM message m WHERE m.escalation = e.id),
  'requests', (SELECT jsonb_agg(to_jsonb(q) - '{note,wishes}'::text[] ORDER BY id)
    FROM customer_request q WHERE q.escalation = e.id),
  'people', (SELECT jsonb_object_agg(p.id, p.name) FROM person p WHERE p.id IN (
    SELECT o.person FROM offer o JOIN call c ON c.id = o.call WHERE c.escalation = e.id
    UNION SELECT c.person FROM call c WHERE c.escalation = e.id
    UNION SELECT CAST(substr(v.actor, 8) AS integer) FROM escalation_event v
      WHERE v.escalation = e.id AND v.actor ~ '^person:[0-9]{1,9}$')))
FROM escalation e JOIN customer cu ON cu.id = e.customer WHERE e.id = :escalation
""")

# What reports count stays: calls, wrap-ups, ratings, bookings, offers without their reasons, and some events. So do
# follow-ups, which may still be open.
_MARK = text("UPDATE escalation SET archived_at = :now WHERE id = :escalation")
_REMOVE_MESSAGES = text("DELETE FROM message WHERE escalation = :escalation")
_REMOVE_EVENTS = text("DELETE FROM escalation_event WHERE escalation = :escalation AND kind <> ALL(:reported)")
_REMOVE_REQUESTS = text("DELETE FROM customer_request WHERE escalation = :escalation")
_STRIP_OFFERS = text("""
UPDATE offer SET why = '{}' WHERE why <> '{}' AND call IN (SELECT id FROM call WHERE escalation = :escalation)
""")


async def lock_next_ended(conn: AsyncConnection, before: datetime) -> Row[Any] | None:
    """Lock the escalation that was closed first, if before this time, and isn't archived yet; None if there is none.

    Skips escalations with a message that is still to be sent, and those that another process has locked.
    """
    return (await conn.execute(_NEXT, {"before": before})).one_or_none()


async def read_document(conn: AsyncConnection, escalation_id: str) -> dict[str, Any]:
    """Everything that a person needs to read the escalation's story."""
    body = (await conn.execute(_DOCUMENT, {"escalation": escalation_id})).scalar_one()
    return {"version": VERSION} | {name: [] if value is None else value for name, value in body.items()}


async def remove_heavy_rows(conn: AsyncConnection, escalation_id: str, now: datetime) -> None:
    """Mark the escalation as archived and remove what its document now holds; its document must be on disk."""
    one = {"escalation": escalation_id}
    await conn.execute(_MARK, one | {"now": now})
    messages = await conn.execute(_REMOVE_MESSAGES, one)
    await count_removed(conn, "archived_messages", messages.rowcount)
    events = await conn.execute(_REMOVE_EVENTS, one | {"reported": [kind.value for kind in REPORTED]})
    await count_removed(conn, "archived_events", events.rowcount)
    await conn.execute(_REMOVE_REQUESTS, one)
    await conn.execute(_STRIP_OFFERS, one)
