"""One round: every call due now matched with everyone free now, in one transaction.

Any number of processes may try at the same moment: the transaction-level try-lock elects one, and the partial
unique indexes (one live offer a person, one a call) are the invariant (docs/architecture.md, "The round").
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

LOCK = 7_301_945_221  # any number that nothing else in this database locks


@dataclass(frozen=True)
class RoundReport:
    """What one round came to."""

    due: int
    offers: int
    ended: int
    """Offers that ran out, whose person vanished, or whose wrap-up lasted too long: somebody may be free again."""


async def run_round(conn: AsyncConnection, tokens: Tokens, now: datetime | None = None) -> RoundReport | None:
    """Run one round in the caller's transaction; None where another process is at it.

    ``now`` is the database's clock unless given; ``tokens`` makes the join links of calls that are accepted by rule.
    """
    began = time.perf_counter()
    if not await alone(conn):
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
    searched = await _write_searches(conn, result.searches, moment)
    made, offered = await write_offers(conn, result, directory, tokens, moment, began)
    await write_events(conn, [*searched, *offered], moment)
    await update_places(conn, result, directory, colleagues, moment)
    return RoundReport(len(due), made, ended)


async def alone(conn: AsyncConnection) -> bool:
    """Whether no other process is at a round; it stays so until this transaction ends, five seconds at most."""
    await conn.execute(text("SET LOCAL transaction_timeout = '5s'"))
    return bool((await conn.execute(select(func.pg_try_advisory_xact_lock(LOCK)))).scalar_one())


_MOVED = text("""
UPDATE call c SET search_began_at = u.began_at, step = u.step, skipped = u.skipped,
  step_at = CASE WHEN u.step_taken THEN :now ELSE c.step_at END,
  state = CASE WHEN u.exhausted THEN 'unserved' ELSE c.state END
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS u(call uuid, began_at timestamptz, step int, skipped int, step_taken boolean, exhausted boolean)
WHERE c.id = u.call
""")


async def _write_searches(conn: AsyncConnection, searches: Sequence[SearchState], now: datetime) -> list[EventToWrite]:
    """Steps taken, alerts raised, searches that ended with nobody; returns what there is to tell of them."""
    moved = [one for one in searches if one.call.began_at == now or one.taken or one.exhausted]
    if not moved:
        return []
    rows = [
        {
            "call": one.call.call_id,
            "began_at": one.call.began_at,
            "step": one.call.step,
            "skipped": one.call.skipped,
            "step_taken": bool(one.taken),
            "exhausted": one.exhausted,
        }
        for one in moved
    ]
    await conn.execute(_MOVED, {"now": now, "rows": to_json(rows).decode()})
    told: list[EventToWrite] = []
    for searched in moved:
        one = searched.call
        if one.began_at == now and one.starts_at is not None:
            body = {"call_id": one.call_id}
            told.append(EventToWrite(one.escalation_id, Kind.MUSTER_BEGAN, body, state=State.MUSTERING))
        for step in searched.taken:
            taken: dict[str, Any] = {"call_id": one.call_id, "step": step.text, "after": step.after}
            if step.kind in (StepKind.ALERT_LEAD, StepKind.ALERT_DUTY):
                await _alert(conn, one.escalation_id, one.call_id, step.kind, now)
                told.append(EventToWrite(one.escalation_id, Kind.ALERTED, taken))
            else:
                told.append(EventToWrite(one.escalation_id, Kind.STEP_TAKEN, taken))
        if searched.exhausted:
            told.append(EventToWrite(one.escalation_id, Kind.EXHAUSTED, {"call_id": one.call_id}))
    return told


async def _alert(conn: AsyncConnection, escalation_id: str, call_id: str, kind: StepKind, now: datetime) -> None:
    tell = notify_leads if kind is StepKind.ALERT_LEAD else notify_managers
    await tell(conn, escalation_id, "lead_alert", now, key=f"{call_id}/{kind.value}", call=call_id)
