"""One escalation with everything that belongs to it, for the API and support ops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import fact_types
from database.stores.journal.plan_json import load_plan
from database.stores.rules.decided_by import DecidedBy, decided_by
from database.tables.booking import booking
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, team, title
from database.tables.escalation import NAMED_HERE, ZONE_HERE, customer, escalation, escalation_event, message
from database.tables.muster import call, follow_up, offer, rating, wrap_up
from domain.plan import Plan
from rules_dsl.directory import FactType

Fields = dict[str, Any]
"""A row's columns by name, shown unchanged."""


@dataclass(frozen=True)
class WholeEscalation:
    """All rows of an escalation. Lists are in chronological order."""

    id: str
    state: str
    outcome: str | None
    mode: str
    rule: str
    opened_by: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    ticket: Fields
    """``system, id, url, subject, facts, created_at, solved_at, reopened_at, replies``."""
    declared: tuple[FactType, ...]
    """The organisation's declared facts."""
    customer: Fields
    """``name, email, time_zone, language, phone``."""
    conversation: tuple[Fields, ...]
    """Each with ``author, at, text``."""
    plan: Plan
    decided_by: DecidedBy | None
    """The published version of the rules that produced the plan."""
    desk_zone: str
    team: str | None
    links: tuple[Fields, ...]
    booking: Fields | None
    """The latest booking."""
    calls: tuple[Fields, ...]
    """Each with ``person_name``, ``team_name``, ``title_name``, and its ``wrap_up`` or None."""
    offers: tuple[Fields, ...]
    """Each with ``person_name``."""
    rating: Fields | None
    follow_up: Fields | None
    events: tuple[Fields, ...]
    messages: tuple[Fields, ...]
    names: dict[int, str]
    """All people's names by id, to look up the ids in events."""
    archived_at: datetime | None = None
    document_found: bool = False
    """Whether an archived escalation's document could be read; without it, most events and messages are missing."""


async def read_whole(conn: AsyncConnection, escalation_id: str) -> WholeEscalation | None:
    """Read an escalation with everything that belongs to it, or None if it is unknown."""
    head = await _head(conn, escalation_id)
    if head is None:
        return None
    calls = await _calls(conn, escalation_id)
    bookings = await _rows(conn, _booking_of(escalation_id))
    ratings = await _rows(conn, select(rating).where(rating.c.escalation == escalation_id))
    follow_ups = await _rows(conn, select(follow_up).where(follow_up.c.escalation == escalation_id))
    return WholeEscalation(
        id=head.id,
        state=head.state,
        outcome=head.outcome,
        mode=head.mode,
        rule=head.rule,
        opened_by=head.opened_by,
        opened_at=head.opened_at,
        updated_at=head.updated_at,
        closed_at=head.closed_at,
        ticket=_ticket(head),
        declared=fact_types(head.declared),
        customer=_customer(head),
        conversation=tuple(head.conversation),
        plan=load_plan(head.plan),
        decided_by=await decided_by(conn, escalation_id),
        desk_zone=head.desk_zone,
        team=head.team_name,
        links=await _rows(conn, _links_of(escalation_id)),
        booking=bookings[-1] if bookings else None,
        calls=calls,
        offers=await _rows(conn, _offers_of(escalation_id)),
        rating=ratings[-1] if ratings else None,
        follow_up=follow_ups[-1] if follow_ups else None,
        events=await _rows(conn, _events_of(escalation_id)),
        messages=await _rows(conn, _messages_of(escalation_id)),
        names={row.id: row.name for row in await conn.execute(select(person.c.id, person.c.name))},
        archived_at=head.archived_at,
    )


async def _head(conn: AsyncConnection, escalation_id: str) -> Row[Any] | None:
    query = (
        select(
            escalation,
            NAMED_HERE.label("customer_name"),
            customer.c.email,
            ZONE_HERE.label("reads_in"),
            customer.c.language,
            customer.c.phone,
            desk.c.time_zone.label("desk_zone"),
            desk.c.facts.label("declared"),
            team.c.name.label("team_name"),
        )
        .join(customer, customer.c.id == escalation.c.customer)
        .join(desk, desk.c.id == escalation.c.desk)
        .outerjoin(team, team.c.id == escalation.c.team)
        .where(escalation.c.id == escalation_id)
    )
    return (await conn.execute(query)).one_or_none()


def _ticket(head: Row[Any]) -> Fields:
    reference = {"system": head.ticket_system, "id": head.ticket_id, "url": head.ticket_url}
    news = {name: getattr(head, f"ticket_{name}") for name in ("created_at", "solved_at", "reopened_at", "replies")}
    return reference | {"subject": head.subject, "facts": head.facts} | news


def _customer(head: Row[Any]) -> Fields:
    contact = {"name": head.customer_name, "email": head.email}
    return contact | {"time_zone": head.reads_in, "language": head.language, "phone": head.phone}


async def _rows(conn: AsyncConnection, query: Select[Any]) -> tuple[Fields, ...]:
    return tuple(dict(row._mapping) for row in await conn.execute(query))


async def _calls(conn: AsyncConnection, escalation_id: str) -> tuple[Fields, ...]:
    calls = (
        select(
            call,
            person.c.name.label("person_name"),
            team.c.name.label("team_name"),
            title.c.name.label("title_name"),
        )
        .outerjoin(person, person.c.id == call.c.person)
        .outerjoin(team, team.c.id == call.c.team)
        .outerjoin(title, title.c.id == call.c.title)
        .where(call.c.escalation == escalation_id)
        .order_by(call.c.nth)
    )
    wrap_ups = select(wrap_up).join(call, call.c.id == wrap_up.c.call).where(call.c.escalation == escalation_id)
    by_call = {row["call"]: row for row in await _rows(conn, wrap_ups)}
    return tuple(fields | {"wrap_up": by_call.get(fields["id"])} for fields in await _rows(conn, calls))


def _links_of(escalation_id: str) -> Select[Any]:
    columns = [column for column in customer_link.c if column.name != "token_hash"]
    return select(*columns).where(customer_link.c.escalation == escalation_id).order_by(customer_link.c.nth)


def _booking_of(escalation_id: str) -> Select[Any]:
    columns = [column for column in booking.c if column.name not in ("occupies", "witness_of")]
    of_call = (booking.c.escalation == escalation_id) & (booking.c.state != "held")
    return select(*columns).where(of_call).order_by(booking.c.id)


def _offers_of(escalation_id: str) -> Select[Any]:
    return (
        select(offer, person.c.name.label("person_name"), call.c.nth.label("call_nth"))
        .join(call, call.c.id == offer.c.call)
        .join(person, person.c.id == offer.c.person)
        .where(call.c.escalation == escalation_id)
        .order_by(call.c.nth, offer.c.nth)
    )


def _events_of(escalation_id: str) -> Select[Any]:
    event = escalation_event
    return select(event).where(event.c.escalation == escalation_id).order_by(event.c.seq)


def _messages_of(escalation_id: str) -> Select[Any]:
    return select(message).where(message.c.escalation == escalation_id).order_by(message.c.created_at, message.c.id)
