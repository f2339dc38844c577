"""What became of a ticket: stored with each of its escalations, because outcomes are judged by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.escalations.ticket_accounts import stored_tickets
from database.tables.escalation import escalation
from domain.tickets.account import TicketIdentity, is_of
from domain.tickets.reference import TicketNews


def news_columns(news: TicketNews) -> dict[str, datetime | int | None]:
    """The columns of an escalation that hold the news."""
    return {
        "ticket_created_at": news.created_at,
        "ticket_solved_at": news.solved_at,
        "ticket_reopened_at": news.reopened_at,
        "ticket_replies": news.replies,
    }


async def record_news(conn: AsyncConnection, ticket: TicketIdentity, actor: str, news: TicketNews) -> list[str]:
    """Store what is known now with every escalation of this ticket, newest first. Returns their ids.

    What the news don't say keeps its value. Nothing else about the escalations changes.
    """
    stored = await stored_tickets(conn, ticket.id)
    found = [one.escalation_id for one in stored if is_of(one, ticket.account, actor, ticket.system)]
    known = {name: value for name, value in news_columns(news).items() if value is not None}
    if found and known:
        await conn.execute(update(escalation).where(escalation.c.id.in_(found)).values(known))
    return found


async def read_news(conn: AsyncConnection, escalation_id: str) -> TicketNews:
    columns = (
        escalation.c.ticket_created_at,
        escalation.c.ticket_solved_at,
        escalation.c.ticket_reopened_at,
        escalation.c.ticket_replies,
    )
    row = (await conn.execute(select(*columns).where(escalation.c.id == escalation_id))).one()
    return TicketNews(*row)
