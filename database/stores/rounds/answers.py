"""Accepting and declining an offer. The offer's row decides who was in time; the workflow is informed afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import database_now, lock, notify, record
from database.stores.rounds.accept import AcceptRequest, take
from database.tables.muster import call, offer
from domain.escalation import Kind
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL, Tokens
from domain.offer import Acceptance, Attribution, OfferPassed


async def accept(
    conn: AsyncConnection, call_id: str, nth: int, person_id: int, tokens: Tokens, now: datetime | None = None
) -> Acceptance:
    """Accept a call. Idempotent for the same person. Raises ``OfferPassed``.

    ``now`` defaults to the database's clock.
    """
    if (accepted := await take(conn, AcceptRequest(call_id, nth, person_id), tokens, now)) is not None:
        return accepted
    row = await _locked(conn, call_id, nth, person_id)
    if row.state in ("accepted", "done"):
        return Acceptance(call_id, row.accepted_at, Attribution(**row.attribution), again=True)
    raise OfferPassed("expired" if row.state == "offered" else row.state)


async def decline(
    conn: AsyncConnection, call_id: str, nth: int, person_id: int, now: datetime | None = None, reason: str = ""
) -> None:
    """Decline a call, so that the next round asks somebody else. Idempotent. Raises ``OfferPassed``."""
    row = await _locked(conn, call_id, nth, person_id)
    if row.state == "declined":
        return
    if row.state != "offered":
        raise OfferPassed(row.state)
    moment = await database_now(conn, now)
    declined = update(offer).where(offer.c.call == call_id, offer.c.nth == nth)
    await conn.execute(declined.values(state="declined", answered_at=moment))
    await conn.execute(update(call).where(call.c.id == call_id, call.c.state == "offered").values(state="waiting"))
    body = {"call_id": call_id, "offer": nth, "person": person_id, "reason": reason[:200]}
    await record(
        conn, str(row.escalation), Kind.DECLINED, moment, body=body, actor=f"person:{person_id}", relayed=False
    )
    await notify(conn, LIVE_CHANNEL, f"person:{person_id}")
    await notify(conn, KICK_CHANNEL)


async def _locked(conn: AsyncConnection, call_id: str, nth: int, person_id: int) -> Row[Any]:
    """Lock the offer's escalation and return the offer. Raises ``OfferPassed`` if it is not this person's."""
    escalations = select(call.c.escalation).join(offer, offer.c.call == call.c.id)
    this_offer = and_(offer.c.call == call_id, offer.c.nth == nth, offer.c.person == person_id)
    escalation_id = (await conn.execute(escalations.where(this_offer))).scalar_one_or_none()
    if escalation_id is None:
        raise OfferPassed("unknown")
    await lock(conn, str(escalation_id))
    query = select(offer, call.c.escalation, call.c.attribution, call.c.accepted_at)
    query = query.join(call, call.c.id == offer.c.call)
    return (await conn.execute(query.where(this_offer))).one()
