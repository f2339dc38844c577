"""Help desk accounts that tickets come from: which are known, and which one a webhook source belongs to."""

from __future__ import annotations

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.access.webhooks import WebhookSource
from database.tables.account import webhook_source
from database.tables.escalation import escalation
from domain.escalation import OPEN_STATES
from domain.ticket_account import OpenTicket, only
from domain.ticket_reference import account_of

_IN_USE = text("""
WITH latest AS (
  SELECT ticket_system, ticket_account, true AS recent FROM escalation ORDER BY opened_at DESC, id DESC LIMIT 200
), known AS (
  SELECT * FROM latest
  UNION ALL SELECT DISTINCT ticket_system, ticket_account, false FROM escalation WHERE state = ANY(:open)
  UNION ALL SELECT kind, account, false FROM webhook_source
)
SELECT ticket_system, array_agg(DISTINCT ticket_account) FILTER (
  WHERE ticket_account <> '' AND ticket_account NOT IN (SELECT name FROM webhook_source)
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
        return account
    stored = select(webhook_source.c.account).where(webhook_source.c.name == source.name)
    return (await conn.execute(stored)).scalar_one_or_none() or source.name


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


async def open_tickets(conn: AsyncConnection, ticket_system: str, ticket_id: str) -> list[OpenTicket]:
    """Open escalations of tickets with this id, in any account, oldest first."""
    query = select(escalation.c.id, escalation.c.ticket_account, escalation.c.ticket_url, escalation.c.opened_by).where(
        escalation.c.ticket_system == ticket_system,
        escalation.c.ticket_id == ticket_id,
        escalation.c.state.in_([state.value for state in OPEN_STATES]),
    )
    rows = await conn.execute(query.order_by(escalation.c.opened_at))
    return [OpenTicket(str(row.id), row.ticket_account, row.ticket_url, row.opened_by) for row in rows]
