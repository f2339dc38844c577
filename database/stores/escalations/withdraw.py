"""Ending an escalation early, because staff withdrew it or its ticket was solved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.booking import release
from database.stores.journal.notify import notify_customer
from database.stores.journal.timeline import done_before, lock, record
from domain.escalation import OPEN_STATES, Kind, NotNow, Outcome, State


async def withdraw(
    conn: AsyncConnection, escalation_id: str, outcome: Outcome, actor: str, reason: str, now: datetime
) -> None:
    """End an escalation and release everything it holds. Idempotent. Raises ``NotNow`` if it is already over."""
    row = await lock(conn, escalation_id)
    if await done_before(conn, escalation_id, "withdrawn") is not None:
        return
    if row.state not in OPEN_STATES:
        raise NotNow(row.state)
    booking_id = await release(conn, escalation_id, now)
    body = {"outcome": outcome.value, "reason": reason}
    await record(
        conn,
        escalation_id,
        Kind.WITHDRAWN,
        now,
        body=body,
        actor=actor,
        key="withdrawn",
        relayed=False,
        state=State.CLOSED,
        outcome=outcome,
    )
    if row.state != State.INVITED:
        params: dict[str, Any] = {"outcome": outcome.value} | ({"booking": booking_id} if booking_id else {})
        await notify_customer(conn, escalation_id, "withdrawn", now, **params)
