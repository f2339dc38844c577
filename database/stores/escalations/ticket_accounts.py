"""Help desk accounts that tickets come from: which are known, and which one a webhook source belongs to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.access.webhooks import WebhookSource
from database.tables.account import webhook_source
from database.tables.escalation import escalation
from domain.escalation import OPEN_STATES, Ticket
from domain.tickets.account import (
    AccountSource,
    KnownAccounts,
    OpenTicket,
    TicketIdentity,
    by_source,
    identify,
    identify_bare,
    is_of,
    is_sole,
    only,
)
from domain.tickets.reference import account_of

NEWEST = 1000
"""Maximum escalations with one number that are looked through, over all accounts."""

_IN_USE = text("""
WITH latest AS (
  SELECT ticket_system, ticket_account, true AS recent FROM escalation ORDER BY opened_at DESC, id DESC LIMIT 200
), known AS (
  SELECT * FROM latest
  UNION ALL SELECT DISTINCT ticket_system, ticket_account, false FROM escalation WHERE state = ANY(:open)
  UNION ALL SELECT kind, account, false FROM webhook_source
)
SELECT ticket_system, array_agg(DISTINCT ticket_account) FILTER (
  WHERE ticket_account <> '' AND ticket_account NOT IN (
    SELECT name FROM webhook_source UNION ALL SELECT name FROM webhook_source_deleted
  )
) AS accounts
FROM known GROUP BY ticket_system ORDER BY count(*) FILTER (WHERE recent) DESC, ticket_system
""")


async def accounts_in_use(conn: AsyncConnection) -> dict[str, tuple[str, ...]]:
    """The known accounts of each help desk. The help desk with the most of the latest 200 tickets comes first."""
    rows = await conn.execute(_IN_USE, {"open": [state.value for state in OPEN_STATES]})
    return {row.ticket_system: tuple(row.accounts or ()) for row in rows}


async def account_of_source(conn: AsyncConnection, source: WebhookSource, url: str) -> str:
    """A webhook source's account, whatever address its webhook contains.

    A source without an account is given the account of the first address that it sends, unless another source already
    has that account. Until then, the source's own name is used.
    """
    account = account_of(url)
    if source.account or not account:
        return source.account or source.name
    other = webhook_source.alias()
    taken = select(other.c.name).where(other.c.account == account)
    bind = update(webhook_source).where(
        webhook_source.c.name == source.name, webhook_source.c.account == "", ~taken.exists()
    )
    bound = (await conn.execute(bind.values(account=account).returning(webhook_source.c.name))).one_or_none()
    if bound is not None:
        await adopt_tickets(conn, source, account)
        return account
    stored = select(webhook_source.c.account).where(webhook_source.c.name == source.name)
    return (await conn.execute(stored)).scalar_one_or_none() or source.name


async def adopt_tickets(conn: AsyncConnection, source: WebhookSource, account: str) -> None:
    """Give the open tickets that this source raised its new account, unless the account has an escalation for them.

    ``source`` is the source before the change.
    """
    other = escalation.alias()
    open_states = [state.value for state in OPEN_STATES]
    same = select(other.c.id).where(
        other.c.ticket_account == account, other.c.ticket_id == escalation.c.ticket_id, other.c.state.in_(open_states)
    )
    own = escalation.c.ticket_account.in_([source.name, source.account or source.name])
    raised = update(escalation).where(own, escalation.c.opened_by == by_source(source.name))
    await conn.execute(raised.where(escalation.c.state.in_(open_states), ~same.exists()).values(ticket_account=account))


async def count_open_of(conn: AsyncConnection, source: str) -> int:
    """Number of open escalations that this source raised."""
    query = select(func.count()).where(
        escalation.c.opened_by == by_source(source), escalation.c.state.in_([state.value for state in OPEN_STATES])
    )
    number: int = (await conn.execute(query)).scalar_one()
    return number


async def account_of_solved(conn: AsyncConnection, source: WebhookSource, url: str) -> str:
    """The account whose ticket a webhook of this source reports as solved.

    The same as ``account_of_source``, with one exception: if this is the help desk's only source, its account is
    unknown and no address was sent, the result is the account in use, provided that there is only one. This gives the
    source no access to any link.
    """
    account = await account_of_source(conn, source, url)
    if account != source.name:
        return account
    others = select(webhook_source.c.name).where(
        webhook_source.c.kind == source.kind, webhook_source.c.name != source.name
    )
    if (await conn.execute(others)).first() is not None:
        return account
    return only((await accounts_in_use(conn)).get(source.kind, ())) or account


async def identified(conn: AsyncConnection, ticket: Ticket) -> TicketIdentity:
    """Which ticket this is, whoever names it. Raises ``AccountUnclear`` if several accounts may have its number.

    Its account is that of the webhook source (``ticket.account``), else of its address, else the only one known.
    """
    sources = await _sources(conn)
    found = identify(ticket.system, ticket.id, ticket.url, sources, ticket.account)
    if found is not None:
        return found
    return identify_bare(ticket.system, ticket.id, KnownAccounts(sources, await accounts_in_use(conn)))


async def find_open(conn: AsyncConnection, ticket: TicketIdentity, opened_by: str) -> str | None:
    """The id of the open escalation for this ticket.

    One whose account wasn't known is taken to be of this account if its help desk has no other, and from then on is.
    """
    candidates = await open_tickets(conn, ticket.id)
    for one in candidates:
        if is_of(one, ticket.account, opened_by, ticket.system):
            return one.escalation_id
    unknown = [one for one in candidates if not one.account]
    if not unknown or not ticket.account:
        return None
    if not is_sole(ticket, KnownAccounts(await _sources(conn), await accounts_in_use(conn))):
        return None
    for one in unknown:
        if is_of(one, ticket.account, opened_by, ticket.system, sole=True):
            told = update(escalation).where(escalation.c.id == one.escalation_id).values(ticket_account=ticket.account)
            await conn.execute(told)
            return one.escalation_id
    return None


async def open_tickets(conn: AsyncConnection, ticket_id: str | None = None) -> list[OpenTicket]:
    """Open escalations of tickets with this number, or of all tickets; in any account, oldest first."""
    query = _TICKETS.where(escalation.c.state.in_([state.value for state in OPEN_STATES]))
    if ticket_id is not None:
        query = query.where(escalation.c.ticket_id == ticket_id)
    return [_ticket(row) for row in await conn.execute(query.order_by(escalation.c.opened_at))]


async def stored_tickets(conn: AsyncConnection, ticket_id: str) -> list[OpenTicket]:
    """All escalations of tickets with this number, in any account and state, newest first."""
    query = _TICKETS.where(escalation.c.ticket_id == ticket_id).order_by(escalation.c.opened_at.desc())
    return [_ticket(row) for row in await conn.execute(query.limit(NEWEST))]


_TICKETS = select(
    escalation.c.id,
    escalation.c.ticket_account,
    escalation.c.ticket_url,
    escalation.c.opened_by,
    escalation.c.ticket_system,
    escalation.c.ticket_id,
)


def _ticket(row: Any) -> OpenTicket:
    return OpenTicket(str(row.id), row.ticket_account, row.ticket_url, row.opened_by, row.ticket_system, row.ticket_id)


async def _sources(conn: AsyncConnection) -> list[AccountSource]:
    rows = await conn.execute(select(webhook_source.c.name, webhook_source.c.kind, webhook_source.c.account))
    return [AccountSource(row.name, row.kind, row.account) for row in rows]
