"""Wrap-ups: what the agent records after a call, and what happens if they record nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import lock, notify, record
from database.stores.muster import finish_booking
from database.stores.rating import close_if_rated
from database.tables.muster import call, offer, wrap_up
from domain.call import NotYours
from domain.escalation import Kind, NotNow, State
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL
from domain.wrap_up import Resolution, WrapUp, outcome_of


async def save_wrap_up(
    conn: AsyncConnection, escalation_id: str, call_id: str, person_id: int, form: WrapUp, now: datetime
) -> None:
    """Record a call's wrap-up, even if its time limit has passed. Idempotent.

    Raises ``NotYours``, and ``NotNow`` if nobody has taken the call or a different wrap-up was recorded.
    """
    escalation = await lock(conn, escalation_id)
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one_or_none()
    if row is None or row.person != person_id or str(row.escalation) != escalation_id:
        raise NotYours()
    values = asdict(form) | {"resolved": form.resolved.value}
    existing = (await conn.execute(select(wrap_up).where(wrap_up.c.call == call_id))).one_or_none()
    if existing is not None and all(getattr(existing, name) == value for name, value in values.items()):
        return
    if existing is not None or row.state not in ("taken", "on_call", "wrapping_up", "done"):
        raise NotNow(escalation.state)
    await conn.execute(insert(wrap_up).values(values | {"call": call_id, "person": person_id, "at": now}))
    if row.state != "done":
        await _free(conn, call_id, now)
    await record(
        conn,
        escalation_id,
        Kind.WRAPPED_UP,
        now,
        body={"call_id": call_id, "resolved": form.resolved.value},
        actor=f"person:{person_id}",
        key=f"wrapped_up/{call_id}",
        relayed=False,
        state=None if escalation.state == State.CLOSED else State.RATING,
        outcome=outcome_of(form),
    )
    if escalation.state != State.CLOSED:
        await close_if_rated(conn, escalation_id, call_id, now, relayed=False)


async def saved_wrap_up(conn: AsyncConnection, call_id: str, person_id: int) -> WrapUp | None:
    """The wrap-up that this person recorded for a call, or None."""
    query = select(wrap_up).where(wrap_up.c.call == call_id, wrap_up.c.person == person_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    return WrapUp(Resolution(row.resolved), row.cause, row.product_area, row.gap, row.follow_up, row.note)


async def end_unrecorded(conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime) -> None:
    """End a call without a wrap-up, because its time limit has passed; frees its agent.

    Does nothing if it was wrapped up or withdrawn meanwhile.
    """
    await lock(conn, escalation_id)
    row = (await conn.execute(select(call.c.state).where(call.c.id == call_id))).one()
    if row.state not in ("taken", "on_call", "wrapping_up"):
        return
    await _free(conn, call_id, now)
    await record(
        conn,
        escalation_id,
        Kind.WRAP_UP_MISSED,
        now,
        body={"call_id": call_id},
        key=f"wrap_up_missed/{call_id}",
        state=State.RATING,
        outcome=outcome_of(None),
    )
    await close_if_rated(conn, escalation_id, call_id, now, relayed=True)


async def _free(conn: AsyncConnection, call_id: str, now: datetime) -> None:
    """Mark a call as done, so that its agent can be asked again and its seat is free."""
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    changes = {"state": "done", "ended_at": row.ended_at or now, "wrapped_up_at": now}
    await conn.execute(update(call).where(call.c.id == call_id).values(changes))
    await conn.execute(update(offer).where(offer.c.call == call_id, offer.c.state == "accepted").values(state="done"))
    await finish_booking(conn, row.booking)
    await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await notify(conn, KICK_CHANNEL)
