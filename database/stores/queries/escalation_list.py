"""Paged lists of escalations, for support ops and the API; resending an escalation's failed messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Tuple, func, literal, or_, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import customer, escalation, message
from domain.ids import LIVE_CHANNEL, MESSAGE_CHANNEL

Place = tuple[datetime, str]
"""End of a page: the time and the id of its last escalation."""


@dataclass(frozen=True)
class EscalationLine:
    id: str
    state: str
    outcome: str | None
    ticket_system: str
    ticket_id: str
    subject: str
    customer_name: str
    customer_email: str
    rule: str
    opened_at: datetime
    updated_at: datetime
    failed_messages: int


@dataclass(frozen=True)
class EscalationFilter:
    """Filters for a list. An empty field doesn't filter."""

    states: tuple[str, ...] = ()
    words: str = ""
    """Part of the ticket's id or subject, or of the customer's name or address."""
    still_since: datetime | None = None
    """Only escalations without an event since then."""
    failed_messages: bool = False


async def counts_by_state(conn: AsyncConnection) -> dict[str, int]:
    query = select(escalation.c.state, func.count().label("number")).group_by(escalation.c.state)
    return {row.state: row.number for row in await conn.execute(query)}


async def list_stuck_first(
    conn: AsyncConnection, sought: EscalationFilter, *, after: Place | None = None, limit: int = 50
) -> list[EscalationLine]:
    """Escalations by their last event, oldest first, so that stuck ones come first."""
    query = _filtered(sought).order_by(escalation.c.updated_at, escalation.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(escalation.c.updated_at, escalation.c.id) > _typed(after))
    return [_line(row) for row in await conn.execute(query)]


async def list_newest(
    conn: AsyncConnection, states: Sequence[str] = (), *, after: Place | None = None, limit: int = 50
) -> list[EscalationLine]:
    """Escalations by opening time, newest first."""
    query = _filtered(EscalationFilter(tuple(states))).limit(limit)
    query = query.order_by(escalation.c.opened_at.desc(), escalation.c.id.desc())
    if after is not None:
        query = query.where(tuple_(escalation.c.opened_at, escalation.c.id) < _typed(after))
    return [_line(row) for row in await conn.execute(query)]


def _typed(place: Place) -> Tuple:
    moment, escalation_id = place
    return tuple_(literal(moment, escalation.c.updated_at.type), literal(escalation_id, escalation.c.id.type))


def _filtered(sought: EscalationFilter) -> Select[Any]:
    failed = (
        select(func.count())
        .where(message.c.escalation == escalation.c.id, message.c.state == "failed")
        .scalar_subquery()
    )
    query = select(escalation, customer.c.name, customer.c.email, failed.label("failed_messages")).join(
        customer, customer.c.id == escalation.c.customer
    )
    if sought.states:
        query = query.where(escalation.c.state.in_(sought.states))
    if sought.still_since is not None:
        query = query.where(escalation.c.updated_at <= sought.still_since)
    if sought.failed_messages:
        query = query.where(failed > 0)
    if sought.words:
        columns = (escalation.c.ticket_id, escalation.c.subject, customer.c.name, customer.c.email)
        query = query.where(or_(*(column.icontains(sought.words, autoescape=True) for column in columns)))
    return query


def _line(row: Row[Any]) -> EscalationLine:
    return EscalationLine(
        id=row.id,
        state=row.state,
        outcome=row.outcome,
        ticket_system=row.ticket_system,
        ticket_id=row.ticket_id,
        subject=row.subject,
        customer_name=row.name,
        customer_email=row.email,
        rule=row.rule,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        failed_messages=row.failed_messages,
    )


async def send_again(conn: AsyncConnection, escalation_id: str, message_id: str) -> bool:
    """Requeue a failed message of an escalation. Returns False if it has not failed, for example on a second click."""
    statement = (
        update(message)
        .where(message.c.id == message_id, message.c.escalation == escalation_id, message.c.state == "failed")
        .values(state="queued", next_attempt_at=func.now(), attempts=0)
        .returning(message.c.id)
    )
    if (await conn.execute(statement)).one_or_none() is None:
        return False
    for channel, payload in ((MESSAGE_CHANNEL, ""), (LIVE_CHANNEL, f"escalation:{escalation_id}")):
        await conn.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})
    return True
