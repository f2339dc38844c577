"""Calls that are taken back: the offer ran out, its person's desk fell silent, or the customer found nobody there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from database.stores.muster import open_again
from database.stores.rounds.events import EventToWrite, write_events
from database.tables.directory import presence
from database.tables.muster import offer
from domain.call import ALONE_PATIENCE
from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL
from domain.rounds.presence import FLOOR_SILENT_AFTER, VANISHED_AFTER, gone_after

UNANSWERED = "an offer ran out unanswered"
"""The reason of the away state that a person is put in who let an offer ring out."""

# While a call goes on, a silent desk proves nothing: people close it and talk. The customer's word does.
_PASSED = text("""
SELECT o.call, o.nth, o.person, o.state, c.escalation, o.expires_at <= :now AS ran_out, c.state = 'on_call' AS midway,
  coalesce(p.seen_at <= :silent, true) AS silent, coalesce(p.seen_at <= :unheard, true) AS unheard
FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
LEFT JOIN presence p ON p.person = o.person
WHERE (o.state = 'offered' AND (o.expires_at <= :now OR coalesce(p.seen_at <= :silent, true)))
   OR (o.state = 'accepted' AND c.state = 'taken' AND c.agent_joined_at IS NULL
       AND coalesce(p.seen_at <= :silent, true))
   OR (o.state = 'accepted' AND c.state = 'on_call' AND c.alone_at IS NOT NULL
       AND (c.alone_at <= :unanswered OR coalesce(p.seen_at <= :silent, true)))
ORDER BY e.id FOR UPDATE OF e, o SKIP LOCKED
""")

_SILENCE = text("""
SELECT count(*) FILTER (WHERE seen_at > :silent) AS heard, count(*) FILTER (WHERE seen_at <= :silent) AS silent
FROM presence WHERE state = 'available' AND seen_at > :floor
""")

# The wrap-up can still be written; its time is over, and its person can be asked again.
_LONG_WRAP_UPS = text("""
WITH over AS (
  SELECT o.call, o.nth FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
  WHERE o.state = 'accepted' AND c.state = 'wrapping_up'
    AND c.ended_at + make_interval(secs => CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8)) <= :now
  FOR UPDATE OF e, o SKIP LOCKED)
UPDATE offer o SET state = 'done' FROM over WHERE (o.call, o.nth) = (over.call, over.nth) RETURNING o.person
""")


async def end_passed_offers(conn: AsyncConnection, now: datetime) -> int:
    """Take back every offer that has passed; their calls wait again. Returns how many."""
    moments = {"now": now, "silent": now - await _gone_after(conn, now), "unanswered": now - ALONE_PATIENCE}
    moments["unheard"] = now - VANISHED_AFTER
    rows = (await conn.execute(_PASSED, moments)).all()
    if not rows:
        return 0
    told: list[EventToWrite] = []
    for row in rows:
        ended = update(offer).where(offer.c.call == row.call, offer.c.nth == row.nth)
        # Who is at their desk and did not come when the customer called for them is not asked again.
        state = "missed" if row.midway and not row.silent else "expired"
        await conn.execute(ended.values(state=state, answered_at=now))
        body = {"call_id": str(row.call), "offer": row.nth, "person": row.person}
        body |= {"midway": True} if row.midway else {}
        kind = Kind.OFFER_EXPIRED if row.state == "offered" and row.ran_out else Kind.AGENT_VANISHED
        moved_to = State.MUSTERING if row.state == "accepted" else None
        told.append(EventToWrite(str(row.escalation), kind, body, state=moved_to))
        await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await open_again(conn, [row.call for row in rows if not row.midway], now)
    await open_again(conn, [row.call for row in rows if row.midway], now, raised=True)
    # Whose desk we can't hear may have been shown nothing.
    rang_out = [row.person for row in rows if row.state == "offered" and row.ran_out and not row.unheard]
    away = update(presence).where(presence.c.person.in_(rang_out), presence.c.state == "available")
    await conn.execute(away.values(state="away", reason=UNANSWERED, since=now))
    await write_events(conn, told, now)
    return len(rows)


async def _gone_after(conn: AsyncConnection, now: datetime) -> timedelta:
    moments = {"silent": now - VANISHED_AFTER, "floor": now - FLOOR_SILENT_AFTER}
    row = (await conn.execute(_SILENCE, moments)).one()
    return gone_after(row.heard, row.silent)


async def end_long_wrap_ups(conn: AsyncConnection, now: datetime) -> int:
    """Free everybody whose wrap-up has lasted longer than the plan gives it. Returns how many."""
    people = (await conn.execute(_LONG_WRAP_UPS, {"now": now})).scalars().all()
    for person in people:
        await notify(conn, LIVE_CHANNEL, f"person:{person}")
    return len(people)
