"""The customer's single-use link: issuing, renewing, resending, ending and finding it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.clock import current_time
from database.stores.journal.after_link import NOTHING_AFTER, AfterLink, read_after_link
from database.stores.journal.notify import notify_customer
from database.stores.journal.plan_json import load_plan
from database.stores.journal.timeline import done_before, lock, record
from database.stores.survey_page import SurveyPage, survey_of_call
from database.tables.booking import booking
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, team
from database.tables.escalation import NAMED_HERE, ZONE_HERE, customer, escalation, escalation_event
from database.tables.muster import call, offer, search_clock
from domain.customer_link import LinkLife, link_life
from domain.escalation import Kind, Outcome, State
from domain.ids import Tokens, token_hash
from domain.plan import Plan

RAISED_BY = 1000
"""How much a renewed link adds to the priority of the call booked with it."""


@dataclass(frozen=True)
class IssuedLink:
    """A link that has been sent to the customer."""

    link_id: int
    life: LinkLife


async def issue_first(conn: AsyncConnection, escalation_id: str, plan: Plan, tokens: Tokens, now: datetime) -> None:
    """Issue a new escalation's link, in the transaction that opens it."""
    await _issue(conn, escalation_id, plan, tokens, now, letter="invitation", priority=False)


async def renew(
    conn: AsyncConnection, escalation_id: str, tokens: Tokens, now: datetime, *, letter: str, priority: bool
) -> IssuedLink:
    """Issue a new link after a call that didn't take place; the caller must have locked the escalation."""
    stored = (await conn.execute(select(escalation.c.plan).where(escalation.c.id == escalation_id))).scalar_one()
    return await _issue(conn, escalation_id, load_plan(stored), tokens, now, letter=letter, priority=priority)


async def _issue(
    conn: AsyncConnection,
    escalation_id: str,
    plan: Plan,
    tokens: Tokens,
    now: datetime,
    *,
    letter: str,
    priority: bool,
) -> IssuedLink:
    latest = select(func.coalesce(func.max(customer_link.c.nth), 0)).where(customer_link.c.escalation == escalation_id)
    nth: int = (await conn.execute(latest)).scalar_one() + 1
    life = link_life(now, plan.decision.links.booking_expires)
    await _retire_links(conn, escalation_id, "replaced")
    row = {
        "escalation": escalation_id,
        "nth": nth,
        "token_hash": token_hash(tokens.customer_link(escalation_id, nth)),
        "state": "open",
        "priority": priority,
        "issued_at": now,
        "expires_at": life.expires_at,
    }
    link_id: int = (await conn.execute(customer_link.insert().values(row).returning(customer_link.c.id))).scalar_one()
    body = {"link_id": link_id, "nth": nth, "expires_at": life.expires_at.isoformat(), "priority": priority}
    await record(conn, escalation_id, Kind.LINK_ISSUED, now, body=body, state=State.INVITED)
    if priority:
        raised = escalation.c.priority % RAISED_BY + RAISED_BY
        await conn.execute(update(escalation).where(escalation.c.id == escalation_id).values(priority=raised))
    await notify_customer(conn, escalation_id, letter, now, key=str(nth), link=nth)
    return IssuedLink(link_id, life)


async def find_issued(conn: AsyncConnection, escalation_id: str) -> IssuedLink | None:
    """The customer's open link, or None."""
    is_open = (customer_link.c.escalation == escalation_id) & (customer_link.c.state == "open")
    newest = select(customer_link).where(is_open).order_by(customer_link.c.nth.desc()).limit(1)
    row = (await conn.execute(newest)).one_or_none()
    return None if row is None else IssuedLink(row.id, LinkLife(row.issued_at, row.expires_at))


async def _retire_links(conn: AsyncConnection, escalation_id: str, state: str) -> None:
    """Change the state of open and used links to ``state``."""
    statement = update(customer_link).where(
        customer_link.c.escalation == escalation_id, customer_link.c.state.in_(["open", "used"])
    )
    await conn.execute(statement.values(state=state))


async def nudge(conn: AsyncConnection, escalation_id: str, link_id: int, now: datetime, *, key: str = "") -> None:
    """Send the customer the link again if it is still unused; at most once per ``key``."""
    await lock(conn, escalation_id)
    effect = f"nudge/{link_id}/{key}"
    query = select(customer_link).where(customer_link.c.id == link_id)
    link = (await conn.execute(query)).one()
    if link.state != "open" or await done_before(conn, escalation_id, effect) is not None:
        return
    await notify_customer(conn, escalation_id, "invitation_again", now, key=f"{link.nth}/{key}", link=link.nth)
    await record(conn, escalation_id, Kind.LINK_NUDGED, now, body={"nth": link.nth}, key=effect)


async def expire(conn: AsyncConnection, escalation_id: str, now: datetime) -> tuple[str | None, Row[Any] | None]:
    """End an unused link and its escalation.

    Returns the outcome if the escalation has ended, otherwise its newest call.
    """
    row = await lock(conn, escalation_id)
    if row.state == State.INVITED:
        await _retire_links(conn, escalation_id, "expired")
        expired = Outcome.LINK_EXPIRED
        await record(
            conn, escalation_id, Kind.LINK_EXPIRED, now, key="link_expired", state=State.CLOSED, outcome=expired
        )
        return expired, None
    if row.state == State.CLOSED:
        return row.outcome, None
    newest = select(call).where(call.c.escalation == escalation_id).order_by(call.c.nth.desc()).limit(1)
    return None, (await conn.execute(newest)).one()


async def end_links(conn: AsyncConnection, escalation_id: str) -> None:
    """Expire the escalation's open links."""
    statement = update(customer_link).where(
        customer_link.c.escalation == escalation_id, customer_link.c.state == "open"
    )
    await conn.execute(statement.values(state="expired"))


@dataclass(frozen=True)
class LinkPage:
    """Everything that the customer's page shows for one link."""

    link_id: int
    nth: int
    state: str
    expires_at: datetime
    escalation_id: str
    escalation_state: str
    outcome: str | None
    mode: str
    subject: str
    customer_name: str
    customer_email: str
    customer_zone: str
    """The time zone in which the customer booked, or the one that was given; may be empty."""
    team_name: str
    team_address: str
    desk_name: str
    desk_zone: str
    plan: Plan
    booking: Any | None
    """The row of table ``booking``, or None."""
    call: Any | None
    """The row of table ``call`` that this link led to, or None."""
    rounds_ran_at: datetime | None
    """When somebody was last looked for; None if never yet."""
    times_taken: int = 0
    """How often somebody has taken the call; more than once if the first didn't come."""
    asked_team: str = ""
    """The team of the person who has the offer right now."""
    call_before: str | None = None
    """The state of the call of the link before this one, which led to this link; None for the first link."""
    after: AfterLink = NOTHING_AFTER
    """Read only if this link has led to its end."""
    asked: PendingRequest | None = None
    """Read only while this link is open."""
    survey: SurveyPage | None = None
    """Read only then."""


@dataclass(frozen=True)
class PendingRequest:
    """What the customer of an unused link has asked the team, and the slot that is held for them."""

    id: int
    wishes: Mapping[str, Any]
    note: str
    held: datetime | None
    held_until: datetime | None

    @property
    def version(self) -> str:
        """Differs once the team has answered or the hold has ended."""
        return f"{self.id}-{'' if self.held is None else int(self.held.timestamp())}"


_PENDING = text("""
SELECT r.id, r.wishes, r.note, b.starts_at AS held, r.held_until
FROM customer_request r LEFT JOIN booking b ON b.id = r.booking AND r.held_until > :now
WHERE r.escalation = :escalation AND r.kind = 'times' AND r.state IN ('open', 'held')
""")
_CALL_BEFORE = (
    select(call.c.state)
    .where(call.c.escalation == escalation.c.id, call.c.nth == customer_link.c.nth - 1)
    .correlate(escalation, customer_link)
    .scalar_subquery()
)
_ENDED = ("wrapping_up", "done", "unserved", "missed", "cancelled")


async def find_link(conn: AsyncConnection, token: str) -> LinkPage | None:
    """Find the link behind a token. Changes nothing."""
    query = (
        select(
            customer_link.c.id.label("link_id"),
            customer_link.c.nth,
            customer_link.c.state,
            customer_link.c.expires_at,
            escalation.c.id.label("escalation_id"),
            escalation.c.state.label("escalation_state"),
            escalation.c.outcome,
            escalation.c.mode,
            escalation.c.subject,
            escalation.c.plan,
            NAMED_HERE.label("customer_name"),
            customer.c.email.label("customer_email"),
            ZONE_HERE.label("customer_zone"),
            func.coalesce(team.c.name, desk.c.name).label("team_name"),
            func.coalesce(team.c.address, "").label("team_address"),
            desk.c.name.label("desk_name"),
            desk.c.time_zone.label("desk_zone"),
            _CALL_BEFORE.label("call_before"),
            select(search_clock.c.ran_at).scalar_subquery().label("rounds_ran_at"),
        )
        .join(escalation, escalation.c.id == customer_link.c.escalation)
        .join(customer, customer.c.id == escalation.c.customer)
        .join(desk, desk.c.id == escalation.c.desk)
        .outerjoin(team, team.c.id == escalation.c.team)
        .where(customer_link.c.token_hash == token_hash(token))
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    booked = (booking.c.link == row.link_id) & (booking.c.state != "held")
    booking_row = (await conn.execute(select(booking).where(booked))).one_or_none()
    its_call = select(call).where(call.c.booking == booking_row.id if booking_row else _is_call_now(row))
    call_row = (await conn.execute(its_call)).one_or_none()
    fields = dict(row._mapping)
    plan = load_plan(fields.pop("plan"))
    page = LinkPage(**fields, plan=plan, booking=booking_row, call=call_row)
    if row.state == "open":
        page = replace(page, asked=await _pending(conn, str(row.escalation_id)))
    if row.state == "replaced" or row.outcome is not None or (call_row is not None and call_row.state in _ENDED):
        call_id = None if call_row is None else str(call_row.id)
        after = await read_after_link(conn, str(row.escalation_id), row.nth, call_id)
        return replace(page, after=after, survey=await survey_of_call(conn, call_id))
    return page if call_row is None or call_row.search_began_at is None else await _with_search(conn, page, call_row.id)


async def _pending(conn: AsyncConnection, escalation_id: str) -> PendingRequest | None:
    found = (await conn.execute(_PENDING, {"escalation": escalation_id, "now": current_time()})).one_or_none()
    return None if found is None else PendingRequest(**found._mapping)


async def _with_search(conn: AsyncConnection, page: LinkPage, call_id: str) -> LinkPage:
    """The page with what its call's search has come to so far."""
    taken = select(func.count()).where(
        escalation_event.c.escalation == page.escalation_id,
        escalation_event.c.kind == Kind.ACCEPTED.value,
        escalation_event.c.body["call_id"].astext == str(call_id),
    )
    asked = select(team.c.name).join(person, person.c.team == team.c.id).join(offer, offer.c.person == person.c.id)
    asked = asked.where(offer.c.call == call_id, offer.c.state == "offered")
    query = select(taken.scalar_subquery().label("taken"), asked.limit(1).scalar_subquery().label("asked"))
    row = (await conn.execute(query)).one()
    return replace(page, times_taken=row.taken, asked_team=row.asked or "")


def _is_call_now(row: Any) -> Any:
    """SQL condition that finds the call of a "call now" link, which shows the waiting room and books nothing."""
    return (call.c.escalation == row.escalation_id) & (call.c.booking.is_(None)) & (call.c.nth == row.nth)
