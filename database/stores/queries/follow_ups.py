"""The open follow-ups that a person's desk lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.follow_up import owned_by
from database.tables.directory import title
from database.tables.escalation import NAMED_HERE, customer, escalation
from database.tables.muster import call, follow_up, rating

SHOWN = 20


@dataclass(frozen=True)
class OpenFollowUp:
    call_id: str
    escalation_id: str
    subject: str
    ticket_system: str
    ticket_id: str
    ticket_url: str
    customer_name: str
    customer_phone: str
    """In E.164; empty if unknown."""
    customer_email: str
    score: int
    comment: str
    asked_at: datetime
    due_at: datetime
    title_name: str
    """Empty if managers own it."""
    spoke_with: str


async def open_follow_ups(conn: AsyncConnection, person_id: int) -> list[OpenFollowUp]:
    """Those that this person may do, oldest first; all of them for a manager."""
    query = (
        select(
            follow_up.c.call.label("call_id"),
            escalation.c.id.label("escalation_id"),
            escalation.c.subject,
            escalation.c.ticket_system,
            escalation.c.ticket_id,
            escalation.c.ticket_url,
            NAMED_HERE.label("customer_name"),
            func.coalesce(customer.c.phone, "").label("customer_phone"),
            customer.c.email.label("customer_email"),
            rating.c.score,
            rating.c.comment,
            follow_up.c.asked_at,
            follow_up.c.due_at,
            func.coalesce(title.c.name, "").label("title_name"),
            func.coalesce(call.c.attribution["person_name"].astext, "").label("spoke_with"),
        )
        .join(call, call.c.id == follow_up.c.call)
        .join(rating, rating.c.call == follow_up.c.call)
        .join(escalation, escalation.c.id == follow_up.c.escalation)
        .join(customer, customer.c.id == escalation.c.customer)
        .outerjoin(title, title.c.id == follow_up.c.title)
        .where(follow_up.c.done_at.is_(None), owned_by(person_id))
        .order_by(follow_up.c.asked_at)
        .limit(SHOWN)
    )
    rows = (await conn.execute(query)).mappings()
    ids = ("call_id", "escalation_id")
    return [OpenFollowUp(**dict(row) | {name: str(row[name]) for name in ids}) for row in rows]
