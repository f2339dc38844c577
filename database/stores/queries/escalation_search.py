"""The conditions of a search for escalations: on columns of one table, which PostgreSQL can look up in several indexes
together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.queries.search_terms import SearchedFor, SearchTerms, read_terms
from database.tables.account import webhook_source
from database.tables.directory import person
from database.tables.escalation import customer, escalation, message
from database.tables.muster import call, offer
from database.tables.webhook import webhook_source_deleted
from domain.tickets.reference import TicketReference, account_of

CUSTOMERS_FOUND = 1_000
"""Maximum customers whose name or address contains the words; their escalations are listed."""
CALLS_FOUND = 1_000
"""Maximum calls that people whose name contains the words took or were asked to take, newest first; their escalations
are listed."""

# One index lookup per rule, however many escalations there are.
_RULES = text("""
WITH RECURSIVE rules AS (
  (SELECT rule FROM escalation ORDER BY rule LIMIT 1)
  UNION ALL SELECT (SELECT e.rule FROM escalation e WHERE e.rule > rules.rule ORDER BY e.rule LIMIT 1)
  FROM rules WHERE rules.rule IS NOT NULL)
SELECT rule FROM rules WHERE rule IS NOT NULL
""")


async def rules_in_use(conn: AsyncConnection) -> list[str]:
    """The rules that have decided an escalation, by name."""
    return list((await conn.execute(_RULES)).scalars())


async def condition_of(conn: AsyncConnection, words: str) -> ColumnElement[bool]:
    """The condition that an escalation meets if the search for these words finds it."""
    terms = read_terms(words)
    if terms.ticket is not None:
        return of_ticket(terms.ticket)
    if terms.sought is SearchedFor.ID:
        return _among(await _ids(conn, _of_id(terms.id)))
    return or_(*await _with_words(conn, terms))


def of_ticket(reference: TicketReference) -> ColumnElement[bool]:
    """Escalations of the ticket with this address, or of those with this number."""
    if not reference.url:
        return escalation.c.ticket_id == reference.id
    # Until its account is known, a source's name stands for it.
    of_account = escalation.c.ticket_account.in_([account_of(reference.url), ""])
    of_source = escalation.c.ticket_account.in_(
        select(webhook_source.c.name).union_all(select(webhook_source_deleted.c.name))
    )
    return and_(escalation.c.ticket_id == reference.id, or_(of_account, of_source))


async def _with_words(conn: AsyncConnection, terms: SearchTerms) -> list[ColumnElement[bool]]:
    words = terms.words
    of_customer = (column.icontains(words, autoescape=True) for column in (customer.c.name, customer.c.email))
    customers = await _ids(conn, select(customer.c.id).where(or_(*of_customer)).limit(CUSTOMERS_FOUND))
    rules = [rule for rule in await rules_in_use(conn) if words.lower() in rule.lower()]
    found = [column.icontains(words, autoescape=True) for column in (escalation.c.ticket_id, escalation.c.subject)]
    found.append(escalation.c.customer == any_(cast(literal(customers), ARRAY(BigInteger))))
    found.append(_among(await _ids(conn, _of_agents(words))))
    if rules:
        found.append(escalation.c.rule == any_(cast(literal(rules), ARRAY(Text))))
    if terms.of_system is not None:
        system, number = terms.of_system
        # The index on the ticket's number knows no case; the help desk is compared afterwards.
        of_number = escalation.c.ticket_id.ilike(number.replace("_", r"\_"))
        found.append(and_(of_number, func.lower(escalation.c.ticket_system) == system))
    return found


def _of_agents(words: str) -> Select[Any]:
    """The escalations whose calls people of this name took or were asked to take."""
    named = select(person.c.id).where(person.c.name.icontains(words, autoescape=True))
    offered = select(offer.c.call, offer.c.made_at).where(offer.c.person.in_(named))
    newest = offered.order_by(offer.c.made_at.desc()).limit(CALLS_FOUND).subquery()
    return select(call.c.escalation).join(newest, newest.c.call == call.c.id).distinct()


def _of_id(given: str) -> Select[Any]:
    of_tables = (
        select(escalation.c.id).where(escalation.c.id == given),
        select(call.c.escalation).where(call.c.id == given),
        select(message.c.escalation).where(message.c.id == given, message.c.escalation.is_not(None)),
    )
    return select(union_all(*of_tables).subquery())


def _among(escalations: Sequence[Any]) -> ColumnElement[bool]:
    return escalation.c.id == any_(cast(literal(list(escalations)), ARRAY(Uuid(as_uuid=False))))


async def _ids(conn: AsyncConnection, query: Select[Any]) -> list[Any]:
    return list((await conn.execute(query)).scalars())
