"""Paged lists of escalations, for support ops and the API."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Tuple,
    and_,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import webhook_source
from database.tables.directory import team
from database.tables.escalation import customer, escalation, message
from database.tables.webhook import webhook_source_deleted
from domain.escalation import State
from domain.ticket_address import read_address
from domain.ticket_reference import ReferenceUnclear, account_of, read_reference

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
    """Part of the ticket's id or subject, or of the customer's name or address; or the ticket's own address."""
    still_since: datetime | None = None
    """Only escalations without an event since then."""
    failed_messages: bool = False
    opened: tuple[datetime, datetime] | None = None
    """Only escalations opened in this half-open span."""
    outcomes: tuple[str, ...] = ()
    ticket: str = ""
    """A ticket's address, or its number in any account."""
    customer: str = ""
    """The customer's mail address, in lower case."""
    team: str = ""
    """The name of the team that it went to first."""
    rule: str = ""
    updated_since: datetime | None = None
    """Only escalations with an event since then."""


EVERY = EscalationFilter()
COUNTED = 10_000
"""Counts stop here: to count the escalations of several years would take longer than reading a page of them."""
CUSTOMERS_FOUND = 1_000
"""Maximum customers whose name or address contains the words; their escalations are listed."""

_COUNTS = text("""
SELECT state, (SELECT count(*) FROM (SELECT FROM escalation e WHERE e.state = s.state LIMIT :most) counted) AS number
FROM unnest(CAST(:states AS text[])) AS s (state)
""")


async def counts_by_state(conn: AsyncConnection) -> dict[str, int]:
    """Number of escalations by state; ``COUNTED + 1`` means more than ``COUNTED``."""
    values = {"states": [state.value for state in State], "most": COUNTED + 1}
    return {row.state: row.number for row in await conn.execute(_COUNTS, values) if row.number}


async def list_stuck_first(
    conn: AsyncConnection, sought: EscalationFilter, *, after: Place | None = None, limit: int = 50
) -> list[EscalationLine]:
    """Escalations by their last event, oldest first, so that stuck ones come first."""
    query = (await _filtered(conn, sought)).order_by(escalation.c.updated_at, escalation.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(escalation.c.updated_at, escalation.c.id) > _typed(after))
    return [_line(row) for row in await conn.execute(query)]


async def list_newest(
    conn: AsyncConnection, sought: EscalationFilter = EVERY, *, after: Place | None = None, limit: int = 50
) -> list[EscalationLine]:
    """Escalations by opening time, newest first."""
    query = (await _filtered(conn, sought)).limit(limit)
    query = query.order_by(escalation.c.opened_at.desc(), escalation.c.id.desc())
    if after is not None:
        query = query.where(tuple_(escalation.c.opened_at, escalation.c.id) < _typed(after))
    return [_line(row) for row in await conn.execute(query)]


def _typed(place: Place) -> Tuple:
    moment, escalation_id = place
    return tuple_(literal(moment, escalation.c.updated_at.type), literal(escalation_id, escalation.c.id.type))


async def _filtered(conn: AsyncConnection, sought: EscalationFilter) -> Select[Any]:
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
    if sought.opened is not None:
        since, until = sought.opened
        query = query.where(escalation.c.opened_at >= since, escalation.c.opened_at < until)
    if sought.failed_messages:
        query = query.where(escalation.c.id.in_(select(message.c.escalation).where(message.c.state == "failed")))
    if sought.words:
        query = query.where(or_(*await _with_words(conn, sought.words)))
    if sought.outcomes:
        query = query.where(escalation.c.outcome.in_(sought.outcomes))
    if sought.ticket:
        query = query.where(_of_ticket(sought.ticket))
    if sought.customer:
        query = query.where(customer.c.email == sought.customer)
    if sought.team:
        query = query.where(escalation.c.team.in_(select(team.c.id).where(team.c.name == sought.team)))
    if sought.rule:
        query = query.where(escalation.c.rule == sought.rule)
    if sought.updated_since is not None:
        query = query.where(escalation.c.updated_at >= sought.updated_since)
    return query


async def _with_words(conn: AsyncConnection, words: str) -> list[ColumnElement[bool]]:
    """Conditions on columns of one table, which PostgreSQL can look up in several indexes together.

    The address of a ticket, or its number after ``#``, means that ticket alone.
    """
    address = read_address(words)
    if (address is not None and address.id) or (words.startswith("#") and words[1:].strip()):
        # What looks like a ticket but names none may be part of a subject.
        with suppress(ReferenceUnclear):
            return [_of_ticket(words)]
    of_customer = (column.icontains(words, autoescape=True) for column in (customer.c.name, customer.c.email))
    found = (await conn.execute(select(customer.c.id).where(or_(*of_customer)).limit(CUSTOMERS_FOUND))).scalars().all()
    of_ticket = [column.icontains(words, autoescape=True) for column in (escalation.c.ticket_id, escalation.c.subject)]
    return [*of_ticket, escalation.c.customer == any_(cast(literal(list(found)), ARRAY(BigInteger)))]


def _of_ticket(given: str) -> ColumnElement[bool]:
    """Escalations of the ticket with this address, or of those with this number. Raises ``ReferenceUnclear``."""
    reference = read_reference(given, "")
    if not reference.url:
        return escalation.c.ticket_id == reference.id
    # Until its account is known, a source's name stands for it.
    of_account = escalation.c.ticket_account.in_([account_of(reference.url), ""])
    of_source = escalation.c.ticket_account.in_(
        select(webhook_source.c.name).union_all(select(webhook_source_deleted.c.name))
    )
    return and_(escalation.c.ticket_id == reference.id, or_(of_account, of_source))


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
