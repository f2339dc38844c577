"""The context of a letter, read when it is sent.

A message's ``params`` say what it is about. If one of the following is missing, the escalation's newest one is used:

- ``link`` (nth): invitation, invitation_again, customer_missed, nobody_available, slot_held.
- ``held`` and ``until`` (ISO 8601): slot_held.
- ``booking`` (id), and its ``starts_at`` (ISO 8601), ``seconds``, ``sequence`` at the time of queueing: confirmation,
  moved, cancelled, withdrawn. Because they are in ``params``, a copy sent after a crash is identical to the first.
- ``call`` (id): reminder, call_now, running_late, customer_called_for, survey, survey_again and all letters to staff.
- ``person`` and ``offer`` (nth): agent_reminder; otherwise the agent who accepted the call.
- ``outcome``: withdrawn.
- ``calendar`` (id): manager_calendar, which belongs to no escalation.
- ``ruleset`` (number), ``share``, ``reason`` and ``lines`` (sentences): rules_changed, which belongs to none either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.message_queue import QueuedMessage
from database.tables.account import ruleset
from database.tables.booking import booking
from database.tables.customer_link import customer_link, survey
from database.tables.directory import desk, person, team
from database.tables.escalation import NAMED_HERE, ZONE_HERE, customer, escalation
from database.tables.muster import call, follow_up, offer, rating
from database.tables.schedule import calendar_feed
from domain.letter import (
    STAFF_LETTERS,
    AgentContext,
    BookingContext,
    LetterContext,
    LetterKind,
    LinkContext,
    OtherEscalation,
    RatingContext,
    RulesNews,
    UnreadCalendar,
    name_line,
    one_line,
    plain_text,
    subject_line,
)

_ABOUT_RATING = (LetterKind.SURVEY, LetterKind.SURVEY_AGAIN, LetterKind.RATING_ALERT, LetterKind.FOLLOW_UP_OVERDUE)


async def letter_context(conn: AsyncConnection, waiting: QueuedMessage) -> LetterContext:
    """Read everything that the letter may contain. Raises ``ValueError`` for an unknown kind."""
    kind = LetterKind(waiting.kind)
    if kind in (LetterKind.MANAGER_CALENDAR, LetterKind.RULES_CHANGED):
        return await _about_the_organisation(conn, waiting, kind)
    row = (await conn.execute(_escalation(waiting.escalation_id))).one()
    the_booking = None if _of_call_now(waiting) else await _first(conn, _booking(waiting))
    the_call = await _first(conn, _call(waiting))
    return LetterContext(
        message_id=waiting.id,
        escalation_id=waiting.escalation_id,
        kind=kind,
        recipient=waiting.recipient,
        written_at=waiting.created_at,
        sent_at=row.now,
        subject=subject_line(row.subject),
        customer_name=name_line(row.customer_name),
        customer_email=row.email,
        time_zone=_known_zone("" if kind in STAFF_LETTERS else row.time_zone, row.desk_zone),
        desk_name=name_line(row.desk_name),
        team_name=name_line(row.team_name or row.desk_name),
        team_address=row.team_address or "",
        outcome=str(waiting.params.get("outcome") or row.outcome or ""),
        link=_link_context(await _first(conn, _link(waiting, the_booking)), row.now),
        booking=_booking_context(the_booking, waiting, the_call),
        call_id=the_call.id if the_call else "",
        call_state=the_call.state if the_call else "",
        starts_at=_starts_at(waiting, the_call, the_booking),
        survey_until=await _scalar(conn, select(survey.c.expires_at).where(survey.c.call == _id_of(the_call))),
        held=_moment(waiting, "held"),
        held_until=_moment(waiting, "until"),
        agent=await _agent(conn, waiting, the_call) if kind in STAFF_LETTERS else None,
        may_move=the_call is None or (the_call.state == "waiting" and row.now < the_call.muster_at),
        rating=await _rating(conn, the_call) if kind in _ABOUT_RATING else None,
        call_back_until=await _scalar(conn, _call_back(the_call)) if kind is LetterKind.FOLLOW_UP_OVERDUE else None,
        also=await _also(conn, waiting),
    )


async def _also(conn: AsyncConnection, waiting: QueuedMessage) -> tuple[OtherEscalation, ...]:
    """The other escalations that a grouped letter is about, oldest message first, each once."""
    ids = dict.fromkeys(one.escalation_id for one in waiting.also if one.escalation_id != waiting.escalation_id)
    if not ids:
        return ()
    rows = await conn.execute(select(escalation.c.id, escalation.c.subject).where(escalation.c.id.in_(list(ids))))
    subjects = {row.id: row.subject for row in rows}
    return tuple(OtherEscalation(one, subject_line(subjects[one])) for one in ids)


async def _about_the_organisation(conn: AsyncConnection, waiting: QueuedMessage, kind: LetterKind) -> LetterContext:
    organisation = select(desk.c.name, desk.c.time_zone, func.clock_timestamp().label("now")).order_by(desk.c.id)
    row = (await conn.execute(organisation.limit(1))).one()
    return LetterContext(
        message_id=waiting.id,
        escalation_id="",
        kind=kind,
        recipient=waiting.recipient,
        written_at=waiting.created_at,
        sent_at=row.now,
        subject="",
        customer_name="",
        customer_email="",
        time_zone=_known_zone(row.time_zone),
        desk_name=name_line(row.name),
        team_name=name_line(row.name),
        team_address="",
        calendar=await _unread_calendar(conn, waiting) if kind is LetterKind.MANAGER_CALENDAR else None,
        rules=await _rules_news(conn, waiting) if kind is LetterKind.RULES_CHANGED else None,
    )


async def _unread_calendar(conn: AsyncConnection, waiting: QueuedMessage) -> UnreadCalendar | None:
    feed = select(calendar_feed.c.name, calendar_feed.c.error, person.c.id, person.c.name.label("person"))
    unread = calendar_feed.c.read_at.is_(None) & (calendar_feed.c.id == waiting.params["calendar"])
    found = await _first(conn, feed.join(person, person.c.id == calendar_feed.c.person).where(unread))
    return found and UnreadCalendar(found.id, name_line(found.person), one_line(found.name), one_line(found.error, 300))


async def _rules_news(conn: AsyncConnection, waiting: QueuedMessage) -> RulesNews:
    params = waiting.params
    published = select(ruleset.c.author).where(ruleset.c.number == params["ruleset"]).order_by(ruleset.c.desk).limit(1)
    author: str = (await conn.execute(published)).scalar_one()
    lines = tuple(one_line(line, 500) for line in params["lines"])
    reason = one_line(params["reason"], 500)
    return RulesNews(params["ruleset"], name_line(author), reason, params["share"], lines)


def _escalation(escalation_id: str) -> Select[Any]:
    columns = (
        escalation.c.subject,
        escalation.c.outcome,
        NAMED_HERE.label("customer_name"),
        customer.c.email,
        ZONE_HERE.label("time_zone"),
        desk.c.name.label("desk_name"),
        desk.c.time_zone.label("desk_zone"),
        team.c.name.label("team_name"),
        team.c.address.label("team_address"),
        func.clock_timestamp().label("now"),
    )
    joined = escalation.join(customer).join(desk, desk.c.id == escalation.c.desk).outerjoin(team)
    return select(*columns).select_from(joined).where(escalation.c.id == escalation_id)


def _of_call_now(waiting: QueuedMessage) -> bool:
    """Whether the withdrawn escalation was for a "call now", which has no booking."""
    return waiting.kind == LetterKind.WITHDRAWN and "booking" not in waiting.params


def _booking(waiting: QueuedMessage) -> Select[Any]:
    booking_id = waiting.params.get("booking")
    query = select(booking).where(booking.c.escalation == waiting.escalation_id)
    return query.where(booking.c.id == booking_id) if booking_id else query.order_by(booking.c.id.desc()).limit(1)


def _call(waiting: QueuedMessage) -> Select[Any]:
    call_id = waiting.params.get("call")
    query = select(call).where(call.c.escalation == waiting.escalation_id)
    return query.where(call.c.id == call_id) if call_id else query.order_by(call.c.nth.desc()).limit(1)


_NEW_LINK = frozenset(
    {
        LetterKind.INVITATION,
        LetterKind.INVITATION_AGAIN,
        LetterKind.CUSTOMER_MISSED,
        LetterKind.NOBODY_AVAILABLE,
        LetterKind.MANAGER_NOBODY,
        LetterKind.SLOT_HELD,
    }
)


def _link(waiting: QueuedMessage, the_booking: Row[Any] | None) -> Select[Any]:
    """The link in the letter: the newest one, or the one used for the letter's booking."""
    query = select(customer_link).where(customer_link.c.escalation == waiting.escalation_id)
    if nth := waiting.params.get("link"):
        return query.where(customer_link.c.nth == nth)
    if the_booking is not None and waiting.kind not in _NEW_LINK:
        return query.where(customer_link.c.id == the_booking.link)
    return query.order_by(customer_link.c.nth.desc()).limit(1)


def _link_context(row: Row[Any] | None, now: datetime) -> LinkContext | None:
    return row and LinkContext(row.nth, row.expires_at, open=row.state == "open" and row.expires_at > now)


_PENDING = frozenset({"waiting", "offered", "taken", "on_call"})


def _booking_context(row: Row[Any] | None, waiting: QueuedMessage, the_call: Row[Any] | None) -> BookingContext | None:
    if row is None:
        return None
    params = waiting.params
    starts_at = datetime.fromisoformat(params["starts_at"]) if "starts_at" in params else row.starts_at
    sequence = params.get("sequence", row.sequence)
    pending = the_call is not None and the_call.booking == row.id and the_call.state in _PENDING
    holds = pending and row.sequence == sequence
    return BookingContext(row.id, starts_at, params.get("seconds", row.seconds), sequence, holds)


def _starts_at(waiting: QueuedMessage, the_call: Row[Any] | None, the_booking: Row[Any] | None) -> datetime | None:
    if "starts_at" in waiting.params:
        return datetime.fromisoformat(waiting.params["starts_at"])
    row = the_call or the_booking
    return row.starts_at if row else None


def _moment(waiting: QueuedMessage, name: str) -> datetime | None:
    return datetime.fromisoformat(waiting.params[name]) if name in waiting.params else None


async def _agent(conn: AsyncConnection, waiting: QueuedMessage, the_call: Row[Any] | None) -> AgentContext | None:
    """The agent named in the letter: the person in the params, otherwise the one who has the call."""
    person_id = waiting.params.get("person") or (the_call.person if the_call else None)
    if person_id is None:
        return None
    name = await _scalar(conn, select(person.c.name).where(person.c.id == person_id))
    accepted = (
        select(func.max(offer.c.nth))
        .where(offer.c.call == _id_of(the_call), offer.c.person == person_id)
        .where(offer.c.state.in_(["accepted", "done"]))
    )
    nth = waiting.params.get("offer") or await _scalar(conn, accepted)
    return AgentContext(name_line(name or ""), nth)


async def _rating(conn: AsyncConnection, the_call: Row[Any] | None) -> RatingContext | None:
    row = await _first(conn, select(rating.c.score, rating.c.comment).where(rating.c.call == _id_of(the_call)))
    return row and RatingContext(row.score, plain_text(row.comment))


def _call_back(the_call: Row[Any] | None) -> Select[Any]:
    return select(follow_up.c.due_at).where(follow_up.c.call == _id_of(the_call), follow_up.c.done_at.is_(None))


def _id_of(row: Row[Any] | None) -> str | None:
    return row.id if row else None


def _known_zone(*names: str) -> str:
    """The first of these names that the time-zone database contains, otherwise UTC."""
    for name in filter(None, names):
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"


async def _first(conn: AsyncConnection, query: Select[Any]) -> Row[Any] | None:
    row: Row[Any] | None = (await conn.execute(query)).first()
    return row


async def _scalar(conn: AsyncConnection, query: Select[Any]) -> Any:
    return (await conn.execute(query)).scalar()
