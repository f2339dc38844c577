"""The outbox: events that the workflow hasn't received yet. The timeline itself is the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.customer_link import IssuedLink, find_issued
from database.tables.escalation import escalation, escalation_event
from database.tables.muster import call
from domain.escalation import RELAYED_AT_ONCE, State

# One relay per escalation at a time, so that its events arrive in order and never before its workflow has started. An
# advisory lock instead of a row lock: effects on the same escalation must not wait when Temporal is slow.
_WAITING = text("""
SELECT escalation FROM (
  SELECT escalation, min(id) AS first FROM escalation_event WHERE told_at IS NULL AND kind = ANY(:kinds)
  GROUP BY escalation ORDER BY first LIMIT :most
) waiting WHERE pg_try_advisory_xact_lock(hashtextextended('relay/' || escalation, 0))
""")

_UNRELAYED = text("""
SELECT id, escalation, seq, kind, body, at FROM escalation_event
WHERE escalation = ANY(:escalations) AND told_at IS NULL ORDER BY escalation, seq
""")


@dataclass(frozen=True)
class UnrelayedEvent:
    id: int
    seq: int
    kind: str
    at: datetime
    body: dict[str, Any]


async def take_unrelayed(conn: AsyncConnection, most: int = 64) -> dict[str, list[UnrelayedEvent]]:
    """Lock at most ``most`` escalations and return their unrelayed events, in order, keyed by escalation.

    No other relay takes these escalations until the transaction ends. An escalation is taken if it has an event that
    its workflow is waiting for; its other events are relayed along with that one.
    """
    kinds = [kind.value for kind in RELAYED_AT_ONCE]
    waiting = (await conn.execute(_WAITING, {"kinds": kinds, "most": most})).scalars().all()
    events: dict[str, list[UnrelayedEvent]] = defaultdict(list)
    if waiting:
        for row in await conn.execute(_UNRELAYED, {"escalations": list(waiting)}):
            events[str(row.escalation)].append(UnrelayedEvent(row.id, row.seq, row.kind, row.at, row.body))
    return dict(events)


async def mark_relayed(conn: AsyncConnection, events: Sequence[int], now: datetime) -> None:
    statement = update(escalation_event).where(escalation_event.c.id.in_(events))
    await conn.execute(statement.values(told_at=now))


@dataclass(frozen=True)
class WorkflowStart:
    """The data that a workflow is started with."""

    plan: dict[str, Any]
    mode: str
    link: IssuedLink | None
    call: Row[Any] | None
    """The newest call, unless the escalation is waiting for a booking or over."""
    seq: int
    """Sequence number of the escalation's last event."""
    events: Sequence[Row[Any]]
    """The events of this call that a workflow waits for."""


async def read_workflow_start(
    conn: AsyncConnection, escalation_id: str, *, even_if_over: bool = False
) -> WorkflowStart | None:
    """Read the data that an escalation's workflow starts with; None if the escalation is over or unknown.

    With ``even_if_over``, an escalation that is over has neither a link nor a call.
    """
    query = select(escalation.c.plan, escalation.c.mode, escalation.c.state, escalation.c.seq)
    row = (await conn.execute(query.where(escalation.c.id == escalation_id))).one_or_none()
    if row is None:
        return None
    if row.state in (State.CLOSED, State.REFUSED):
        return WorkflowStart(row.plan, row.mode, None, None, row.seq, ()) if even_if_over else None
    if row.state == State.INVITED:
        return WorkflowStart(row.plan, row.mode, await find_issued(conn, escalation_id), None, row.seq, ())
    calls = select(call).where(call.c.escalation == escalation_id)
    newest = (await conn.execute(calls.order_by(call.c.nth.desc()).limit(1))).one()
    return WorkflowStart(row.plan, row.mode, None, newest, row.seq, await _events_of(conn, escalation_id, newest.id))


async def _events_of(conn: AsyncConnection, escalation_id: str, call_id: Any) -> Sequence[Row[Any]]:
    """The events of one call that a workflow waits for, in order."""
    kinds = [kind.value for kind in RELAYED_AT_ONCE]
    query = select(escalation_event).where(
        escalation_event.c.escalation == escalation_id,
        escalation_event.c.kind.in_(kinds),
        escalation_event.c.body["call_id"].astext == str(call_id),
    )
    return (await conn.execute(query.order_by(escalation_event.c.seq))).all()
