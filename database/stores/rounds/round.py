"""One round: match all due calls with all free people, in one transaction.

Any number of processes can try at the same time: a transaction-level try-lock elects one, and partial unique
indexes guarantee one live offer per person and per call (docs/architecture.md, "The round").
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.journal.notify import notify_leads, notify_managers
from database.stores.journal.timeline import database_now
from database.stores.rounds.due_calls import read_due
from database.stores.rounds.events import EventToWrite, write_events
from database.stores.rounds.expired_offers import end_long_wrap_ups, end_passed_offers
from database.stores.rounds.needed_for_seats import with_needed
from database.stores.rounds.offers import write_offers
from database.stores.rounds.waiting_line import update_places
from database.stores.seats.occupancy import occupancy_limit
from domain.escalation import Kind, State
from domain.ids import Tokens
from domain.rounds.muster import SearchState, choose
from rules_dsl.model.decision import StepKind

LOCK = 7_301_945_221  # an arbitrary advisory lock key, used by nothing else


@dataclass(frozen=True)
class RoundReport:
    """The result of a round, in numbers."""

    due: int
    offers: int
    ended: int
    """Offers that expired or whose agent vanished, and overlong wrap-ups. If any ended, somebody may be free now."""


async def run_round(conn: AsyncConnection, tokens: Tokens, now: datetime | None = None) -> RoundReport | None:
    """Run one round in the caller's transaction; returns None if another process is running one.

    ``now`` defaults to the database's clock; ``tokens`` makes the join links for calls that are accepted automatically.
    """
    began = time.perf_counter()
    if not await try_lock_rounds(conn):
        return None
    moment = await database_now(conn, now)
    ended = await end_passed_offers(conn, moment) + await end_long_wrap_ups(conn, moment)
    due = await read_due(conn, moment)
    if not due:
        return RoundReport(0, 0, ended)
    directory = await read_directory(conn)
    colleagues = await read_colleagues(conn, directory, moment)
    free = [person for person, colleague in colleagues.items() if not colleague.hindrance]
    due = await with_needed(conn, due, free, moment)
    result = choose(due, colleagues, directory, moment, await occupancy_limit(conn))
    search_events = await _write_searches(conn, result.searches, moment)
    offers, offer_events = await write_offers(conn, result, directory, tokens, moment, began)
    await write_events(conn, [*search_events, *offer_events], moment)
    await update_places(conn, result, directory, colleagues, moment)
    return RoundReport(len(due), offers, ended)


async def try_lock_rounds(conn: AsyncConnection) -> bool:
    """Take the round lock until this transaction ends (after five seconds at the latest); False if it is taken."""
    await conn.execute(text("SET LOCAL transaction_timeout = '5s'"))
    return bool((await conn.execute(select(func.pg_try_advisory_xact_lock(LOCK)))).scalar_one())


_UPDATE_SEARCHES = text("""
UPDATE call c SET search_began_at = u.began_at, step = u.step, skipped = u.skipped,
  step_at = CASE WHEN u.step_taken THEN :now ELSE c.step_at END,
  state = CASE WHEN u.exhausted THEN 'unserved' ELSE c.state END
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS u(call uuid, began_at timestamptz, step int, skipped int, step_taken boolean, exhausted boolean)
WHERE c.id = u.call
""")


async def _write_searches(conn: AsyncConnection, searches: Sequence[SearchState], now: datetime) -> list[EventToWrite]:
    """Write the searches that began or were exhausted, and their steps and alerts; returns the events to write."""
    changed = [search for search in searches if search.call.began_at == now or search.taken or search.exhausted]
    if not changed:
        return []
    rows = [
        {
            "call": search.call.call_id,
            "began_at": search.call.began_at,
            "step": search.call.step,
            "skipped": search.call.skipped,
            "step_taken": bool(search.taken),
            "exhausted": search.exhausted,
        }
        for search in changed
    ]
    await conn.execute(_UPDATE_SEARCHES, {"now": now, "rows": to_json(rows).decode()})
    events: list[EventToWrite] = []
    for search in changed:
        call = search.call
        if call.began_at == now and call.starts_at is not None:
            body = {"call_id": call.call_id}
            events.append(EventToWrite(call.escalation_id, Kind.MUSTER_BEGAN, body, state=State.MUSTERING))
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


async def _alert(conn: AsyncConnection, escalation_id: str, call_id: str, kind: StepKind, now: datetime) -> None:
    notify = notify_leads if kind is StepKind.ALERT_LEAD else notify_managers
    await notify(conn, escalation_id, "lead_alert", now, key=f"{call_id}/{kind.value}", call=call_id)
