"""A round's offers as rows, all in a few statements, each with the reasons for it."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.accepted_by_rule import accept_by_rule
from database.stores.round_writing import Told, write_events
from database.stores.timeline import notify
from database.tables.muster import call, offer
from database.tables.muster import round as round_table
from domain.escalation import Kind
from domain.ids import LIVE_CHANNEL, Tokens
from domain.muster import Chosen, RoundResult
from rules_dsl.directory import Directory

_OFFER = text("""
INSERT INTO offer (call, nth, person, round, state, step, why, made_at, expires_at)
SELECT call, nth, person, :round, 'offered', step, why, :now, CAST(:now AS timestamptz) + seconds * interval '1 second'
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS u(call uuid, nth int, person int, step int, why jsonb, seconds int)
ON CONFLICT DO NOTHING RETURNING call, nth
""")


async def write_offers(
    conn: AsyncConnection, result: RoundResult, directory: Directory, tokens: Tokens, now: datetime, began: float
) -> int:
    """Write the offers of a round, and the acceptance of those that the rules accept by themselves.

    ``began`` is when the round did, by ``time.perf_counter``. Returns how many were made.
    """
    if not result.offers:
        return 0
    took = int((time.perf_counter() - began) * 1000)
    row: dict[str, Any] = {"at": now, "calls": len(result.searches), "offers": len(result.offers), "took_ms": took}
    written = round_table.insert().values(**row).returning(round_table.c.id)
    round_id: int = (await conn.execute(written)).scalar_one()
    nths = await _last_offers(conn, [chosen.call.call_id for chosen in result.offers])
    reasons = _reasons(result.offers, directory, round_id)
    rows = [
        {
            "call": chosen.call.call_id,
            "nth": nths[chosen.call.call_id] + 1,
            "person": chosen.person,
            "step": chosen.step,
            "why": why,
            "seconds": chosen.call.plan.decision.calls.offer,
        }
        for chosen, why in zip(result.offers, reasons, strict=True)
    ]
    values = {"round": round_id, "now": now, "rows": json.dumps(rows)}
    made = {str(row.call): row.nth for row in await conn.execute(_OFFER, values)}
    await conn.execute(update(call).where(call.c.id.in_(list(made))).values(state="offered"))
    # Each asked person's desk finds itself in the round's offers.
    await notify(conn, LIVE_CHANNEL, f"round:{round_id}")
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
    automatic = [
        (chosen, made[chosen.call.call_id])
        for chosen in result.offers
        if chosen.call.call_id in made and chosen.call.plan.decision.calls.accept_automatically
    ]
    await write_events(conn, [*told, *await accept_by_rule(conn, automatic, directory, tokens, now)], now)
    return len(made)


async def _last_offers(conn: AsyncConnection, calls: Sequence[str]) -> dict[str, int]:
    query = select(offer.c.call, func.max(offer.c.nth)).where(offer.c.call.in_(calls)).group_by(offer.c.call)
    return defaultdict(int, {str(call_id): nth for call_id, nth in await conn.execute(query)})


def _reasons(offers: Sequence[Chosen], directory: Directory, round_id: int) -> Iterator[dict[str, Any]]:
    """What each offer's ``why`` says."""
    names = {person.id: person.name for person in directory.people}
    for chosen in offers:
        yield {
            "step": chosen.step,
            "pool": chosen.pool_text,
            "values": chosen.values,
            "against": chosen.against,
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
                {"person": other.person, "name": names.get(other.person, ""), "clause": other.clause}
                for other in chosen.excluded
            ],
            "round": round_id,
        }
