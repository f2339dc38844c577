"""Opening an escalation: one transaction, from the request to the row from which the relay starts a workflow."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.customer_link import issue_first
from database.stores.directory.snapshots import store_snapshot
from database.stores.escalations.ticket_accounts import find_open, identified
from database.stores.escalations.ticket_news import news_columns
from database.stores.journal.plan_json import dump_plan, load_plan
from database.stores.journal.timeline import record
from database.stores.muster import begin_call_now
from database.stores.rules.rollouts import note_case, rules_for_opening
from database.stores.seats.pools import pool_of
from database.tables.escalation import customer, escalation, request_key
from domain.escalation import (
    BookingOnly,
    CallRefused,
    KeyReused,
    Kind,
    Mode,
    NoRules,
    Opening,
    OpeningResult,
    Outcome,
    State,
)
from domain.failure import Failure
from domain.ids import Tokens
from domain.plan import Plan, check_allows, team_of
from domain.tickets.reference import NO_NEWS
from rules_dsl import read_facts
from rules_dsl.directory import Directory, Facts

PRIORITY_STEP = 10
"""Distance between two adjacent levels of an ordered priority; the gap leaves room to raise a call's priority."""


async def open_or_refuse(engine: AsyncEngine, opening: Opening, tokens: Tokens, now: datetime) -> OpeningResult:
    """Open an escalation; it is committed when this returns. A refusal by the rules is stored as well, then raised.

    Raises ``CallRefused``, ``BookingOnly``, ``NoRules``, ``KeyReused``, and the rules' ``FactRefused``.
    """
    async with engine.begin() as conn:
        result, refusal = await open_in(conn, opening, tokens, now)
    if refusal is not None:
        raise refusal
    return result


async def open_in(
    conn: AsyncConnection, opening: Opening, tokens: Tokens, now: datetime
) -> tuple[OpeningResult, Failure | None]:
    """The same in the caller's transaction; returns a refusal that the transaction stores, for the caller to raise."""
    ticket = opening.ticket
    if (existing := await _opened_by_key(conn, opening)) is not None:
        return OpeningResult(existing, created=False, repeated=True), None
    identity = await identified(conn, ticket)
    # The second is the previous release's lock.
    await _take_turns(conn, f"ticket/{identity.id}", f"ticket/{identity.system}/{identity.id}")
    if (existing := await find_open(conn, identity, opening.opened_by)) is not None:
        repeated = existing == await _opened_by_key(conn, opening)
        return OpeningResult(existing, created=False, repeated=repeated), None
    rules = await rules_for_opening(conn, opening.customer.email)
    desk, directory, ruleset = rules.desk, rules.directory, rules.ruleset
    if desk is None or ruleset is None:
        raise NoRules()
    facts = read_facts(opening.customer.facts | ticket.facts, directory)
    plan = Plan(ruleset.decide(facts, now), ruleset.version, now)
    escalation_id = str(uuid.uuid4())
    refusal = _refusal(plan, opening.mode, escalation_id)
    row = {
        "id": escalation_id,
        "desk": desk.id,
        "ticket_system": identity.system,
        "ticket_account": identity.account,
        "ticket_id": identity.id,
        "ticket_url": ticket.url,
        **news_columns(ticket.news),
        "conversation": list(opening.conversation),
        "subject": ticket.subject,
        "facts": dict(facts),
        "customer": await _customer(conn, opening),
        "customer_named": opening.customer.name,
        "customer_zone": opening.customer.time_zone,
        "mode": opening.mode.value,
        "state": (State.REFUSED if refusal else _first_state(opening.mode)).value,
        "outcome": Outcome.REFUSED.value if refusal else None,
        "priority": _priority(facts, directory),
        "plan": dump_plan(plan),
        "ruleset": plan.ruleset,
        "rule": plan.decision.rule,
        "directory": await store_snapshot(conn, directory, now),
        "opened_by": opening.opened_by,
        "opened_at": now,
        "updated_at": now,
        "closed_at": now if refusal else None,
    }
    await conn.execute(escalation.insert().values(row))
    await note_case(conn, escalation_id, rules)
    await _store_key(conn, opening, escalation_id, now)
    if refusal is not None:
        body = {"rule": plan.decision.rule, "reason": refusal.detail}
        await record(conn, escalation_id, Kind.REFUSED, now, body=body, actor=opening.opened_by)
    else:
        await _start_life(conn, escalation_id, desk.id, plan, directory, opening, tokens, now)
    return OpeningResult(escalation_id, created=True), refusal


async def _start_life(
    conn: AsyncConnection,
    escalation_id: str,
    desk: int,
    plan: Plan,
    directory: Directory,
    opening: Opening,
    tokens: Tokens,
    now: datetime,
) -> None:
    """Write the pool, either the link or the call, and the event from which the relay starts the workflow."""
    changes = {
        "pool": await pool_of(conn, desk, plan, directory, now),
        "team": team_of(plan.decision.targets[0], directory),
    }
    await conn.execute(update(escalation).where(escalation.c.id == escalation_id).values(changes))
    body = {"rule": plan.decision.rule, "ruleset": plan.ruleset, "mode": opening.mode.value}
    body |= {"again_of": opening.again_of} if opening.again_of else {}
    await record(conn, escalation_id, Kind.OPENED, now, body=body, actor=opening.opened_by, relayed=False)
    if opening.mode is Mode.NOW:
        await begin_call_now(conn, escalation_id, plan, tokens, now)
    else:
        await issue_first(conn, escalation_id, plan, tokens, now)


def _first_state(mode: Mode) -> State:
    return State.MUSTERING if mode is Mode.NOW else State.INVITED


def _refusal(plan: Plan, mode: Mode, escalation_id: str) -> Failure | None:
    try:
        check_allows(plan, mode)
    except CallRefused as refused:
        refused.escalation_id = escalation_id
        return refused
    except BookingOnly as refused:
        return refused
    return None


def _priority(facts: Facts, directory: Directory) -> int:
    declared, value = directory.fact_named("priority"), facts.get("priority")
    if declared is None or value not in declared.values:
        return 0
    return declared.values.index(str(value)) * PRIORITY_STEP


async def _opened_by_key(conn: AsyncConnection, opening: Opening) -> str | None:
    """The escalation that this request already opened, if it has an idempotency key."""
    if not opening.idempotency_key:
        return None
    await _take_turns(conn, f"key/{opening.opened_by}/{opening.idempotency_key}")
    query = select(request_key).where(
        request_key.c.scope == opening.opened_by, request_key.c.key == opening.idempotency_key
    )
    if (row := (await conn.execute(query)).one_or_none()) is None:
        return None
    if row.fingerprint != _fingerprint(opening):
        raise KeyReused(opening.idempotency_key)
    await _refuse_again(conn, str(row.escalation), opening.mode)
    return str(row.escalation)


async def _take_turns(conn: AsyncConnection, *names: str) -> None:
    """Let only one transaction at a time go on for each of these names."""
    for name in names:
        await conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


async def _refuse_again(conn: AsyncConnection, escalation_id: str, mode: Mode) -> None:
    """If this request was refused before, refuse it again in the same words."""
    query = select(escalation.c.plan, escalation.c.state).where(escalation.c.id == escalation_id)
    row = (await conn.execute(query)).one()
    if row.state == State.REFUSED and (refusal := _refusal(load_plan(row.plan), mode, escalation_id)) is not None:
        raise refusal


async def _store_key(conn: AsyncConnection, opening: Opening, escalation_id: str, now: datetime) -> None:
    if not opening.idempotency_key:
        return
    row = {"scope": opening.opened_by, "key": opening.idempotency_key, "fingerprint": _fingerprint(opening)}
    await conn.execute(request_key.insert().values(row | {"escalation": escalation_id, "at": now}))


def _fingerprint(opening: Opening) -> str:
    """Hash of the request, excluding the account, which Muster may have determined itself.

    What the previous release didn't know counts only if it was sent, so that its requests keep their hash.
    """
    ticket = {name: value for name, value in asdict(opening.ticket).items() if name not in ("account", "news")}
    customer_sent = {name: value for name, value in asdict(opening.customer).items() if name != "phone" or value}
    request: dict[str, object] = {"ticket": ticket, "customer": customer_sent, "mode": opening.mode.value}
    if opening.ticket.news != NO_NEWS:
        request["news"] = asdict(opening.ticket.news)
    if opening.conversation:
        request["conversation"] = opening.conversation
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()


async def _customer(conn: AsyncConnection, opening: Opening) -> int:
    """Insert or update the customer and return their id. Unknown values don't replace known ones."""
    details = opening.customer
    known = {"time_zone": details.time_zone, "language": details.language, "phone": details.phone}
    statement = insert(customer).values(email=details.email.lower(), name=details.name, **known)
    changes = {name: statement.excluded[name] for name in ("name", *(name for name, value in known.items() if value))}
    statement = statement.on_conflict_do_update(index_elements=["email"], set_=changes)
    customer_id: int = (await conn.execute(statement.returning(customer.c.id))).scalar_one()
    return customer_id
