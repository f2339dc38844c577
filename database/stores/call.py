"""Ending a call, and the personal join links that record who has joined it.

Only join links lead to the room's address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import lock, notify, record
from database.tables.call_page import call_peer, call_signal
from database.tables.customer_link import join_link
from database.tables.directory import desk, team
from database.tables.escalation import escalation
from database.tables.muster import call, offer
from domain.call import CallOver, JoinUnknown, NotYours
from domain.escalation import Kind, State
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL, Tokens, token_hash
from domain.media.room import Room


async def make_join_links(conn: AsyncConnection, call_id: str, tokens: Tokens) -> None:
    """Create the customer's join link for a call, unless it exists."""
    row = {"token_hash": token_hash(tokens.customer_join(call_id)), "call": call_id, "side": "customer"}
    await conn.execute(insert(join_link).values(row).on_conflict_do_nothing())


@dataclass(frozen=True)
class JoinPage:
    """What the join page shows. ``ready``: an agent has taken the call. ``over``: the call has ended for this side."""

    call_id: str
    side: str
    """``customer`` or ``agent``."""
    person: int | None
    nth: int
    """Number of the call within its escalation; the customer link that led to it has the same number."""
    escalation_id: str
    subject: str
    team_name: str
    desk_name: str
    starts_at: datetime | None
    call_state: str
    customer_joined_at: datetime | None
    agent_joined_at: datetime | None
    ready: bool
    over: bool


async def find_join(conn: AsyncConnection, token: str) -> JoinPage | None:
    """Find the call behind a join token. Changes nothing."""
    row = await _find(conn, token)
    if row is None:
        return None
    is_participant = row.side == "customer" or row.person == row.call_person
    return JoinPage(
        call_id=str(row.call),
        side=row.side,
        person=row.person,
        nth=row.nth,
        escalation_id=str(row.escalation),
        subject=row.subject,
        team_name=row.team_name,
        desk_name=row.desk_name,
        starts_at=row.starts_at,
        call_state=row.call_state,
        customer_joined_at=row.customer_joined_at,
        agent_joined_at=row.agent_joined_at,
        ready=row.call_state in ("taken", "on_call"),
        over=row.call_state not in ("waiting", "offered", "taken", "on_call") or not is_participant,
    )


async def arrive(conn: AsyncConnection, token: str, room: Room, now: datetime) -> str | None:
    """Record that this side has joined; returns the room's address, or None while nobody has taken the call.

    The built-in room has no address of its own: it is an empty text. Joining again is harmless. Raises
    ``JoinUnknown``, ``CallOver``, ``NotYours``.
    """
    row = await _find(conn, token)
    if row is None:
        raise JoinUnknown()
    await lock(conn, str(row.escalation))
    row = await _find(conn, token)
    if row is None:
        raise JoinUnknown()
    if row.call_state not in ("waiting", "offered", "taken", "on_call"):
        raise CallOver()
    if row.side == "agent" and row.person != row.call_person:
        raise NotYours()
    await _record_arrival(conn, row, room, now)
    return room.address(str(row.call)) if row.call_state in ("taken", "on_call") else None


async def _record_arrival(conn: AsyncConnection, row: Row[Any], room: Room, now: datetime) -> None:
    """Record the first arrival. If the agent returns, clear the customer's report of being alone."""
    column = f"{row.side}_joined_at"
    if getattr(row, column) is not None:
        if row.side == "agent" and row.alone_at is not None:
            await conn.execute(update(call).where(call.c.id == row.call).values(alone_at=None))
            await notify(conn, LIVE_CHANNEL, f"escalation:{row.escalation}")
        return
    other_joined_at = row.agent_joined_at if row.side == "customer" else row.customer_joined_at
    begins = row.call_state == "taken" and other_joined_at is not None
    changes = {column: now, "room": room.address(str(row.call))} | ({"state": "on_call"} if begins else {})
    await conn.execute(update(call).where(call.c.id == row.call).values(changes))
    kind = Kind.CUSTOMER_JOINED if row.side == "customer" else Kind.AGENT_JOINED
    await record(
        conn,
        str(row.escalation),
        kind,
        now,
        body={"call_id": str(row.call)},
        actor="customer" if row.side == "customer" else f"person:{row.person}",
        relayed=False,
    )
    if begins:
        body = {"call_id": str(row.call), "offer": await _accepted_offer(conn, row.call)}
        await record(conn, str(row.escalation), Kind.CALL_BEGAN, now, body=body, relayed=False, state=State.ON_CALL)
    if row.call_person is not None:
        await notify(conn, LIVE_CHANNEL, f"person:{row.call_person}")
    await notify(conn, KICK_CHANNEL)


async def _accepted_offer(conn: AsyncConnection, call_id: str) -> int:
    query = select(func.max(offer.c.nth)).where(offer.c.call == call_id, offer.c.state == "accepted")
    return int((await conn.execute(query)).scalar_one())


async def note_alone(
    conn: AsyncConnection,
    call_id: str,
    now: datetime,
    *,
    kind: Kind | None = Kind.CUSTOMER_ALONE,
    actor: str = "customer",
) -> None:
    """Record that the customer is alone in the room: their own report, or what Muster noticed. Idempotent.

    ``kind`` None writes no event: the timeline has said so often enough. The agent's desk asks them to come back; if
    they don't, or the desk is silent, another agent gets the call. Raises ``CallOver`` if the call has ended.
    """
    escalation_id = (await conn.execute(select(call.c.escalation).where(call.c.id == call_id))).scalar_one()
    await lock(conn, str(escalation_id))
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    if row.state in ("waiting", "offered", "taken") or row.alone_at is not None:
        return
    if row.state != "on_call":
        raise CallOver()
    await conn.execute(update(call).where(call.c.id == call_id).values(alone_at=now))
    if kind is not None:
        body = {"call_id": call_id, "person": row.person}
        await record(conn, str(escalation_id), kind, now, body=body, actor=actor, relayed=actor == "muster")
    await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await notify(conn, KICK_CHANNEL)


async def end_call(conn: AsyncConnection, call_id: str, person_id: int, now: datetime) -> None:
    """End a call at its agent's request. Idempotent. Raises ``JoinUnknown``, ``NotYours``, ``CallOver``."""
    escalation_id = (await conn.execute(select(call.c.escalation).where(call.c.id == call_id))).scalar_one_or_none()
    if escalation_id is None:
        raise JoinUnknown()
    await lock(conn, str(escalation_id))
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    if row.person != person_id:
        raise NotYours()
    if row.ended_at is not None:
        return
    if row.state not in ("taken", "on_call"):
        raise CallOver()
    await conn.execute(update(call).where(call.c.id == call_id).values(state="wrapping_up", ended_at=now))
    for pages in (call_signal, call_peer):
        await conn.execute(delete(pages).where(pages.c.call == call_id))
    await record(
        conn,
        str(escalation_id),
        Kind.CALL_ENDED,
        now,
        body={"call_id": call_id},
        actor=f"person:{person_id}",
        relayed=False,
        state=State.WRAPPING_UP,
    )
    await notify(conn, LIVE_CHANNEL, f"person:{person_id}")


async def _find(conn: AsyncConnection, token: str) -> Row[Any] | None:
    query = (
        select(
            join_link,
            call.c.nth,
            call.c.escalation,
            call.c.starts_at,
            call.c.state.label("call_state"),
            call.c.person.label("call_person"),
            call.c.customer_joined_at,
            call.c.agent_joined_at,
            call.c.alone_at,
            escalation.c.subject,
            func.coalesce(call.c.attribution["team_name"].astext, team.c.name, desk.c.name).label("team_name"),
            desk.c.name.label("desk_name"),
        )
        .join(call, call.c.id == join_link.c.call)
        .join(escalation, escalation.c.id == call.c.escalation)
        .join(desk, desk.c.id == escalation.c.desk)
        .outerjoin(team, team.c.id == escalation.c.team)
        .where(join_link.c.token_hash == token_hash(token))
    )
    return (await conn.execute(query)).one_or_none()
