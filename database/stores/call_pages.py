"""The two sides' pages in a call: which is open, when it was last heard of, and the signals by which they connect.

Nothing said in a call comes here: signals are what WebRTC needs to find a way between two browsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.call import JoinPage, note_alone
from database.stores.journal.timeline import database_now, lock, notify, record
from database.tables.call_page import call_peer, call_signal
from database.tables.muster import call
from domain.call import CallOver, NotInCall, SignalRefused
from domain.escalation import Kind
from domain.ids import LIVE_CHANNEL
from domain.media.peer import TOLD_AT_MOST, UNBROKEN, CallPeer, PeerState, state_of

SIGNALS_AT_MOST = 300
"""Maximum signals that wait in one call; connecting takes about ten."""
SIGNALS_KEPT = timedelta(minutes=1)
"""Age at which a signal is of no more use: its page has connected or begun again."""

_BEAT = text("""
WITH mine AS (
  INSERT INTO call_peer AS p (call, side, page, since, seen_at) VALUES (:call, :side, :page, :now, :now)
  ON CONFLICT (call, side) DO UPDATE SET page = excluded.page, seen_at = excluded.seen_at, left_at = NULL,
    since = CASE WHEN p.page = excluded.page AND p.left_at IS NULL AND p.seen_at > excluded.seen_at - :unbroken
      THEN p.since ELSE excluded.since END
  WHERE p.page = excluded.page OR :enters
  RETURNING page, since, seen_at, left_at, lost_at
)
SELECT mine.page, mine.since, mine.seen_at, mine.lost_at, other.page AS other_page, other.since AS other_since,
  other.seen_at AS other_seen_at, other.left_at AS other_left_at, other.lost_at AS other_lost_at
FROM mine LEFT JOIN call_peer other ON other.call = :call AND other.side <> :side
""")

# A page that isn't its side's newest sends nothing, and nothing is sent to a page that is gone.
_SIGNAL = text("""
INSERT INTO call_signal (call, to_side, from_page, to_page, body, at)
SELECT CAST(:call AS uuid), other.side, mine.page, other.page, :body, :now
FROM call_peer mine JOIN call_peer other ON other.call = mine.call AND other.side <> mine.side
WHERE mine.call = :call AND mine.side = :side AND mine.page = :page AND other.page = :to_page
  AND (SELECT count(*) FROM call_signal WHERE call = :call) < :most
RETURNING id
""")


@dataclass(frozen=True)
class CallSignal:
    id: int
    sender: str
    """The page that sent it."""
    body: str


@dataclass(frozen=True)
class CallView:
    """What a page learns of its call."""

    current: bool
    """False once the call is open in a newer page of the same side."""
    other: PeerState
    other_page: str
    unnoted: bool = False
    """Whether the timeline doesn't say yet that the other side is gone, or that this side is back."""


NOTHING_MORE = CallView(True, PeerState.UNKNOWN, "")
"""What a page learns once its call is over."""


async def beat(
    conn: AsyncConnection,
    join: JoinPage,
    page: str,
    *,
    enters: bool = False,
    hears: bool = False,
    now: datetime | None = None,
) -> CallView:
    """Note that this page is open. With ``enters``, it takes its side's place from any other page.

    ``hears``: the other side's sound or picture arrives. Raises ``NotInCall`` if this side hasn't joined.
    """
    joined_at = join.customer_joined_at if join.side == "customer" else join.agent_joined_at
    if not enters and joined_at is None:
        raise NotInCall()
    moment = await database_now(conn, now)
    values = {"call": join.call_id, "side": join.side, "page": page, "enters": enters, "now": moment}
    row = (await conn.execute(_BEAT, values | {"unbroken": UNBROKEN})).one_or_none()
    if row is None:
        return CallView(False, PeerState.UNKNOWN, "")
    own, other = CallPeer(row.page, row.since, row.seen_at, None, row.lost_at), _other(row)
    if own.since == own.seen_at:
        await notify(conn, LIVE_CHANNEL, _topic(join.call_id))
    state = state_of(other, own, moment, heard=hears)
    gone = state in (PeerState.LEFT, PeerState.LOST)
    return CallView(
        True, state, other.page if other else "", own.gone or (gone and other is not None and not other.gone)
    )


async def view(conn: AsyncConnection, join: JoinPage, page: str, now: datetime | None = None) -> CallView:
    """What this page learns of its call. Changes nothing."""
    peers = {row.side: row for row in await conn.execute(select(call_peer).where(call_peer.c.call == join.call_id))}
    own, other = peers.get(join.side), peers.get("agent" if join.side == "customer" else "customer")
    moment = await database_now(conn, now)
    if own is None:
        return CallView(True, PeerState.UNKNOWN if other is None else _seen(_peer(other), moment), _page(other))
    state = state_of(_peer(other) if other is not None else None, _peer(own), moment)
    return CallView(own.page == page, state, _page(other))


async def note_changes(conn: AsyncConnection, join: JoinPage, now: datetime | None = None) -> None:
    """Note in the timeline that the other side is gone, or that this one is back, if its rows still say so.

    If the agent is gone from a call that has begun, they are called back or replaced as if the customer had reported
    being alone.
    """
    try:
        await lock(conn, join.escalation_id)
        moment = await database_now(conn, now)
        rows = (await conn.execute(select(call_peer).where(call_peer.c.call == join.call_id).with_for_update())).all()
        peers = {row.side: row for row in rows}
        own, other = peers.get(join.side), peers.get("agent" if join.side == "customer" else "customer")
        if own is None:
            return
        if own.lost_at is not None:
            await _back(conn, join, own, moment)
        if other is not None and other.lost_at is None:
            state = state_of(_peer(other), _peer(own), moment)
            if state in (PeerState.LEFT, PeerState.LOST):
                await _gone(conn, join, other, state, moment)
    except CallOver:
        return


async def leave(conn: AsyncConnection, join: JoinPage, page: str, now: datetime | None = None) -> None:
    """Note that this page was closed, unless a newer one has its place. Idempotent."""
    own = (call_peer.c.call == join.call_id) & (call_peer.c.side == join.side) & (call_peer.c.page == page)
    moment = await database_now(conn, now)
    left = update(call_peer).where(own, call_peer.c.left_at.is_(None)).values(left_at=moment)
    if (await conn.execute(left)).rowcount:
        await notify(conn, LIVE_CHANNEL, _topic(join.call_id))


async def send_signal(
    conn: AsyncConnection, join: JoinPage, page: str, to_page: str, body: str, now: datetime | None = None
) -> int:
    """Store a signal for the other side's page; returns its id.

    Raises ``SignalRefused`` if either page isn't in the call any more, or if too many signals wait.
    """
    moment = await database_now(conn, now)
    old = delete(call_signal).where(call_signal.c.call == join.call_id, call_signal.c.at < moment - SIGNALS_KEPT)
    await conn.execute(old)
    values = {"call": join.call_id, "side": join.side, "page": page, "to_page": to_page, "body": body, "now": moment}
    signal_id = (await conn.execute(_SIGNAL, values | {"most": SIGNALS_AT_MOST})).scalar_one_or_none()
    if signal_id is None:
        raise SignalRefused()
    await notify(conn, LIVE_CHANNEL, f"{_topic(join.call_id)}:{signal_id}")
    return int(signal_id)


async def signals_for(conn: AsyncConnection, join: JoinPage, page: str, after: int) -> Sequence[CallSignal]:
    """The signals to this page with an id above ``after``, in the order in which they were sent."""
    wanted = (call_signal.c.call == join.call_id) & (call_signal.c.to_side == join.side)
    wanted &= (call_signal.c.to_page == page) & (call_signal.c.id > after)
    rows = await conn.execute(select(call_signal).where(wanted).order_by(call_signal.c.id))
    return [CallSignal(row.id, row.from_page, row.body) for row in rows]


def is_about(payload: str, join: JoinPage) -> bool:
    """Whether a notification concerns this call's pages."""
    topic = _topic(join.call_id)
    return payload == topic or payload.startswith(f"{topic}:") or payload == f"escalation:{join.escalation_id}"


def _topic(call_id: str) -> str:
    return f"call:{call_id}"


async def _gone(conn: AsyncConnection, join: JoinPage, other: Row[Any], state: PeerState, now: datetime) -> None:
    peer = (call_peer.c.call == join.call_id) & (call_peer.c.side == other.side)
    noted = update(call_peer).where(peer).values(lost_at=now, times_lost=func.least(other.times_lost + 1, TOLD_AT_MOST))
    await conn.execute(noted)
    row = (await conn.execute(select(call.c.state, call.c.person).where(call.c.id == join.call_id))).one()
    told = other.times_lost < TOLD_AT_MOST
    if other.side == "agent":
        kind = Kind.AGENT_LEFT if state is PeerState.LEFT else Kind.AGENT_LOST
        await note_alone(conn, join.call_id, now, kind=kind if told else None, actor="muster")
    elif row.state == "on_call" and told:
        kind = Kind.CUSTOMER_LEFT if state is PeerState.LEFT else Kind.CUSTOMER_LOST
        await record(conn, join.escalation_id, kind, now, body={"call_id": join.call_id})
    if row.person is not None:
        await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await notify(conn, LIVE_CHANNEL, _topic(join.call_id))


async def _back(conn: AsyncConnection, join: JoinPage, own: Row[Any], now: datetime) -> None:
    peer = (call_peer.c.call == join.call_id) & (call_peer.c.side == join.side)
    await conn.execute(update(call_peer).where(peer).values(lost_at=None))
    row = (await conn.execute(select(call).where(call.c.id == join.call_id))).one()
    # A customer's own report stands until the agent presses “Join again”: their page alone proves no conversation.
    if join.side == "agent" and row.alone_at == own.lost_at:
        await conn.execute(update(call).where(call.c.id == join.call_id).values(alone_at=None))
    if row.state == "on_call" and own.times_lost < TOLD_AT_MOST:
        kind = Kind.CUSTOMER_RETURNED if join.side == "customer" else Kind.AGENT_RETURNED
        body = {"call_id": join.call_id} | ({"person": row.person} if join.side == "agent" else {})
        await record(conn, join.escalation_id, kind, now, body=body)
    if row.person is not None:
        await notify(conn, LIVE_CHANNEL, f"person:{row.person}")
    await notify(conn, LIVE_CHANNEL, _topic(join.call_id))


def _other(row: Row[Any]) -> CallPeer | None:
    if row.other_page is None:
        return None
    return CallPeer(row.other_page, row.other_since, row.other_seen_at, row.other_left_at, row.other_lost_at)


def _peer(row: Row[Any]) -> CallPeer:
    return CallPeer(row.page, row.since, row.seen_at, row.left_at, row.lost_at)


def _seen(peer: CallPeer, now: datetime) -> PeerState:
    """The other side's state for a page that isn't in the call itself, and can't judge its silence."""
    state = state_of(peer, CallPeer("", now, now), now)
    return state if state is PeerState.HERE else PeerState.UNKNOWN


def _page(row: Row[Any] | None) -> str:
    return "" if row is None else str(row.page)
