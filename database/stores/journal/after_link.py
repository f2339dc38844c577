"""What came after a customer's link: the mails that told the customer, and the link that Muster issued instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Integer, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import escalation_event, message
from domain.escalation import Kind
from domain.letter import Channel, LetterKind

_OF_ESCALATION = (LetterKind.WITHDRAWN, LetterKind.CANCELLED)
_OF_CALL = (LetterKind.CUSTOMER_MISSED, LetterKind.NOBODY_AVAILABLE, LetterKind.SURVEY)


@dataclass(frozen=True)
class AfterLink:
    mails: Mapping[str, str] = field(default_factory=dict)
    """The state (``queued``, ``sent``, ``failed``) of the newest mail of each kind about this link's end."""
    newer: int | None = None
    """The number of the link that replaced this one, if Muster itself issued it and all between: then the older page
    leads on to it. None if there is no newer one, or a person replaced it."""
    again: tuple[str, int] | None = None
    """The escalation as which the ticket was opened again after this one's end, and the number of its newest link."""
    times_again: int = 0
    """How often this ticket was opened again by its customer."""
    request: str = ""
    """The state of the newest request to the team (``open``, ``answered``, ``closed``); empty if there was none."""
    ticket_solved: bool = False
    """Whether the help desk says that the ticket is solved."""


NOTHING_AFTER = AfterLink()

_AFTER_END = text("""
WITH this AS (SELECT * FROM escalation WHERE id = :escalation),
next AS (
  SELECT CAST(body ->> 'escalation_id' AS uuid) AS id FROM escalation_event
  WHERE escalation = :escalation AND kind = :kind ORDER BY seq DESC LIMIT 1
)
SELECT (SELECT id FROM next) AS again,
  (SELECT max(nth) FROM customer_link WHERE escalation = (SELECT id FROM next)) AS link,
  (SELECT count(*) FROM escalation e JOIN this ON e.customer = this.customer AND e.ticket_system = this.ticket_system
    AND e.ticket_account = this.ticket_account AND e.ticket_id = this.ticket_id
    WHERE e.opened_by = 'customer') AS times_again,
  (SELECT state FROM customer_request WHERE escalation = :escalation ORDER BY id DESC LIMIT 1) AS request,
  (SELECT ticket_solved_at > coalesce(ticket_reopened_at, '-infinity') FROM this) AS solved
""")


async def read_after_link(conn: AsyncConnection, escalation_id: str, nth: int, call_id: str | None) -> AfterLink:
    mails = select(message.c.kind, message.c.state).where(
        message.c.escalation == escalation_id,
        message.c.channel == Channel.MAIL.value,
        or_(
            message.c.kind.in_([kind.value for kind in _OF_ESCALATION]),
            message.c.kind.in_([kind.value for kind in _OF_CALL])
            & or_(message.c.params["call"].astext == call_id, message.c.params["link"].astext == str(nth + 1)),
        ),
    )
    rows = (await conn.execute(mails.order_by(message.c.created_at))).all()
    issued = escalation_event.c.body["nth"].astext.cast(Integer)
    later = select(func.max(issued), func.bool_and(escalation_event.c.actor == "muster")).where(
        escalation_event.c.escalation == escalation_id,
        escalation_event.c.kind == Kind.LINK_ISSUED.value,
        issued > nth,
    )
    newer, by_muster = (await conn.execute(later)).one()
    after = (await conn.execute(_AFTER_END, {"escalation": escalation_id, "kind": Kind.OPENED_AGAIN.value})).one()
    return AfterLink(
        {row.kind: row.state for row in rows},
        newer if by_muster else None,
        again=None if after.link is None else (str(after.again), after.link),
        times_again=after.times_again,
        request=after.request or "",
        ticket_solved=bool(after.solved),
    )
