"""Alerts managers to bookings at risk, and finds people who could serve those bookings by working longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_managers
from database.stores.seats.reassign import AtRisk
from domain.letter import LetterKind


async def alert_lost_seats(conn: AsyncConnection, lost: Iterable[AtRisk], now: datetime) -> None:
    """Queue a message to the managers about each of these bookings, but at most one per booking per day, because a
    calendar may change often.
    """
    for one in lost:
        key = f"{one.booking}/{now.date()}"
        kind = LetterKind.MANAGER_SEAT_LOST.value
        await notify_managers(conn, one.escalation_id, kind, now, key=key, booking=one.booking)


@dataclass(frozen=True)
class CouldWork:
    """Somebody in the call's pool who is off shift during it, isn't away, and isn't another call's witness."""

    person: int
    name: str
    near: bool
    """Whether one of their shifts lies within four hours of the call."""


PEOPLE_PER_BOOKING = 3

_COULD_WORK = text("""
SELECT b.id AS booking, p.id AS person, p.name,
  EXISTS (
    SELECT 1 FROM shift s WHERE s.person = p.id
      AND s.during && tstzrange(lower(b.occupies) - interval '4 hours', upper(b.occupies) + interval '4 hours')
  ) AS near
FROM booking b JOIN pool_agent a ON a.pool = b.pool JOIN person p ON p.id = a.person AND p.active
WHERE b.id = ANY(:bookings) AND p.id <> :except
  AND NOT EXISTS (SELECT 1 FROM shift s WHERE s.person = p.id AND s.during @> b.occupies)
  AND NOT EXISTS (SELECT 1 FROM time_off t WHERE t.person = p.id AND t.during && b.occupies)
  AND NOT EXISTS (SELECT 1 FROM witness w WHERE w.person = p.id AND w.during && b.occupies)
  AND NOT EXISTS (
    SELECT 1 FROM calendar_busy c JOIN calendar_feed f ON f.id = c.feed
    WHERE f.person = p.id AND c.during && b.occupies
  )
ORDER BY b.id, near DESC, p.name, p.id
""")


async def remedies_for(
    conn: AsyncConnection, bookings: Sequence[int], without: int | None
) -> Mapping[int, list[CouldWork]]:
    """For each booking, a few people who could serve it by working longer or on another day.

    The person given as ``without`` is never among them.
    """
    found: dict[int, list[CouldWork]] = defaultdict(list)
    if bookings:
        for row in await conn.execute(_COULD_WORK, {"bookings": list(bookings), "except": without or 0}):
            if len(found[row.booking]) < PEOPLE_PER_BOOKING:
                found[row.booking].append(CouldWork(row.person, row.name, row.near))
    return found
