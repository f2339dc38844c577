"""Reminders: before a booked call, and when a customer is late. Each is sent once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_customer, notify_person
from database.stores.journal.timeline import done_before, lock, record
from database.stores.search_clock import read_search_clock
from database.tables.muster import call, offer
from domain.escalation import Kind


async def remind_customer(conn: AsyncConnection, escalation_id: str, call_id: str, step: str, now: datetime) -> None:
    """Send a reminder to the customer.

    ``step`` contains the start time and the lead time, so a moved call gets its own reminder.
    """
    await lock(conn, escalation_id)
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    effect = f"customer_reminded/{call_id}/{step}"
    if row.state not in ("waiting", "offered", "taken") or await done_before(conn, escalation_id, effect) is not None:
        return
    await notify_customer(
        conn, escalation_id, "reminder", now, key=f"{call_id}/{step}", call=call_id, starts_at=row.starts_at.isoformat()
    )
    await record(conn, escalation_id, Kind.CUSTOMER_REMINDED, now, body={"call_id": call_id}, key=effect)


async def remind_agent(conn: AsyncConnection, escalation_id: str, call_id: str, step: str, now: datetime) -> None:
    """Send a reminder to the agent who has accepted the call, if there is one."""
    await lock(conn, escalation_id)
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    effect = f"agent_reminded/{call_id}/{step}"
    if row.state != "taken" or await done_before(conn, escalation_id, effect) is not None:
        return
    accepted = select(offer.c.nth).where(offer.c.call == call_id, offer.c.state == "accepted")
    nth = (await conn.execute(accepted)).scalar_one()
    await notify_person(
        conn, escalation_id, row.person, "agent_reminder", now, key=f"{call_id}/{step}", call=call_id, offer=nth
    )
    body = {"call_id": call_id, "person": row.person}
    await record(conn, escalation_id, Kind.AGENT_REMINDED, now, body=body, key=effect)


async def call_for_customer(conn: AsyncConnection, escalation_id: str, call_id: str, step: str, now: datetime) -> None:
    """If the agent has joined and the customer hasn't, send the customer a reminder by email."""
    await lock(conn, escalation_id)
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    effect = f"customer_called_for/{call_id}/{step}"
    if not _waits_alone(row) or await done_before(conn, escalation_id, effect) is not None:
        return
    await notify_customer(conn, escalation_id, "customer_called_for", now, key=f"{call_id}/{step}", call=call_id)
    await record(conn, escalation_id, Kind.CUSTOMER_CALLED_FOR, now, body={"call_id": call_id}, key=effect)


async def agent_waits_alone(conn: AsyncConnection, escalation_id: str, call_id: str) -> bool:
    """Whether the agent has joined and the customer hasn't; also True if the call was already marked as missed."""
    await lock(conn, escalation_id)
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    return _waits_alone(row) or row.state == "missed"


async def may_still_join(conn: AsyncConnection, call_id: str, now: datetime) -> timedelta | None:
    """How much longer to wait for both sides of a taken call, because of an outage; None if time is up."""
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    if row.state != "taken":
        return None
    clock = (await read_search_clock(conn)).clock
    if clock is None:
        return None
    return clock.may_still_join(max(row.starts_at or row.accepted_at, row.accepted_at), now)


def _waits_alone(row: Row[Any]) -> bool:
    return row.state == "taken" and row.agent_joined_at is not None and row.customer_joined_at is None
