"""Effects of the muster: start a call now, renew the link after a failed search, replace an agent who didn't join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.call import make_join_links
from database.stores.customer_link import RAISED_BY, IssuedLink, end_links, find_issued, renew
from database.stores.journal.notify import notify_customer, notify_managers
from database.stores.journal.timeline import done_before, lock, notify, record
from database.tables.booking import booking, witness
from database.tables.call_page import call_peer, call_signal
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation, escalation_event
from database.tables.muster import call, offer, search_clock
from domain.customer_link import LINKS_AT_MOST
from domain.escalation import RELAYED_AT_ONCE, Kind, Outcome, State
from domain.ids import KICK_CHANNEL, LIVE_CHANNEL, Tokens, call_id, token_hash
from domain.plan import Plan

NOT_ASKED_AGAIN = ("declined", "missed")
"""Offer states after which the person isn't asked to take that call again."""


async def begin_call_now(conn: AsyncConnection, escalation_id: str, plan: Plan, tokens: Tokens, now: datetime) -> str:
    """Create a call without a booking, due immediately. Its link shows the waiting room and books nothing."""
    new_call = call_id(escalation_id, 1)
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
    row = {"id": new_call, "escalation": escalation_id, "nth": 1, "state": "waiting", "muster_at": now}
    await conn.execute(call.insert().values(row | {"priority": priority}))
    await make_join_links(conn, new_call, tokens)
    await record(conn, escalation_id, Kind.MUSTER_BEGAN, now, body={"call_id": new_call}, state=State.MUSTERING)
    await notify_customer(conn, escalation_id, "call_now", now, call=new_call)
    await notify(conn, KICK_CHANNEL)
    return new_call


async def renew_after(
    conn: AsyncConnection,
    escalation_id: str,
    call_id: str,
    kind: Kind,
    letter: str,
    tokens: Tokens,
    now: datetime,
) -> IssuedLink | None:
    """After a call that didn't take place, issue a new link or, after ``LINKS_AT_MOST`` links, end the escalation.

    ``kind`` is ``NOBODY_AVAILABLE`` or ``CUSTOMER_MISSED``. Done once per call. Returns the link, or None if the
    escalation has ended.
    """
    row = await lock(conn, escalation_id)
    effect = f"{kind.value}/{call_id}"
    if await done_before(conn, escalation_id, effect) is not None:
        return await find_issued(conn, escalation_id)
    if row.state == State.CLOSED:
        # Cancelled or withdrawn a moment ago; the workflow is about to hear of it.
        return None
    found_nobody = kind is Kind.NOBODY_AVAILABLE
    await _close_call(conn, call_id, "unserved" if found_nobody else "missed", now)
    if found_nobody:
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
    return await renew(conn, escalation_id, tokens, now, letter=letter, priority=found_nobody)


async def _close_call(conn: AsyncConnection, call_id: str, state: str, now: datetime) -> None:
    """End a call that didn't take place, and free its agent and its seat."""
    ended = update(call).where(call.c.id == call_id).values(state=state, ended_at=now)
    booking_id = (await conn.execute(ended.returning(call.c.booking))).scalar_one()
    await finish_booking(conn, booking_id)
    freed = update(offer).where(offer.c.call == call_id, offer.c.state.in_(["offered", "accepted"]))
    freed = freed.values(state="done" if state == "missed" else "withdrawn", answered_at=now)
    for person in (await conn.execute(freed.returning(offer.c.person))).scalars():
        await notify(conn, LIVE_CHANNEL, f"person:{person}")
    await notify(conn, KICK_CHANNEL)


async def finish_booking(conn: AsyncConnection, booking_id: int | None) -> None:
    """Mark a booking as done, whether or not its call took place, and free its seat."""
    if booking_id is None:
        return
    await conn.execute(update(booking).where(booking.c.id == booking_id).values(state="done"))
    await conn.execute(delete(witness).where(witness.c.booking == booking_id))


async def replace_agent(conn: AsyncConnection, escalation_id: str, call_id: str, nth: int, now: datetime) -> bool:
    """Search for another agent, because the one who accepted the nth offer hasn't joined.

    Returns True if the agent no longer has the call, even if they had already lost it; False if they joined after all.
    """
    await lock(conn, escalation_id)
    its_offer = (offer.c.call == call_id) & (offer.c.nth == nth)
    if (await conn.execute(select(offer.c.state).where(its_offer))).scalar_one() not in ("accepted", "done"):
        return True
    row = (await conn.execute(select(call).where(call.c.id == call_id))).one()
    if row.state != "taken" or row.agent_joined_at is not None:
        return False
    await conn.execute(update(offer).where(its_offer).values(state="missed", answered_at=now))
    await reopen(conn, [call_id], now, raised=True)
    body = {"call_id": call_id, "offer": nth, "person": row.person}
    await record(conn, escalation_id, Kind.AGENT_MISSED, now, body=body, state=State.MUSTERING)
    await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    return True


async def reopen(conn: AsyncConnection, calls: Sequence[Any], now: datetime, *, raised: bool = False) -> None:
    """Put calls back into the state ``waiting``; their searches resume at the same step.

    The time during which an agent had the call doesn't count as search time.
    """
    changes: dict[str, Any] = {"state": "waiting", "person": None, "team": None, "title": None}
    changes |= {"attribution": None, "accepted_at": None}
    changes |= {"agent_joined_at": None, "alone_at": None, "place": None, "estimate": None}
    time_with_agent = func.coalesce(literal(now) - call.c.accepted_at, timedelta(0))
    changes["search_began_at"] = call.c.search_began_at + time_with_agent
    # A standstill of the search clock during that time must not be taken out twice.
    stood = func.coalesce(select(search_clock.c.stood).scalar_subquery(), 0)
    changes["stood"] = case((call.c.accepted_at.is_(None), call.c.stood), else_=stood)
    if raised:
        changes["priority"] = call.c.priority + RAISED_BY
    reopened = update(call).where(call.c.id.in_(calls), call.c.state.in_(["offered", "taken", "on_call"]))
    await conn.execute(reopened.values(changes))
    # The next agent is another page, of which nothing is known yet.
    ids = [str(one) for one in calls]
    await conn.execute(delete(call_peer).where(call_peer.c.call.in_(ids), call_peer.c.side == "agent"))
    await conn.execute(delete(call_signal).where(call_signal.c.call.in_(ids)))
    await notify(conn, KICK_CHANNEL)


@dataclass(frozen=True)
class CallRows:
    """A call's state according to the database, for a workflow."""

    call_state: str
    events: Sequence[Row[Any]]
    outcome: str | None
    """Outcome of the escalation, once it is closed."""


async def settle(conn: AsyncConnection, escalation_id: str, call_id: str) -> CallRows:
    """Read the call's state and all events of its escalation that a workflow waits for, relayed or not. Kicks a round.

    Used by a workflow when no signal arrives.
    """
    query = select(call.c.state, escalation.c.state.label("escalation_state"), escalation.c.outcome)
    query = query.join(escalation, escalation.c.id == call.c.escalation).where(call.c.id == call_id)
    row = (await conn.execute(query)).one()
    kinds = [kind.value for kind in RELAYED_AT_ONCE - {Kind.OPENED}]
    events = select(escalation_event).where(
        escalation_event.c.escalation == escalation_id, escalation_event.c.kind.in_(kinds)
    )
    rows = (await conn.execute(events.order_by(escalation_event.c.seq))).all()
    await notify(conn, KICK_CHANNEL)
    return CallRows(str(row.state), rows, row.outcome if row.escalation_state == State.CLOSED else None)
