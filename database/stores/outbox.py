"""The outbox: events that their workflow has not been told. The timeline itself is the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.customer_link import customer_link
from database.tables.escalation import escalation, escalation_event
from database.tables.muster import call
from domain.escalation import TOLD_AT_ONCE

_WAITING = text("""
SELECT DISTINCT escalation FROM (
  SELECT escalation FROM escalation_event WHERE told_at IS NULL AND kind = ANY(:kinds) ORDER BY id LIMIT :most
) waiting
""")

_UNTOLD = text("""
SELECT ev.id, ev.escalation, ev.seq, ev.kind, ev.body, ev.at FROM escalation_event ev
JOIN escalation e ON e.id = ev.escalation
WHERE ev.escalation = ANY(:escalations) AND ev.told_at IS NULL
ORDER BY ev.escalation, ev.seq FOR UPDATE OF ev SKIP LOCKED
""")


@dataclass(frozen=True)
class Untold:
    id: int
    seq: int
    kind: str
    at: datetime
    body: dict[str, Any]


async def take_untold(conn: AsyncConnection, most: int = 64) -> dict[str, list[Untold]]:
    """The untold events of some escalations, in order, held until the transaction ends.

    An escalation is taken when an event waits that its workflow waits for; its others travel along.
    """
    kinds = [kind.value for kind in TOLD_AT_ONCE]
    waiting = (await conn.execute(_WAITING, {"kinds": kinds, "most": most})).scalars().all()
    found: dict[str, list[Untold]] = defaultdict(list)
    if waiting:
        for row in await conn.execute(_UNTOLD, {"escalations": list(waiting)}):
            found[str(row.escalation)].append(Untold(row.id, row.seq, row.kind, row.at, row.body))
    return dict(found)


async def mark_told(conn: AsyncConnection, events: Sequence[int], now: datetime) -> None:
    statement = update(escalation_event).where(escalation_event.c.id.in_(events))
    await conn.execute(statement.values(told_at=now))


@dataclass(frozen=True)
class Begun:
    """What a workflow is started from."""

    escalation_id: str
    plan: dict[str, Any]
    link: Any | None
    call: Any | None


async def read_begun(conn: AsyncConnection, escalation_id: str) -> Begun | None:
    """The escalation with its open link or its call now; None where there is none."""
    row = (await conn.execute(select(escalation).where(escalation.c.id == escalation_id))).one_or_none()
    if row is None:
        return None
    links = select(customer_link).where(customer_link.c.escalation == escalation_id)
    newest = (await conn.execute(links.order_by(customer_link.c.nth.desc()).limit(1))).one_or_none()
    calls = select(call).where(call.c.escalation == escalation_id, call.c.booking.is_(None))
    now_call = (await conn.execute(calls.order_by(call.c.nth.desc()).limit(1))).one_or_none()
    return Begun(escalation_id, row.plan, None if now_call else newest, now_call)
