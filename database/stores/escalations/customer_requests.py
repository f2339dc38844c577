"""What customers ask of the team: stored beside the escalation, shown on desks until somebody has answered it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.customer_link import expire
from database.stores.escalations.open_again import open_again
from database.stores.journal.timeline import done_before, lock, record
from database.stores.selling.holds import drop_hold
from database.tables.customer_link import customer_link
from database.tables.customer_request import customer_request
from domain.customer_link import LinkExpired, LinkUnknown
from domain.customer_request import LONGEST_NOTE, RequestGone, RequestKind, Wishes
from domain.escalation import OPEN_STATES, Kind, NotNow, State
from domain.failure import Failure
from domain.ids import LIVE_CHANNEL, Tokens

# Whose desk shows a request: its team's, the opener's, and every manager's.
SHOWN_TO = """(e.team = p.team OR e.opened_by = 'person:' || p.id OR 'manager' = ANY(p.roles))"""

_OPEN = text(f"""
SELECT r.id, r.kind, r.state, r.wishes, r.note, r.asked_at, r.held_until, b.starts_at AS held, e.id AS escalation_id,
  e.subject, e.state AS escalation_state, e.outcome, coalesce(nullif(e.customer_named, ''), cu.name) AS customer_name,
  cu.email AS customer_email
FROM customer_request r JOIN escalation e ON e.id = r.escalation JOIN customer cu ON cu.id = e.customer
  JOIN person p ON p.id = :person LEFT JOIN booking b ON b.id = r.booking
WHERE r.state IN ('open', 'held') AND {SHOWN_TO} AND (CAST(:request AS bigint) IS NULL OR r.id = :request)
ORDER BY r.asked_at LIMIT :most
""")
_WAKE = text(f"""
SELECT pg_notify(:live, 'person:' || p.id) FROM escalation e JOIN person p ON p.active AND {SHOWN_TO} WHERE e.id = :id
""")
SHOWN_AT_MOST = 12


@dataclass(frozen=True)
class DeskRequestRow:
    """A customer's request as a desk shows it."""

    id: int
    kind: str
    state: str
    wishes: Mapping[str, Any]
    note: str
    asked_at: datetime
    held_until: datetime | None
    held: datetime | None
    """The start time that is held for the customer."""
    escalation_id: str
    subject: str
    escalation_state: str
    outcome: str | None
    customer_name: str
    customer_email: str


async def open_requests(conn: AsyncConnection, person_id: int) -> Sequence[DeskRequestRow]:
    """The requests that this person's desk shows, oldest first."""
    rows = await conn.execute(_OPEN, {"person": person_id, "request": None, "most": SHOWN_AT_MOST})
    return [_row(row._mapping) for row in rows]


async def find_request(conn: AsyncConnection, person_id: int, request_id: int) -> DeskRequestRow:
    """One of these. Raises ``RequestGone``."""
    rows = (await conn.execute(_OPEN, {"person": person_id, "request": request_id, "most": 1})).all()
    if not rows:
        raise RequestGone
    return _row(rows[0]._mapping)


def _row(fields: Mapping[Any, Any]) -> DeskRequestRow:
    return DeskRequestRow(**{**fields, "escalation_id": str(fields["escalation_id"])})


async def ask_for_link(conn: AsyncConnection, escalation_id: str, link_id: int, now: datetime) -> None:
    """Ask the team for a new link. Asking again changes nothing. Raises ``NotNow`` if the link still leads on."""
    row = await lock(conn, escalation_id)
    link = (await conn.execute(select(customer_link).where(customer_link.c.id == link_id))).one_or_none()
    if link is None:
        raise LinkUnknown
    over = link.state == "expired" or (link.state == "open" and link.expires_at <= now)
    if row.state == State.INVITED and over:
        # The workflow, which ends it at this moment, may be late.
        await expire(conn, escalation_id, now)
    elif row.state in OPEN_STATES or await done_before(conn, escalation_id, "opened_again") is not None:
        raise NotNow(row.state)
    if await _pending(conn, escalation_id) is not None:
        return
    values = {"escalation": escalation_id, "link": link_id, "kind": RequestKind.LINK.value, "asked_at": now}
    asked = await conn.execute(customer_request.insert().values(values).returning(customer_request.c.id))
    await record(conn, escalation_id, Kind.LINK_ASKED_FOR, now, actor="customer", body={"request": asked.scalar_one()})
    await wake_desks(conn, escalation_id)


async def ask_for_times(
    conn: AsyncConnection, escalation_id: str, link_id: int, wishes: Wishes, note: str, now: datetime
) -> None:
    """Ask the team for other times. Asking again replaces what was asked before. Raises ``LinkExpired``."""
    row = await lock(conn, escalation_id)
    link = (await conn.execute(select(customer_link).where(customer_link.c.id == link_id))).one_or_none()
    if link is None or row.state != State.INVITED or link.state != "open" or link.expires_at <= now:
        raise LinkExpired
    await drop_hold(conn, escalation_id, "answered")
    values = {"escalation": escalation_id, "link": link_id, "kind": RequestKind.TIMES.value, "asked_at": now}
    values |= {"wishes": wishes.stored(), "note": note[:LONGEST_NOTE]}
    asked = await conn.execute(customer_request.insert().values(values).returning(customer_request.c.id))
    body = {"request": asked.scalar_one(), **wishes.stored()}
    await record(conn, escalation_id, Kind.TIMES_ASKED_FOR, now, actor="customer", body=body, relayed=False)
    await wake_desks(conn, escalation_id)


async def issue_link(
    conn: AsyncConnection, request: DeskRequestRow, person_id: int, tokens: Tokens, now: datetime
) -> Failure | None:
    """Open the request's ticket again, which mails the customer a new link. Returns a refusal by the rules to raise.

    Raises ``RequestGone`` and the failures of ``open_again``.
    """
    await lock(conn, request.escalation_id)
    await _end(conn, request.id, "answered", person_id, now)
    _, refusal = await open_again(conn, request.escalation_id, f"person:{person_id}", tokens, now)
    if refusal is not None:
        await conn.execute(_reopened(request.id))
    await wake_desks(conn, request.escalation_id)
    return refusal


async def close_request(conn: AsyncConnection, request: DeskRequestRow, person_id: int, now: datetime) -> None:
    """End a request without giving what it asks for. Raises ``RequestGone``."""
    row = await lock(conn, request.escalation_id)
    await _end(conn, request.id, "closed", person_id, now)
    await drop_hold(conn, request.escalation_id, "closed")
    relayed = row.state not in OPEN_STATES
    body = {"request": request.id}
    await record(
        conn, request.escalation_id, Kind.REQUEST_CLOSED, now, body=body, actor=f"person:{person_id}", relayed=relayed
    )
    await wake_desks(conn, request.escalation_id)


async def wake_desks(conn: AsyncConnection, escalation_id: str) -> None:
    """Have the desks that show this escalation's requests look again."""
    await conn.execute(_WAKE, {"live": LIVE_CHANNEL, "id": escalation_id})


async def _pending(conn: AsyncConnection, escalation_id: str) -> int | None:
    pending = customer_request.c.state.in_(["open", "held"]) & (customer_request.c.escalation == escalation_id)
    found: int | None = (await conn.execute(select(customer_request.c.id).where(pending))).scalar_one_or_none()
    return found


async def _end(conn: AsyncConnection, request_id: int, state: str, person_id: int, now: datetime) -> None:
    is_open = (customer_request.c.id == request_id) & customer_request.c.state.in_(["open", "held"])
    changes = {"state": state, "answered_at": now, "answered_by": person_id}
    if (await conn.execute(update(customer_request).where(is_open).values(changes))).rowcount == 0:
        raise RequestGone


def _reopened(request_id: int) -> Any:
    unanswered = {"state": "open", "answered_at": None, "answered_by": None}
    return update(customer_request).where(customer_request.c.id == request_id).values(unanswered)
