"""Write a round's offers in a few statements, each with its reasons."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from database.stores.rounds.auto_accept import accept_by_rule
from database.stores.rounds.events import EventToWrite
from database.tables.muster import round as round_table
from domain.escalation import Kind
from domain.ids import LIVE_CHANNEL, Tokens
from domain.rounds.muster import Chosen, RoundResult
from rules_dsl.directory import Directory

_OFFER = text("""
WITH made AS (
  INSERT INTO offer (call, nth, person, round, state, step, why, made_at, expires_at)
  SELECT u.call, 1 + coalesce((SELECT max(o.nth) FROM offer o WHERE o.call = u.call), 0), person, :round, 'offered',
    step, why, :now, CAST(:now AS timestamptz) + seconds * interval '1 second'
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS u(call uuid, person int, step int, why jsonb, seconds int)
  ON CONFLICT DO NOTHING RETURNING call, nth)
UPDATE call c SET state = 'offered' FROM made WHERE c.id = made.call RETURNING made.call, made.nth
""")


async def write_offers(
    conn: AsyncConnection, result: RoundResult, directory: Directory, tokens: Tokens, now: datetime, began: float
) -> tuple[int, list[EventToWrite]]:
    """Write a round's offers, and accept those whose rules say `accept automatically`.

    ``began`` is when the round began, according to ``time.perf_counter``. Returns the number of offers, and the events
    to write.
    """
    if not result.offers:
        return 0, []
    took = int((time.perf_counter() - began) * 1000)
    row: dict[str, Any] = {"at": now, "calls": len(result.searches), "offers": len(result.offers), "took_ms": took}
    written = round_table.insert().values(**row).returning(round_table.c.id)
    round_id: int = (await conn.execute(written)).scalar_one()
    reasons = _reasons(result.offers, directory, round_id)
    rows = [
        {
            "call": chosen.call.call_id,
            "person": chosen.person,
            "step": chosen.step,
            "why": why,
            "seconds": chosen.call.plan.decision.calls.offer,
        }
        for chosen, why in zip(result.offers, reasons, strict=True)
    ]
    values = {"round": round_id, "now": now, "rows": to_json(rows).decode()}
    made = {str(row.call): row.nth for row in await conn.execute(_OFFER, values)}
    # One notification per round: each desk looks itself up in the round's offers.
    await notify(conn, LIVE_CHANNEL, f"round:{round_id}")
    events = [
        EventToWrite(
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
    automatic = [
        (chosen, made[chosen.call.call_id])
        for chosen in result.offers
        if chosen.call.call_id in made and chosen.call.plan.decision.calls.accept_automatically
    ]
    return len(made), [*events, *await accept_by_rule(conn, automatic, directory, tokens, now)]


def _reasons(offers: Sequence[Chosen], directory: Directory, round_id: int) -> Iterator[dict[str, Any]]:
    """Each offer's ``why`` column."""
    names = {person.id: person.name for person in directory.people}
    for chosen in offers:
        yield {
            "step": chosen.step,
            "pool": chosen.pool_text,
            "values": chosen.values,
            "against": chosen.soft_constraints,
            "considered": [
                {
                    "person": other.person,
                    "name": names.get(other.person, ""),
                    "values": other.values,
                    "after": other.after,
                }
                for other in chosen.considered
            ],
            "excluded": [
                {"person": other.person, "name": names.get(other.person, ""), "clause": other.reason}
                for other in chosen.excluded
            ],
            "round": round_id,
        }
