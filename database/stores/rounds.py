"""One round: every call due now matched with everyone free now, in one transaction.

Any number of processes may try at the same moment: the transaction-level try-lock elects one, and the partial
unique indexes (one live offer a person, one a call) are the invariant (docs/architecture.md, "The round").
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory import read_directory
from database.stores.passed_offers import end_passed_offers
from database.stores.round_facts import read_due
from database.stores.round_people import read_colleagues
from database.stores.round_writing import Told, write_events
from database.stores.telling import tell_leads, tell_managers
from database.stores.timeline import database_now, notify
from database.tables.muster import call, offer
from database.tables.muster import round as round_table
from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL
from domain.muster import Chosen, RoundResult, Searched, choose
from rules_dsl.decision import StepKind
from rules_dsl.directory import Directory

LOCK = 7_301_945_221  # any number that nothing else in this database locks


@dataclass(frozen=True)
class RoundReport:
    """What one round came to."""

    due: int
    offers: int
    ended: int
    """Offers that ran out or whose person vanished."""


async def run_round(conn: AsyncConnection, now: datetime | None = None) -> RoundReport | None:
    """Run one round in the caller's transaction; None where another process is at it.

    ``now`` is the database's clock unless given.
    """
    began = time.perf_counter()
    await conn.execute(text("SET LOCAL transaction_timeout = '5s'"))
    if not (await conn.execute(select(func.pg_try_advisory_xact_lock(LOCK)))).scalar_one():
        return None
    moment = await database_now(conn, now)
    ended = await end_passed_offers(conn, moment)
    due = await read_due(conn, moment)
    if not due:
        return RoundReport(0, 0, ended)
    directory = await read_directory(conn)
    midnight = moment.astimezone(ZoneInfo(directory.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    colleagues = await read_colleagues(conn, directory, moment, midnight)
    result = choose(due, colleagues, directory, moment)
    await _write_searches(conn, result.searches, moment)
    made = await _write_offers(conn, result, directory, moment, began)
    if made or ended:
        await notify(conn, LIVE_CHANNEL, "round:0")
    return RoundReport(len(due), made, ended)


async def _write_searches(conn: AsyncConnection, searches: Sequence[Searched], now: datetime) -> None:
    """Steps taken, alerts raised, searches that ended with nobody."""
    told: list[Told] = []
    for searched in searches:
        one = searched.call
        if one.began_at != now and not searched.taken and not searched.exhausted:
            continue
        changes: dict[str, Any] = {"search_began_at": one.began_at, "step": one.step, "skipped": one.skipped}
        if searched.taken:
            changes["step_at"] = now
        if searched.exhausted:
            changes["state"] = "unserved"
        await conn.execute(update(call).where(call.c.id == one.call_id).values(changes))
        if one.began_at == now and one.starts_at is not None:
            body = {"call_id": one.call_id}
            told.append(Told(one.escalation_id, Kind.MUSTER_BEGAN, body, state=State.MUSTERING))
        for step in searched.taken:
            taken: dict[str, Any] = {"call_id": one.call_id, "step": step.text, "after": step.after}
            if step.kind in (StepKind.ALERT_LEAD, StepKind.ALERT_DUTY):
                await _alert(conn, one.escalation_id, one.call_id, step.kind, now)
                told.append(Told(one.escalation_id, Kind.ALERTED, taken))
            else:
                told.append(Told(one.escalation_id, Kind.STEP_TAKEN, taken))
        if searched.exhausted:
            told.append(Told(one.escalation_id, Kind.EXHAUSTED, {"call_id": one.call_id}))
    await write_events(conn, told, now)


async def _alert(conn: AsyncConnection, escalation_id: str, call_id: str, kind: StepKind, now: datetime) -> None:
    tell = tell_leads if kind is StepKind.ALERT_LEAD else tell_managers
    await tell(conn, escalation_id, "lead_alert", now, key=f"{call_id}/{kind.value}", call=call_id)


async def _write_offers(
    conn: AsyncConnection, result: RoundResult, directory: Directory, now: datetime, began: float
) -> int:
    if not result.offers:
        return 0
    took = int((time.perf_counter() - began) * 1000)
    row: dict[str, Any] = {"at": now, "calls": len(result.searches), "offers": len(result.offers), "took_ms": took}
    written = round_table.insert().values(**row).returning(round_table.c.id)
    round_id: int = (await conn.execute(written)).scalar_one()
    nths = await _last_offers(conn, [chosen.call.call_id for chosen in result.offers])
    rows = [_offer(chosen, nths[chosen.call.call_id] + 1, round_id, directory, now) for chosen in result.offers]
    statement = insert(offer).values(rows).on_conflict_do_nothing().returning(offer.c.call, offer.c.nth)
    made = {str(call_id): nth for call_id, nth in await conn.execute(statement)}
    await conn.execute(update(call).where(call.c.id.in_(list(made))).values(state="offered"))
    told = [
        Told(
            chosen.call.escalation_id,
            Kind.OFFERED,
            {
                "call_id": chosen.call.call_id,
                "offer": made[chosen.call.call_id],
                "person": chosen.person,
                "step": chosen.step,
                "round": round_id,
            },
        )
        for chosen in result.offers
        if chosen.call.call_id in made
    ]
    await write_events(conn, told, now)
    return len(made)


async def _last_offers(conn: AsyncConnection, calls: Sequence[str]) -> dict[str, int]:
    query = select(offer.c.call, func.max(offer.c.nth)).where(offer.c.call.in_(calls)).group_by(offer.c.call)
    return defaultdict(int, {str(call_id): nth for call_id, nth in await conn.execute(query)})


def _offer(chosen: Chosen, nth: int, round_id: int, directory: Directory, now: datetime) -> dict[str, Any]:
    names = {person.id: person.name for person in directory.people}
    why = {
        "step": chosen.step,
        "pool": chosen.pool_text,
        "values": list(chosen.values),
        "against": list(chosen.against),
        "considered": [
            {
                "person": other.person,
                "name": names.get(other.person, ""),
                "values": list(other.values),
                "after": other.after,
            }
            for other in chosen.considered
        ],
        "excluded": [
            {"person": other.person, "name": names.get(other.person, ""), "clause": other.clause}
            for other in chosen.excluded
        ],
        "round": round_id,
    }
    return {
        "call": chosen.call.call_id,
        "nth": nth,
        "person": chosen.person,
        "round": round_id,
        "state": "offered",
        "step": chosen.step,
        "why": why,
        "made_at": now,
        "expires_at": now + timedelta(seconds=chosen.call.plan.decision.calls.offer),
    }
