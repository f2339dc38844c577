"""Calls that the rules accept on a person's behalf (`accept automatically`), without asking them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from database.stores.rounds.events import EventToWrite
from database.tables.customer_link import join_link
from database.tables.muster import call
from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL, Tokens, token_hash
from domain.offer import Attribution
from domain.rounds.muster import Chosen
from rules_dsl.directory import Directory

_ACCEPT = text("""
UPDATE offer o SET state = 'accepted', answered_at = :now
FROM unnest(CAST(:calls AS uuid[]), CAST(:nths AS int[])) AS g(call, nth)
WHERE o.call = g.call AND o.nth = g.nth
""")


async def accept_by_rule(
    conn: AsyncConnection, offers: Sequence[tuple[Chosen, int]], directory: Directory, tokens: Tokens, now: datetime
) -> list[EventToWrite]:
    """Accept these offers, each paired with its number; returns the events to write."""
    if not offers:
        return []
    calls = [chosen.call.call_id for chosen, _ in offers]
    await conn.execute(_ACCEPT, {"calls": calls, "nths": [nth for _, nth in offers], "now": now})
    attributed = [(chosen, nth, _attribution(chosen, directory)) for chosen, nth in offers]
    taken = update(call).where(call.c.id == bindparam("the_call"))
    taken = taken.values({name: bindparam(f"its_{name}") for name in ("person", "team", "title", "attribution")})
    taken = taken.values(state="taken", accepted_at=now)
    await conn.execute(taken, [_changes(chosen, to) for chosen, _, to in attributed])
    links = [
        {"token_hash": token_hash(tokens.agent_join(chosen.call.call_id, nth)), "call": chosen.call.call_id}
        | {"side": "agent", "person": to.person}
        for chosen, nth, to in attributed
    ]
    await conn.execute(insert(join_link).on_conflict_do_nothing(), links)
    # No offer rings for these people, so only this notification makes their desks refresh.
    for person in sorted({to.person for _, _, to in attributed}):
        await notify(conn, LIVE_CHANNEL, f"person:{person}")
    return [
        EventToWrite(
            chosen.call.escalation_id,
            Kind.ACCEPTED,
            {"call_id": chosen.call.call_id, "offer": nth, "person": to.person, "made_at": now.isoformat()}
            | {"by_rule": True},
            state=State.ACCEPTED,
        )
        for chosen, nth, to in attributed
    ]


def _changes(chosen: Chosen, to: Attribution) -> dict[str, Any]:
    who = {"its_person": to.person, "its_team": to.team, "its_title": to.title}
    return {"the_call": chosen.call.call_id, "its_attribution": asdict(to)} | who


def _attribution(chosen: Chosen, directory: Directory) -> Attribution:
    person = next(one for one in directory.people if one.id == chosen.person)
    team = next(one.name for one in directory.teams if one.id == person.team)
    title = next(one.name for one in directory.titles if one.id == person.title)
    plan = chosen.call.plan
    names = (person.team, team, person.title, title)
    return Attribution(person.id, person.name, *names, chosen.step, plan.ruleset, plan.decision.rule)
