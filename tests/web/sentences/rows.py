"""What the database says about one escalation and about everybody at a moment: plain rows, read by plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_OF_ONE = {
    "links": "SELECT * FROM customer_link WHERE escalation = :e ORDER BY nth",
    "bookings": "SELECT * FROM booking WHERE escalation = :e ORDER BY id",
    "calls": "SELECT * FROM call WHERE escalation = :e ORDER BY nth",
    "offers": "SELECT o.*, p.name, p.email, t.name AS team FROM offer o JOIN call c ON c.id = o.call "
    "JOIN person p ON p.id = o.person JOIN team t ON t.id = p.team WHERE c.escalation = :e ORDER BY c.nth, o.nth",
    "events": "SELECT * FROM escalation_event WHERE escalation = :e ORDER BY seq",
    "messages": "SELECT * FROM message WHERE escalation = :e ORDER BY created_at, key",
    "wrap_ups": "SELECT w.*, p.name FROM wrap_up w JOIN call c ON c.id = w.call JOIN person p ON p.id = w.person "
    "WHERE c.escalation = :e",
    "ratings": "SELECT * FROM rating WHERE escalation = :e",
    "surveys": "SELECT s.* FROM survey s JOIN call c ON c.id = s.call WHERE c.escalation = :e",
    "peers": "SELECT y.* FROM call_peer y JOIN call c ON c.id = y.call WHERE c.escalation = :e",
}
_OF_ALL = {
    "people": "SELECT p.id, p.name, p.email, p.roles, t.name AS team, i.name AS title, r.state, r.reason, r.since, "
    "r.seen_at FROM person p LEFT JOIN team t ON t.id = p.team LEFT JOIN title i ON i.id = p.title "
    "LEFT JOIN presence r ON r.person = p.id",
    "escalations": "SELECT * FROM escalation",
    "all_calls": "SELECT c.*, e.subject, e.plan FROM call c JOIN escalation e ON e.id = c.escalation",
    "all_offers": "SELECT o.*, c.escalation, p.name FROM offer o JOIN call c ON c.id = o.call "
    "JOIN person p ON p.id = o.person",
    "all_bookings": "SELECT * FROM booking",
    "all_events": "SELECT * FROM escalation_event WHERE kind IN "
    "('agent_missed', 'nobody_available', 'customer_missed')",
    "all_wrap_ups": "SELECT * FROM wrap_up",
    "all_ratings": "SELECT * FROM rating",
    "clocks": "SELECT * FROM search_clock",
}


@dataclass(frozen=True)
class Rows:
    now: datetime
    escalation: Row[Any]
    """With the customer's name and address."""
    links: Sequence[Row[Any]]
    bookings: Sequence[Row[Any]]
    calls: Sequence[Row[Any]]
    offers: Sequence[Row[Any]]
    events: Sequence[Row[Any]]
    messages: Sequence[Row[Any]]
    wrap_ups: Sequence[Row[Any]]
    ratings: Sequence[Row[Any]]
    surveys: Sequence[Row[Any]]
    peers: Sequence[Row[Any]]
    people: Sequence[Row[Any]]
    escalations: Sequence[Row[Any]]
    all_calls: Sequence[Row[Any]]
    all_offers: Sequence[Row[Any]]
    all_bookings: Sequence[Row[Any]]
    all_events: Sequence[Row[Any]]
    all_wrap_ups: Sequence[Row[Any]]
    all_ratings: Sequence[Row[Any]]
    clocks: Sequence[Row[Any]]

    def happened(self, *kinds: str, **body: Any) -> list[Row[Any]]:
        """The events of these kinds whose bodies say this."""
        return [one for one in self.events if one.kind in kinds and all(one.body.get(k) == v for k, v in body.items())]

    def mails(self, *kinds: str) -> list[Row[Any]]:
        return [one for one in self.messages if one.kind in kinds]

    def person(self, number: int | None) -> Any:
        return next((one for one in self.people if one.id == number), None)

    def named(self, name: str) -> Row[Any]:
        return next(one for one in self.people if one.name == name)


async def read_rows(conn: AsyncConnection, escalation_id: str, now: datetime) -> Rows:
    one = text(
        "SELECT e.*, c.email, c.time_zone AS zone_given, coalesce(nullif(e.customer_named, ''), "
        "c.name) AS customer_name, t.name AS team_name, "
        "d.name AS desk_name FROM escalation e JOIN customer c ON c.id = e.customer JOIN desk d ON d.id = e.desk "
        "LEFT JOIN team t ON t.id = e.team WHERE e.id = :e"
    )
    escalation = (await conn.execute(one, {"e": escalation_id})).one()
    of_one = {name: (await conn.execute(text(query), {"e": escalation_id})).all() for name, query in _OF_ONE.items()}
    of_all = {name: (await conn.execute(text(query))).all() for name, query in _OF_ALL.items()}
    return Rows(now, escalation, **of_one, **of_all)
