"""Accepting and declining: row first. The row judges who was in time; the workflow is told afterwards."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.call import make_agent_join_link
from database.stores.timeline import database_now, lock, notify, record
from database.tables.directory import person, team, title
from database.tables.escalation import escalation
from database.tables.muster import call, offer
from domain.escalation import Kind, State
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL, Tokens
from domain.offer import Accepted, Attribution, OfferPassed


async def accept(
    conn: AsyncConnection, call_id: str, nth: int, person_id: int, tokens: Tokens, now: datetime | None = None
) -> Accepted:
    """Take the call. Asked again by the same person, it answers the same. Raises ``OfferPassed``.

    ``now`` is the database's clock unless given.
    """
    made = await _locked(conn, call_id, nth, person_id)
    if made.state in ("accepted", "done"):
        return Accepted(call_id, made.accepted_at, Attribution(**made.attribution), again=True)
    moment = await database_now(conn, now)
    still = and_(offer.c.state == "offered", offer.c.expires_at > moment)
    taken = update(offer).where(offer.c.call == call_id, offer.c.nth == nth, offer.c.person == person_id, still)
    if (await conn.execute(taken.values(state="accepted", answered_at=moment))).rowcount == 0:
        raise OfferPassed("expired" if made.state == "offered" else made.state)
    attribution = await _attribution(conn, made)
    changes: dict[str, Any] = {"state": "taken", "accepted_at": moment, "attribution": asdict(attribution)}
    changes |= {"person": attribution.person, "team": attribution.team, "title": attribution.title}
    await conn.execute(update(call).where(call.c.id == call_id).values(changes))
    await make_agent_join_link(conn, call_id, nth, person_id, tokens)
    body = {"call_id": call_id, "offer": nth, "person": person_id, "made_at": made.made_at.isoformat()}
    await record(
        conn,
        str(made.escalation),
        Kind.ACCEPTED,
        moment,
        body=body,
        actor=f"person:{person_id}",
        key=f"accepted/{call_id}/{nth}",
        told=False,
        state=State.ACCEPTED,
    )
    await notify(conn, LIVE_CHANNEL, f"person:{person_id}")
    return Accepted(call_id, moment, attribution)


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
    query = select(
        offer, call.c.escalation, call.c.attribution, call.c.accepted_at, escalation.c.ruleset, escalation.c.rule
    )
    query = query.join(call, call.c.id == offer.c.call).join(escalation, escalation.c.id == call.c.escalation)
    return (await conn.execute(query.where(mine))).one()


async def _attribution(conn: AsyncConnection, made: Row[Any]) -> Attribution:
    query = (
        select(person.c.name, team.c.id.label("team"), team.c.name.label("team_name"), title.c.id, title.c.name)
        .join(team, team.c.id == person.c.team)
        .join(title, title.c.id == person.c.title)
        .where(person.c.id == made.person)
    )
    name, team_id, team_name, title_id, title_name = (await conn.execute(query)).one()
    return Attribution(made.person, name, team_id, team_name, title_id, title_name, made.step, made.ruleset, made.rule)
