"""Write a round's events in a few statements: a burst of 500 calls must not cost 500 round trips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from domain.escalation import RELAYED_AT_ONCE, Kind, State
from domain.ids import LIVE_CHANNEL, OUTBOX_CHANNEL

_COUNT_UP = text("""
UPDATE escalation e SET seq = e.seq + u.n, updated_at = :now, state = coalesce(u.state, e.state)
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS u(id uuid, n int, state text)
WHERE e.id = u.id RETURNING e.id, e.seq - u.n AS before, pg_notify(:live, 'story:' || e.id)
""")

_WRITE = text("""
INSERT INTO escalation_event (escalation, seq, kind, body, actor, at)
SELECT id, seq, kind, body, actor, :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS u(id uuid, seq int, kind text, body jsonb, actor text)
""")


@dataclass(frozen=True)
class EventToWrite:
    """An event caused by a round, for an escalation that the round has locked."""

    escalation_id: str
    kind: Kind
    body: dict[str, Any] = field(default_factory=dict)
    state: State | None = None
    actor: str = "muster"


async def write_events(conn: AsyncConnection, events: Sequence[EventToWrite], now: datetime) -> None:
    """Write events in order, move each escalation to the state of its last event that has one, and wake its story."""
    if not events:
        return
    counts = Counter(event.escalation_id for event in events)
    states = {event.escalation_id: event.state.value for event in events if event.state is not None}
    updates = [{"id": one, "n": number, "state": states.get(one)} for one, number in counts.items()]
    values = {"rows": to_json(updates).decode(), "now": now, "live": LIVE_CHANNEL}
    next_seq = {str(row.id): row.before + 1 for row in await conn.execute(_COUNT_UP, values)}
    rows = []
    for event in events:
        rows.append(
            {
                "id": event.escalation_id,
                "seq": next_seq[event.escalation_id],
                "kind": event.kind.value,
                "body": event.body,
                "actor": event.actor,
            }
        )
        next_seq[event.escalation_id] += 1
    await conn.execute(_WRITE, {"rows": to_json(rows).decode(), "now": now})
    if any(event.kind in RELAYED_AT_ONCE for event in events):
        await notify(conn, OUTBOX_CHANNEL)
