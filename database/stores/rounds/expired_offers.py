"""Take calls back if the offer expired, the agent's desk went silent, or the customer found nobody in the room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from database.stores.muster import reopen
from database.stores.rounds.events import EventToWrite, write_events
from database.tables.directory import presence
from database.tables.muster import offer
from domain.call import ALONE_TIMEOUT
from domain.escalation import Kind, State
from domain.ids import LIVE_CHANNEL
from domain.rounds.presence import FLOOR_SILENT_AFTER, VANISHED_AFTER, gone_after

UNANSWERED = "an offer ran out unanswered"
"""Reason shown when a person has been set to away because they left an offer unanswered."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# During a call, a silent desk proves nothing, because people close it while they talk. Only the customer's report
# counts.
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

# These wrap-ups can still be written, but their time limit has passed, so the agents can be asked to take calls again.
_LONG_WRAP_UPS = text("""
WITH over AS (
  SELECT o.call, o.nth FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
  WHERE o.state = 'accepted' AND c.state = 'wrapping_up'
    AND c.ended_at + make_interval(secs => CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8)) <= :now
  FOR UPDATE OF e, o SKIP LOCKED)
UPDATE offer o SET state = 'done' FROM over WHERE (o.call, o.nth) = (over.call, over.nth) RETURNING o.person
""")


async def end_passed_offers(conn: AsyncConnection, now: datetime, *, desks_return: bool = False) -> int:
    """Take back every passed offer and return its call to waiting. Returns the number of offers.

    ``desks_return``: after a standstill, nobody counts as silent before their desk could come back.
    """
    silent = _LONG_AGO if desks_return else now - await _gone_after(conn, now)
    moments = {"now": now, "silent": silent, "unanswered": _LONG_AGO if desks_return else now - ALONE_TIMEOUT}
    moments["unheard"] = now - VANISHED_AFTER
    rows = (await conn.execute(_PASSED, moments)).all()
    if not rows:
        return 0
    events: list[EventToWrite] = []
    for row in rows:
        ended = update(offer).where(offer.c.call == row.call, offer.c.nth == row.nth)
        # People at their desk who ignored the customer's report are not asked to take this call again.
        state = "missed" if row.midway and not row.silent else "expired"
        await conn.execute(ended.values(state=state, answered_at=now))
        body = {"call_id": str(row.call), "offer": row.nth, "person": row.person}
        body |= {"midway": True} if row.midway else {}
        kind = Kind.OFFER_EXPIRED if row.state == "offered" and row.ran_out else Kind.AGENT_VANISHED
        moved_to = State.MUSTERING if row.state == "accepted" else None
        events.append(EventToWrite(str(row.escalation), kind, body, state=moved_to))
        await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await reopen(conn, [row.call for row in rows if not row.midway], now)
    await reopen(conn, [row.call for row in rows if row.midway], now, raised=True)
    # A desk that was silent may not have shown the offer, so its agent isn't set to away.
    rang_out = [row.person for row in rows if row.state == "offered" and row.ran_out and not row.unheard]
    away = update(presence).where(presence.c.person.in_(rang_out), presence.c.state == "available")
    await conn.execute(away.values(state="away", reason=UNANSWERED, since=now))
    await write_events(conn, events, now)
    return len(rows)


async def _gone_after(conn: AsyncConnection, now: datetime) -> timedelta:
    """How long a desk must be silent to count as gone; longer if at least half of all desks fell silent together."""
    moments = {"silent": now - VANISHED_AFTER, "floor": now - FLOOR_SILENT_AFTER}
    row = (await conn.execute(_SILENCE, moments)).one()
    return gone_after(row.heard, row.silent)


async def end_long_wrap_ups(conn: AsyncConnection, now: datetime) -> int:
    """Free everybody whose wrap-up has exceeded the plan's time limit. Returns the number of people."""
    people = (await conn.execute(_LONG_WRAP_UPS, {"now": now})).scalars().all()
    for person in people:
        await notify(conn, LIVE_CHANNEL, f"person:{person}")
    return len(people)
