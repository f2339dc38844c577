"""Queue messages to customers, agents, team leads or managers, in the transaction of the effect that causes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.message_queue import enqueue
from database.tables.directory import person, team
from database.tables.escalation import escalation
from domain.letter import GATHERED_FOR, GROUPED_LETTERS, LetterKind


async def notify_customer(
    conn: AsyncConnection, escalation_id: str, kind: str, now: datetime, *, key: str = "", **params: Any
) -> None:
    """Queue an email to the customer; ``key`` distinguishes messages of the same kind."""
    await _mail(conn, escalation_id, kind, None, f"{kind}/{key}", now, params)


async def notify_person(
    conn: AsyncConnection, escalation_id: str, person_id: int, kind: str, now: datetime, *, key: str = "", **params: Any
) -> None:
    """Queue an email to a staff member."""
    recipient = (await conn.execute(select(person.c.email).where(person.c.id == person_id))).scalar_one()
    await _mail(conn, escalation_id, kind, recipient, f"{kind}/{key}/{person_id}", now, params)


async def notify_leads(
    conn: AsyncConnection, escalation_id: str, kind: str, now: datetime, *, key: str = "", **params: Any
) -> None:
    """Queue an email to every lead of the escalation's team (by title), and a post to the alert webhook."""
    query = (
        select(person.c.id, person.c.email)
        .join(team, (team.c.id == person.c.team) & (team.c.lead_title == person.c.title))
        .join(escalation, escalation.c.team == team.c.id)
        .where(escalation.c.id == escalation_id, person.c.active)
    )
    for lead in await conn.execute(query.order_by(person.c.id)):
        await _mail(conn, escalation_id, kind, lead.email, f"{kind}/{key}/{lead.id}", now, params)
    await _alert(conn, escalation_id, kind, key, now, params)


async def notify_managers(
    conn: AsyncConnection, escalation_id: str, kind: str, now: datetime, *, key: str = "", **params: Any
) -> None:
    """Queue an email to every manager, and a post to the alert webhook."""
    await _managers(conn, escalation_id, kind, key, now, params)


async def notify_managers_of_calendar(conn: AsyncConnection, feed: int, now: datetime) -> None:
    """Queue an email to every manager, and a post to the alert webhook, about a calendar that was never read."""
    kind = LetterKind.MANAGER_CALENDAR.value
    await _managers(conn, None, kind, f"{feed}/{now.isoformat()}", now, {"calendar": feed})


async def notify_of_rules(
    conn: AsyncConnection, person_id: int, news: dict[str, Any], lines: Sequence[str], now: datetime
) -> None:
    """Queue an email to an agent about what new rules change for them; ``news`` has ``ruleset, share, reason``."""
    recipient = (await conn.execute(select(person.c.email).where(person.c.id == person_id))).scalar_one()
    kind, params = LetterKind.RULES_CHANGED.value, news | {"lines": list(lines)}
    await _mail(conn, None, kind, recipient, f"{kind}/{news['ruleset']}/{now.isoformat()}/{person_id}", now, params)


async def _managers(
    conn: AsyncConnection, escalation_id: str | None, kind: str, key: str, now: datetime, params: dict[str, Any]
) -> None:
    query = select(person.c.id, person.c.email).where(any_(person.c.roles) == "manager", person.c.active)
    for manager in await conn.execute(query.order_by(person.c.id)):
        await _mail(conn, escalation_id, kind, manager.email, f"{kind}/{key}/{manager.id}", now, params)
    await _alert(conn, escalation_id, kind, key, now, params)


async def _mail(
    conn: AsyncConnection,
    escalation_id: str | None,
    kind: str,
    recipient: str | None,
    key: str,
    now: datetime,
    params: dict[str, Any],
) -> None:
    await enqueue(
        conn,
        escalation_id=escalation_id,
        key=key,
        channel="mail",
        kind=kind,
        recipient=recipient,
        params=params,
        now=now,
        hold=_hold(kind),
    )


def _hold(kind: str) -> timedelta:
    return GATHERED_FOR if kind in GROUPED_LETTERS else timedelta(0)


async def _alert(
    conn: AsyncConnection, escalation_id: str | None, kind: str, key: str, now: datetime, params: dict[str, Any]
) -> None:
    await enqueue(
        conn,
        escalation_id=escalation_id,
        key=f"webhook/{kind}/{key}",
        channel="webhook",
        kind=kind,
        recipient="alerts",
        params=params,
        now=now,
        hold=_hold(kind),
    )
