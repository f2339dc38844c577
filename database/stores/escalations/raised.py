"""Escalations as seen by the agent who raised them: the list, and a single one with its link and plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.plan_json import load_plan
from database.stores.queries.desk_changes import RAISED_SHOWN
from domain.escalation import Mode
from domain.plan import Plan

_SHOWN = """
SELECT e.id AS escalation_id, e.subject, e.ticket_system, e.ticket_id, e.ticket_url, e.state, e.outcome, e.mode,
  e.opened_by, e.opened_at, e.updated_at, e.plan, cu.email AS customer_email,
  coalesce(nullif(e.customer_named, ''), cu.name) AS customer_name,
  l.nth AS link_nth, l.state AS link_state, l.expires_at AS link_expires_at,
  c.starts_at, c.state AS call_state, c.place AS call_place, c.estimate AS call_estimate{more}
FROM escalation e JOIN customer cu ON cu.id = e.customer
  LEFT JOIN LATERAL (SELECT * FROM customer_link WHERE escalation = e.id ORDER BY nth DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT * FROM call WHERE escalation = e.id AND state <> 'cancelled'
    ORDER BY nth DESC LIMIT 1) c ON true
"""
# The newest mail with the link.
_MAILED = """, (SELECT m.state FROM message m WHERE m.escalation = e.id AND m.channel = 'mail'
    AND m.kind IN ('invitation', 'call_now', 'customer_missed', 'nobody_available')
    ORDER BY m.created_at DESC LIMIT 1) AS mailed"""
_RAISED_BY = text(_SHOWN.format(more="") + "WHERE e.opened_by = :opened_by ORDER BY e.opened_at DESC LIMIT :shown")
_ONE = text(_SHOWN.format(more=_MAILED) + "WHERE e.id = :escalation")


@dataclass(frozen=True)
class RaisedEscalation:
    """One escalation with its newest link."""

    escalation_id: str
    subject: str
    ticket_system: str
    ticket_id: str
    ticket_url: str
    state: str
    outcome: str | None
    mode: str
    opened_by: str
    opened_at: datetime
    updated_at: datetime
    plan: Plan
    customer_name: str
    customer_email: str
    link_nth: int | None
    link_state: str | None
    link_expires_at: datetime | None
    starts_at: datetime | None
    """Of the newest call that wasn't cancelled; None for a call now."""
    call_state: str | None
    call_place: int | None
    call_estimate: str | None
    mailed: str | None = None
    """The state (``queued``, ``sent``, ``failed``) of the newest mail with the link; read for a single one only."""

    @property
    def is_now(self) -> bool:
        """Whether the customer's current link leads to a call now. A later link books a call."""
        return self.mode == Mode.NOW and self.link_nth == 1


async def raised_by(conn: AsyncConnection, person_id: int) -> list[RaisedEscalation]:
    """The ``RAISED_SHOWN`` newest escalations that a person raised, newest first."""
    rows = await conn.execute(_RAISED_BY, {"opened_by": f"person:{person_id}", "shown": RAISED_SHOWN})
    return [_raised(dict(row._mapping)) for row in rows]


async def find_raised(conn: AsyncConnection, escalation_id: str) -> RaisedEscalation | None:
    row = (await conn.execute(_ONE, {"escalation": escalation_id})).one_or_none()
    return _raised(dict(row._mapping)) if row else None


def _raised(fields: dict[str, Any]) -> RaisedEscalation:
    return RaisedEscalation(
        **fields | {"escalation_id": str(fields["escalation_id"]), "plan": load_plan(fields["plan"])}
    )
