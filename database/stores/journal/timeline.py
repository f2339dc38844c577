"""The timeline: one event per effect, written in the effect's transaction.

Every effect locks its escalation first (``lock``), so effects on one escalation never interleave, and ``seq`` is
gapless and in commit order. An effect with an idempotency key takes place once, however often it is run.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import escalation, escalation_event
from domain.escalation import RELAYED_AT_ONCE, EscalationUnknown, Kind, Outcome, State
from domain.ids import LIVE_CHANNEL, OUTBOX_CHANNEL

_RECORD = text("""
WITH moved AS (
  UPDATE escalation SET seq = seq + 1, updated_at = :now, state = coalesce(CAST(:state AS text), state),
    closed_at = CASE WHEN CAST(:state AS text) IS NULL THEN closed_at WHEN :closes THEN :now END,
    outcome = coalesce(CAST(:outcome AS text), outcome)
  WHERE id = :escalation RETURNING id, seq
)
INSERT INTO escalation_event (escalation, seq, kind, body, actor, key, at, told_at)
SELECT id, seq, :kind, CAST(:body AS jsonb), :actor, :key, :now, :told_at FROM moved
RETURNING seq, pg_notify(:live, :woken)
""")
_LOCK = select(escalation).where(escalation.c.id == bindparam("escalation_id")).with_for_update()


async def notify(conn: AsyncConnection, channel: str, payload: str = "") -> None:
    """Send a notification to a channel's listeners when this transaction commits."""
    await conn.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


async def lock(conn: AsyncConnection, escalation_id: str) -> Row[Any]:
    """Lock an escalation until the transaction ends and return its row. Raises ``EscalationUnknown``."""
    row = (await conn.execute(_LOCK, {"escalation_id": escalation_id})).one_or_none()
    if row is None:
        raise EscalationUnknown(escalation_id)
    return row


async def done_before(conn: AsyncConnection, escalation_id: str, key: str) -> dict[str, Any] | None:
    """The body of the event already written by an effect with this key, or None."""
    query = select(escalation_event.c.body).where(
        escalation_event.c.escalation == escalation_id, escalation_event.c.key == key
    )
    return (await conn.execute(query)).scalar_one_or_none()


async def record(
    conn: AsyncConnection,
    escalation_id: str,
    kind: Kind,
    now: datetime,
    *,
    body: dict[str, Any] | None = None,
    actor: str = "muster",
    key: str | None = None,
    relayed: bool = True,
    state: State | None = None,
    outcome: Outcome | None = None,
) -> int:
    """Write one event and move the escalation to ``state``; returns the event's ``seq``.

    ``relayed`` means that the workflow already knows of the event, because its own activity writes it. Other events
    wait in the outbox.
    """
    row = {
        "escalation": escalation_id,
        "kind": kind.value,
        "body": json.dumps(body or {}),
        "actor": actor,
        "key": key,
        "now": now,
        "told_at": now if relayed else None,
        "state": None if state is None else state.value,
        "closes": state in (State.CLOSED, State.REFUSED),
        "outcome": None if outcome is None else outcome.value,
        "live": LIVE_CHANNEL,
        "woken": f"escalation:{escalation_id}",
    }
    seq: int = (await conn.execute(_RECORD, row)).scalar_one()
    if state is State.CLOSED and relayed:
        await _clear_outbox(conn, escalation_id, now)
    if not relayed and kind in RELAYED_AT_ONCE:
        await notify(conn, OUTBOX_CHANNEL)
    return seq


async def _clear_outbox(conn: AsyncConnection, escalation_id: str, now: datetime) -> None:
    """Mark all events as relayed when the workflow ends: those it didn't await would otherwise stay in the outbox."""
    unrelayed = (escalation_event.c.escalation == escalation_id) & escalation_event.c.told_at.is_(None)
    await conn.execute(update(escalation_event).where(unrelayed).values(told_at=now))


async def database_now(conn: AsyncConnection, now: datetime | None) -> datetime:
    """``now`` if given, else the database's clock, which all processes share."""
    if now is not None:
        return now
    moment: datetime = (await conn.execute(select(func.clock_timestamp()))).scalar_one()
    return moment
