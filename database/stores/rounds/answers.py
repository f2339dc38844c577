"""Accepting and declining: row first. The row judges who was in time; the workflow is told afterwards."""

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
    """Take the call. Asked again by the same person, it answers the same. Raises ``OfferPassed``.

    ``now`` is the database's clock unless given.
    """
    if (accepted := await take(conn, AcceptRequest(call_id, nth, person_id), tokens, now)) is not None:
        return accepted
    made = await _locked(conn, call_id, nth, person_id)
    if made.state in ("accepted", "done"):
        return Acceptance(call_id, made.accepted_at, Attribution(**made.attribution), again=True)
    raise OfferPassed("expired" if made.state == "offered" else made.state)


async def decline(
    conn: AsyncConnection, call_id: str, nth: int, person_id: int, now: datetime | None = None, reason: str = ""
) -> None:
    """Let the call go to somebody else. Declining twice is declining once. Raises ``OfferPassed``."""
    made = await _locked(conn, call_id, nth, person_id)
    if made.state == "declined":
        return
    if made.state != "offered":
        raise OfferPassed(made.state)
    moment = await database_now(conn, now)
    gone = update(offer).where(offer.c.call == call_id, offer.c.nth == nth)
    await conn.execute(gone.values(state="declined", answered_at=moment))
    await conn.execute(update(call).where(call.c.id == call_id, call.c.state == "offered").values(state="waiting"))
    body = {"call_id": call_id, "offer": nth, "person": person_id, "reason": reason[:200]}
    await record(conn, str(made.escalation), Kind.DECLINED, moment, body=body, actor=f"person:{person_id}", told=False)
    await notify(conn, LIVE_CHANNEL, f"person:{person_id}")
    await notify(conn, KICK_CHANNEL)


async def _locked(conn: AsyncConnection, call_id: str, nth: int, person_id: int) -> Row[Any]:
    """The offer, its escalation locked. Raises ``OfferPassed`` where it is not this person's."""
    owner = select(call.c.escalation).join(offer, offer.c.call == call.c.id)
    mine = and_(offer.c.call == call_id, offer.c.nth == nth, offer.c.person == person_id)
    escalation_id = (await conn.execute(owner.where(mine))).scalar_one_or_none()
    if escalation_id is None:
        raise OfferPassed("unknown")
    await lock(conn, str(escalation_id))
    query = select(offer, call.c.escalation, call.c.attribution, call.c.accepted_at)
    query = query.join(call, call.c.id == offer.c.call)
    return (await conn.execute(query.where(mine))).one()
