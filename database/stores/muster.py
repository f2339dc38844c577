"""The muster's own effects: a call now, a search that found nobody, a person who did not come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.call import make_join_links
from database.stores.customer_link import RAISED_BY, IssuedLink, end_links, find_issued, renew
from database.stores.journal.notify import notify_customer, notify_managers
from database.stores.journal.timeline import done_before, lock, notify, record
from database.tables.booking import booking, witness
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation, escalation_event
from database.tables.muster import call, offer
from domain.customer_link import LINKS_AT_MOST
from domain.escalation import RELAYED_AT_ONCE, Kind, Outcome, State
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL, Tokens, call_id, token_hash
from domain.plan import Plan

GONE = ("declined", "missed")
"""Offer states of people who are not asked for that call again."""


async def begin_call_now(conn: AsyncConnection, escalation_id: str, plan: Plan, tokens: Tokens, now: datetime) -> str:
    """A call without a booking: due at once. Its link shows the waiting room and books nothing."""
    due = call_id(escalation_id, 1)
    link = {
        "escalation": escalation_id,
        "nth": 1,
        "token_hash": token_hash(tokens.customer_link(escalation_id, 1)),
        "state": "used",
        "issued_at": now,
        "expires_at": now + timedelta(seconds=plan.decision.links.live_expires),
        "used_at": now,
    }
    await conn.execute(customer_link.insert().values(link))
    priority = select(escalation.c.priority).where(escalation.c.id == escalation_id).scalar_subquery()
    row = {"id": due, "escalation": escalation_id, "nth": 1, "state": "waiting", "muster_at": now}
    await conn.execute(call.insert().values(row | {"priority": priority}))
    await make_join_links(conn, due, tokens)
    await record(conn, escalation_id, Kind.MUSTER_BEGAN, now, body={"call_id": due}, state=State.MUSTERING)
    await notify_customer(conn, escalation_id, "call_now", now, call=due)
    await notify(conn, KICK_CHANNEL)
    return due


async def renew_after(
    conn: AsyncConnection,
    escalation_id: str,
    call_id: str,
    kind: Kind,
    letter: str,
    tokens: Tokens,
    now: datetime,
) -> IssuedLink | None:
    """A call did not come about: a fresh link for the customer, or, after too many, the end.

    ``kind`` is ``NOBODY_AVAILABLE`` or ``CUSTOMER_MISSED``. Done once a call; returns the link, or None.
    """
    await lock(conn, escalation_id)
    effect = f"{kind.value}/{call_id}"
    if await done_before(conn, escalation_id, effect) is not None:
        return await find_issued(conn, escalation_id)
    await _leave_call(conn, call_id, "unserved" if kind is Kind.NOBODY_AVAILABLE else "missed", now)
    nobody = kind is Kind.NOBODY_AVAILABLE
    if nobody:
        await notify_managers(conn, escalation_id, "manager_nobody", now, key=call_id, call=call_id)
    links = (await conn.execute(select(customer_link.c.nth).where(customer_link.c.escalation == escalation_id))).all()
    if len(links) >= LINKS_AT_MOST:
        await record(conn, escalation_id, kind, now, body={"call_id": call_id, "renewed": False}, key=effect)
        await end_links(conn, escalation_id)
        await notify_customer(conn, escalation_id, letter, now, key=f"last/{call_id}", call=call_id)
        await record(
            conn, escalation_id, Kind.CLOSED, now, key="closed", state=State.CLOSED, outcome=Outcome.NOT_SERVED
        )
        return None
    await record(conn, escalation_id, kind, now, body={"call_id": call_id, "renewed": True}, key=effect)
    return await renew(conn, escalation_id, tokens, now, letter=letter, priority=nobody)


async def _leave_call(conn: AsyncConnection, call_id: str, state: str, now: datetime) -> None:
    """The call is over without having taken place; whoever had it is free."""
    ended = update(call).where(call.c.id == call_id).values(state=state, ended_at=now)
    booking_id = (await conn.execute(ended.returning(call.c.booking))).scalar_one()
    await finish_booking(conn, booking_id)
    freed = update(offer).where(offer.c.call == call_id, offer.c.state.in_(["offered", "accepted"]))
    freed = freed.values(state="done" if state == "missed" else "withdrawn", answered_at=now)
    for person in (await conn.execute(freed.returning(offer.c.person))).scalars():
        await notify(conn, LIVE_CHANNEL, f"person:{person}")
    await notify(conn, KICK_CHANNEL)


async def finish_booking(conn: AsyncConnection, booking_id: int | None) -> None:
    """The booked time has been used, one way or another: its seat is free again."""
    if booking_id is None:
        return
    await conn.execute(update(booking).where(booking.c.id == booking_id).values(state="done"))
    await conn.execute(delete(witness).where(witness.c.booking == booking_id))


async def replace_agent(conn: AsyncConnection, escalation_id: str, call_id: str, nth: int, now: datetime) -> bool:
    """The person who accepted the nth offer has not come: look for another at once.

    True where the call is not theirs any more, by this or by something before; False where they came after all.
    """
    await lock(conn, escalation_id)
    theirs = (offer.c.call == call_id) & (offer.c.nth == nth)
    if (await conn.execute(select(offer.c.state).where(theirs))).scalar_one() not in ("accepted", "done"):
        return True
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    if row.state != "taken" or row.agent_joined_at is not None:
        return False
    await conn.execute(update(offer).where(theirs).values(state="missed", answered_at=now))
    await open_again(conn, [call_id], now, raised=True)
    body = {"call_id": call_id, "offer": nth, "person": row.person}
    await record(conn, escalation_id, Kind.AGENT_MISSED, now, body=body, state=State.MUSTERING)
    await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    return True


async def open_again(conn: AsyncConnection, calls: Sequence[Any], now: datetime, *, raised: bool = False) -> None:
    """These calls wait for somebody again; their searches go on where they stood.

    The time that somebody had the call was no time of search.
    """
    changes: dict[str, Any] = {"state": "waiting", "person": None, "team": None, "title": None}
    changes |= {"attribution": None, "accepted_at": None}
    changes |= {"agent_joined_at": None, "alone_at": None, "place": None, "estimate": None}
    had = func.coalesce(literal(now) - call.c.accepted_at, timedelta(0))
    changes["search_began_at"] = call.c.search_began_at + had
    if raised:
        changes["priority"] = call.c.priority + RAISED_BY
    held = update(call).where(call.c.id.in_(calls), call.c.state.in_(["offered", "taken", "on_call"]))
    await conn.execute(held.values(changes))
    await notify(conn, KICK_CHANNEL)


@dataclass(frozen=True)
class CallRows:
    """What the rows say of a call."""

    call_state: str
    events: Sequence[Row[Any]]
    outcome: str | None
    """Of the escalation, once that is over."""


async def settle(conn: AsyncConnection, escalation_id: str, call_id: str) -> CallRows:
    """How the call stands, and every event of the escalation that a workflow waits for, told or not."""
    query = select(call.c.state, escalation.c.state.label("standing"), escalation.c.outcome)
    query = query.join(escalation, escalation.c.id == call.c.escalation).where(call.c.id == call_id)
    row = (await conn.execute(query)).one()
    waited_for = [kind.value for kind in RELAYED_AT_ONCE - {Kind.OPENED}]
    events = select(escalation_event).where(
        escalation_event.c.escalation == escalation_id, escalation_event.c.kind.in_(waited_for)
    )
    rows = (await conn.execute(events.order_by(escalation_event.c.seq))).all()
    await notify(conn, KICK_CHANNEL)
    return CallRows(str(row.state), rows, row.outcome if row.standing == State.CLOSED else None)
