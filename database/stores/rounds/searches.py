"""What a round writes about the searches: where they are, their steps and alerts, and standstills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_leads, notify_managers
from database.stores.rounds.events import EventToWrite
from domain.escalation import Kind, State
from domain.rounds.muster import SearchState
from domain.rounds.search_clock import SearchClock
from rules_dsl.model.decision import StepKind

_UPDATE_SEARCHES = text("""
UPDATE call c SET search_began_at = u.began_at, stood = :stood, step = u.step, skipped = u.skipped,
  interrupted_at = CASE WHEN u.interrupted THEN :now ELSE c.interrupted_at END,
  step_at = CASE WHEN u.step_taken THEN :now ELSE c.step_at END,
  state = CASE WHEN u.exhausted THEN 'unserved' ELSE c.state END
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS u(call uuid, began_at timestamptz, step int, skipped int, interrupted boolean, step_taken boolean,
       exhausted boolean)
WHERE c.id = u.call
""")


async def write_searches(
    conn: AsyncConnection, searches: Sequence[SearchState], clock: SearchClock, now: datetime
) -> list[EventToWrite]:
    """Write the searches that began, moved or were exhausted, and their alerts; returns the events to write."""
    changed = [search for search in searches if _begins(search) or search.call.interrupted or _moved(search)]
    if not changed:
        return []
    rows = [
        {
            "call": search.call.call_id,
            "began_at": search.call.began_at,
            "step": search.call.step,
            "skipped": search.call.skipped,
            "interrupted": bool(search.call.interrupted),
            "step_taken": bool(search.taken),
            "exhausted": search.exhausted,
        }
        for search in changed
    ]
    await conn.execute(
        _UPDATE_SEARCHES, {"now": now, "stood": clock.stood.total_seconds(), "rows": to_json(rows).decode()}
    )
    events: list[EventToWrite] = []
    for search in changed:
        call = search.call
        if _begins(search) and call.starts_at is not None:
            body = {"call_id": call.call_id}
            events.append(EventToWrite(call.escalation_id, Kind.MUSTER_BEGAN, body, state=State.MUSTERING))
        if call.interrupted:
            change = "began_late_by" if _begins(search) else "extended_by"
            changed_by: dict[str, Any] = {"call_id": call.call_id, change: round(call.interrupted.total_seconds())}
            events.append(EventToWrite(call.escalation_id, Kind.SEARCH_INTERRUPTED, changed_by))
        for step in search.taken:
            taken: dict[str, Any] = {"call_id": call.call_id, "step": step.text, "after": step.after}
            if step.kind in (StepKind.ALERT_LEAD, StepKind.ALERT_DUTY):
                await _alert(conn, call.escalation_id, call.call_id, step.kind, now)
                events.append(EventToWrite(call.escalation_id, Kind.ALERTED, taken))
            else:
                events.append(EventToWrite(call.escalation_id, Kind.STEP_TAKEN, taken))
        if search.exhausted:
            events.append(EventToWrite(call.escalation_id, Kind.EXHAUSTED, {"call_id": call.call_id}))
    return events


def _begins(search: SearchState) -> bool:
    return search.call.muster_at is not None


def _moved(search: SearchState) -> bool:
    return bool(search.taken) or search.exhausted


async def _alert(conn: AsyncConnection, escalation_id: str, call_id: str, kind: StepKind, now: datetime) -> None:
    notify = notify_leads if kind is StepKind.ALERT_LEAD else notify_managers
    await notify(conn, escalation_id, "lead_alert", now, key=f"{call_id}/{kind.value}", call=call_id)
