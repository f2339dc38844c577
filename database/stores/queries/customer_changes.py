"""What open customers' pages show, as one digest each: whether a page has to be drawn again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Text, cast, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.booking import booking
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation
from database.tables.muster import call, search_clock
from domain.rounds.search_clock import STANDSTILL
from domain.rounds.waiting_line import PUT_BACK_SHOWN_FOR


async def page_digests(conn: AsyncConnection, link_ids: Collection[int], now: datetime) -> dict[int, str]:
    """A digest for each link's page, which differs once the page may look different; for all links in one statement.

    It covers the rows that the page is drawn from, and the moments that they name: a search begins, a call is late, a
    link expires, or the rounds stand still without any row being written.
    """
    of_link = or_(
        call.c.booking == booking.c.id,
        call.c.booking.is_(None)
        & (call.c.escalation == customer_link.c.escalation)
        & (call.c.nth == customer_link.c.nth),
    )
    ran_at = select(search_clock.c.ran_at).scalar_subquery()
    shown = func.concat_ws(
        "|",
        customer_link.c.state,
        customer_link.c.expires_at <= now,
        escalation.c.seq,
        escalation.c.state,
        escalation.c.outcome,
        cast(literal_column("call"), Text),
        call.c.muster_at <= now,
        call.c.starts_at <= now,
        call.c.put_back_at.is_not(None) & (call.c.put_back_at > now - PUT_BACK_SHOWN_FOR),
        ran_at < now - STANDSTILL,
    )
    query = (
        select(customer_link.c.id, func.md5(shown).label("digest"))
        .join(escalation, escalation.c.id == customer_link.c.escalation)
        .outerjoin(booking, booking.c.link == customer_link.c.id)
        .outerjoin(call, of_link)
        .where(customer_link.c.id.in_(link_ids))
    )
    return {row.id: row.digest for row in await conn.execute(query)}
