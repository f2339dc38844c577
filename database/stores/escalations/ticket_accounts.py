"""The accounts of help desks that tickets come from, as the latest escalations know them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import webhook_source
from database.tables.escalation import escalation
from domain.ticket_account import OpenTicket, Sender

_IN_USE = text("""
SELECT ticket_system, array_agg(DISTINCT ticket_account) FILTER (WHERE ticket_account <> '') AS accounts
FROM (SELECT ticket_system, ticket_account FROM escalation ORDER BY opened_at DESC, id DESC LIMIT 200) latest
GROUP BY ticket_system ORDER BY count(*) DESC, ticket_system
""")
_RAISED_BY = text("""
SELECT DISTINCT ticket_account FROM (
  SELECT ticket_account FROM escalation WHERE opened_by = :actor ORDER BY opened_at DESC LIMIT 200
) latest WHERE ticket_account <> ''
""")


async def accounts_in_use(conn: AsyncConnection) -> dict[str, tuple[str, ...]]:
    """By help desk, the one that most of the latest tickets came from first: its accounts that are known."""
    return {row.ticket_system: tuple(row.accounts or ()) for row in await conn.execute(_IN_USE)}


async def sender_of(conn: AsyncConnection, source: str, kind: str, system: str) -> Sender:
    """What is known of a source of webhooks, whose tickets are in this help desk."""
    sources = (await conn.execute(select(webhook_source.c.name).where(webhook_source.c.kind == kind))).scalars().all()
    sender = Sender(source, len(sources) == 1, ())
    raised = (await conn.execute(_RAISED_BY, {"actor": sender.actor})).scalars().all()
    if not raised and sender.alone:
        raised = (await accounts_in_use(conn)).get(system, ())
    return Sender(source, sender.alone, frozenset(raised))


async def open_tickets(
    conn: AsyncConnection, ticket_system: str, ticket_id: str, states: Sequence[str]
) -> list[OpenTicket]:
    """The escalations in these states of every account's ticket with this id."""
    query = select(escalation.c.id, escalation.c.ticket_account, escalation.c.opened_by).where(
        escalation.c.ticket_system == ticket_system,
        escalation.c.ticket_id == ticket_id,
        escalation.c.state.in_(states),
    )
    return [OpenTicket(str(row.id), row.ticket_account, row.opened_by) for row in await conn.execute(query)]
