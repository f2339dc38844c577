"""Offers that can't be answered any more: they ran out, or their person's desk has fallen silent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.muster import open_again
from database.stores.round_writing import Told, write_events
from database.stores.timeline import notify
from database.tables.directory import presence
from database.tables.muster import offer
from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL
from domain.presence import VANISHED_AFTER

UNANSWERED = "an offer ran out unanswered"
"""The reason of the away state that a person is put in who let an offer ring out."""

_PASSED = text("""
SELECT o.call, o.nth, o.person, o.state, c.escalation, o.expires_at <= :now AS ran_out
FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
LEFT JOIN presence p ON p.person = o.person
WHERE (o.state = 'offered' AND (o.expires_at <= :now OR coalesce(p.seen_at <= :silent, true)))
   OR (o.state = 'accepted' AND c.state = 'taken' AND c.agent_joined_at IS NULL
       AND coalesce(p.seen_at <= :silent, true))
ORDER BY e.id FOR UPDATE OF e, o SKIP LOCKED
""")


async def end_passed_offers(conn: AsyncConnection, now: datetime) -> int:
    """Take back every offer that has passed; their calls wait again. Returns how many."""
    rows = (await conn.execute(_PASSED, {"now": now, "silent": now - VANISHED_AFTER})).all()
    if not rows:
        return 0
    told: list[Told] = []
    for row in rows:
        ended = update(offer).where(offer.c.call == row.call, offer.c.nth == row.nth)
        await conn.execute(ended.values(state="expired", answered_at=now))
        body = {"call_id": str(row.call), "offer": row.nth, "person": row.person}
        kind = Kind.OFFER_EXPIRED if row.state == "offered" and row.ran_out else Kind.AGENT_VANISHED
        state = State.MUSTERING if row.state == "accepted" else None
        told.append(Told(str(row.escalation), kind, body, state=state))
        await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await open_again(conn, [row.call for row in rows], now)
    rang_out = [row.person for row in rows if row.state == "offered" and row.ran_out]
    away = update(presence).where(presence.c.person.in_(rang_out), presence.c.state == "available")
    await conn.execute(away.values(state="away", reason=UNANSWERED, since=now))
    await write_events(conn, told, now)
    return len(rows)
