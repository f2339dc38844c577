"""Paged lists of escalations, for support ops and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Tuple,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import LateralFromClause

from database.stores.queries.escalation_search import condition_of, of_ticket
from database.tables.booking import booking
from database.tables.directory import person, team
from database.tables.escalation import NAMED_HERE, customer, escalation, message
from database.tables.muster import call, offer
from domain.escalation import State
from domain.tickets.reference import read_reference

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
    starts_at: datetime | None
    """When the newest call is booked for; None for a call now, or if none is booked."""
    call_state: str | None
    """The newest call's state; None if there is no call."""
    agent: str | None
    """Who has the newest call, or is asked to take it."""
    at_risk: bool
    """Whether nobody can serve the booked call at present."""


@dataclass(frozen=True)
class EscalationFilter:
    """Filters for a list. An empty field doesn't filter."""

    states: tuple[str, ...] = ()
    words: str = ""
    """A ticket's address or number, an id, or part of a ticket's subject, or of a customer's, an agent's or a rule's
    name."""
    still_since: datetime | None = None
    """Only escalations without an event since then."""
    failed_messages: bool = False
    at_risk: bool = False
    """Only escalations whose booked call nobody can serve at present."""
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


async def counts_by_state(conn: AsyncConnection, sought: EscalationFilter = EVERY) -> dict[str, int]:
    """Number of escalations by state that the filter lets through, whatever its own states.

    ``COUNTED + 1`` means more than ``COUNTED``.
    """
    conditions = await _conditions(conn, replace(sought, states=()))
    found = select(escalation.c.id).where(*conditions)
    counts = (
        select(literal(state.value).label("state"), func.count().label("number")).select_from(
            found.where(escalation.c.state == state.value).limit(COUNTED + 1).subquery()
        )
        for state in State
    )
    return {row.state: row.number for row in await conn.execute(union_all(*counts)) if row.number}


async def all_teams(conn: AsyncConnection) -> list[str]:
    """The names of all teams to which an escalation may have gone, deleted ones last."""
    query = select(team.c.name).order_by(team.c.retired_at.is_not(None), team.c.name)
    return list(dict.fromkeys((await conn.execute(query)).scalars()))


async def list_stuck_first(
    conn: AsyncConnection, sought: EscalationFilter, *, after: Place | None = None, limit: int = 50
) -> list[EscalationLine]:
    """Escalations by their last event, oldest first, so that stuck ones come first."""
    conditions = await _conditions(conn, sought)
    if after is not None:
        conditions.append(tuple_(escalation.c.updated_at, escalation.c.id) > _typed(after))
    return await _page(conn, conditions, (escalation.c.updated_at, escalation.c.id), limit)


async def list_newest(
    conn: AsyncConnection, sought: EscalationFilter = EVERY, *, after: Place | None = None, limit: int = 50
) -> list[EscalationLine]:
    """Escalations by opening time, newest first."""
    conditions = await _conditions(conn, sought)
    if after is not None:
        conditions.append(tuple_(escalation.c.opened_at, escalation.c.id) < _typed(after))
    return await _page(conn, conditions, (escalation.c.opened_at.desc(), escalation.c.id.desc()), limit)


def _typed(place: Place) -> Tuple:
    moment, escalation_id = place
    return tuple_(literal(moment, escalation.c.updated_at.type), literal(escalation_id, escalation.c.id.type))


async def _page(
    conn: AsyncConnection, conditions: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[Any]], limit: int
) -> list[EscalationLine]:
    # The page's rows are chosen first: the cost of their details would lead PostgreSQL to a worse plan.
    chosen = select(escalation.c.id).where(*conditions).order_by(*order).limit(limit).subquery()
    failed = (
        select(func.count())
        .where(message.c.escalation == escalation.c.id, message.c.state == "failed")
        .scalar_subquery()
    )
    its_call = _newest_call()
    lost = select(booking.c.id).where(booking.c.escalation == escalation.c.id, booking.c.state == "at_risk").exists()
    query = select(
        escalation,
        NAMED_HERE.label("name"),
        customer.c.email,
        failed.label("failed_messages"),
        its_call.c.starts_at,
        its_call.c.call_state,
        its_call.c.agent,
        lost.label("at_risk"),
    )
    joined = escalation.join(chosen, chosen.c.id == escalation.c.id)
    joined = joined.join(customer, customer.c.id == escalation.c.customer).outerjoin(its_call, true())
    return [_line(row) for row in await conn.execute(query.select_from(joined).order_by(*order))]


def _newest_call() -> LateralFromClause:
    live = ("offered", "accepted", "done")
    asked = select(offer.c.person).where(offer.c.call == call.c.id, offer.c.state.in_(live))
    asked = asked.order_by(offer.c.nth.desc()).limit(1)
    who = func.coalesce(call.c.person, asked.scalar_subquery())
    return (
        select(call.c.starts_at, call.c.state.label("call_state"), person.c.name.label("agent"))
        .select_from(call.outerjoin(person, person.c.id == who))
        .where(call.c.escalation == escalation.c.id)
        .order_by(call.c.nth.desc())
        .limit(1)
        .lateral("newest_call")
    )


async def _conditions(conn: AsyncConnection, sought: EscalationFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.states:
        conditions.append(escalation.c.state.in_(sought.states))
    if sought.still_since is not None:
        conditions.append(escalation.c.updated_at <= sought.still_since)
    if sought.opened is not None:
        since, until = sought.opened
        conditions.append((escalation.c.opened_at >= since) & (escalation.c.opened_at < until))
    if sought.failed_messages:
        conditions.append(escalation.c.id.in_(select(message.c.escalation).where(message.c.state == "failed")))
    if sought.at_risk:
        conditions.append(escalation.c.id.in_(select(booking.c.escalation).where(booking.c.state == "at_risk")))
    if sought.words:
        conditions.append(await condition_of(conn, sought.words))
    if sought.outcomes:
        conditions.append(escalation.c.outcome.in_(sought.outcomes))
    if sought.ticket:
        conditions.append(of_ticket(read_reference(sought.ticket, "")))
    if sought.customer:
        conditions.append(escalation.c.customer.in_(select(customer.c.id).where(customer.c.email == sought.customer)))
    if sought.team:
        conditions.append(escalation.c.team.in_(select(team.c.id).where(team.c.name == sought.team)))
    if sought.rule:
        conditions.append(escalation.c.rule == sought.rule)
    if sought.updated_since is not None:
        conditions.append(escalation.c.updated_at >= sought.updated_since)
    return conditions


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
        starts_at=row.starts_at,
        call_state=row.call_state,
        agent=row.agent,
        at_risk=row.at_risk,
    )
