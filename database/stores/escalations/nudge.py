"""Nudges by support ops: email the link again, or restart the search and resend the workflow's events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores import customer_link
from database.stores.customer_link import find_issued
from database.stores.journal.timeline import lock, notify, record
from database.tables.escalation import escalation_event
from database.tables.muster import call
from domain.escalation import RELAYED_AT_ONCE, Kind, State
from domain.ids import KICK_CHANNEL, OUTBOX_CHANNEL


async def nudge(conn: AsyncConnection, escalation_id: str, actor: str, now: datetime) -> str:
    """Nudge an escalation; returns a sentence saying what was done. Raises ``EscalationUnknown``."""
    row = await lock(conn, escalation_id)
    if row.state in (State.CLOSED, State.REFUSED):
        return "There is nothing to nudge: this escalation is over."
    if row.state == State.INVITED and (issued := await find_issued(conn, escalation_id)) is not None:
        await record(conn, escalation_id, Kind.NUDGED, now, actor=actor)
        await customer_link.nudge(conn, escalation_id, issued.link_id, now, key=f"{actor}/{now.isoformat()}")
        return "The customer has been sent the link again."
    await _relay_again(conn, escalation_id)
    await notify(conn, KICK_CHANNEL)
    newest = select(call.c.state).where(call.c.escalation == escalation_id).order_by(call.c.nth.desc()).limit(1)
    state = str((await conn.execute(newest)).scalar_one())
    await record(conn, escalation_id, Kind.NUDGED, now, body={"call": state}, actor=actor)
    return f"The workflow receives all events again, and a round starts. The call is {state.replace('_', ' ')}."


async def _relay_again(conn: AsyncConnection, escalation_id: str) -> None:
    """Put all events that a workflow waits for back into the outbox; receiving one twice does no harm."""
    kinds = [kind.value for kind in RELAYED_AT_ONCE - {Kind.OPENED}]
    again = update(escalation_event).where(
        escalation_event.c.escalation == escalation_id, escalation_event.c.kind.in_(kinds)
    )
    await conn.execute(again.values(told_at=None))
    await notify(conn, OUTBOX_CHANNEL)
