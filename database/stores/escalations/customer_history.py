"""A customer's earlier escalations, with their ratings, shown to the agent before a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PAST_SHOWN = 5

_PAST = text("""
SELECT e.id AS escalation_id, e.subject, e.ticket_id, e.ticket_url, e.opened_at, e.state, e.outcome,
  c.attribution ->> 'person_name' AS spoke_with, w.resolved, w.cause, r.score, r.comment
FROM escalation e
  LEFT JOIN LATERAL (SELECT * FROM call WHERE escalation = e.id ORDER BY nth DESC LIMIT 1) c ON true
  LEFT JOIN wrap_up w ON w.call = c.id LEFT JOIN rating r ON r.call = c.id
WHERE e.customer = :customer AND e.id <> :this AND e.state <> 'refused'
ORDER BY e.opened_at DESC LIMIT :shown
""")


@dataclass(frozen=True)
class PastEscalation:
    escalation_id: str
    subject: str
    ticket_id: str
    ticket_url: str
    opened_at: datetime
    state: str
    outcome: str | None
    spoke_with: str | None
    resolved: str | None
    cause: str | None
    score: int | None
    comment: str | None


async def past_escalations(conn: AsyncConnection, customer_id: int, excluding: str) -> list[PastEscalation]:
    """The customer's newest escalations, except the one with the id ``excluding``."""
    rows = await conn.execute(_PAST, {"customer": customer_id, "this": excluding, "shown": PAST_SHOWN})
    return [PastEscalation(**{**row._mapping, "escalation_id": str(row.escalation_id)}) for row in rows]
