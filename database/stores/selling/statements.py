"""The SQL statements of a sale. One statement writes the booking, its witness, the call and the join link, and uses up
the customer's link, so that the day's lock is held as briefly as possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.assignments import WitnessChange, move_witnesses
from database.stores.seats.availability import BookingRequest, booking_request_of
from database.stores.seats.board_cache import DayVersion
from database.stores.seats.booked_calls import BookingWithCall, Link
from database.stores.seats.limits import id_of_terms
from domain.booking import occupied
from domain.escalation import EscalationUnknown
from domain.ids import KICK_CHANNEL, Tokens, call_id, token_hash
from domain.plan import Plan
from domain.seats.demand import instant

_SALE = text("""
WITH counted AS (
  INSERT INTO desk_day (desk, day, version) VALUES (:desk, :day, 1)
  ON CONFLICT (desk, day) DO UPDATE SET version = desk_day.version + 1 RETURNING version
), sold AS (
  INSERT INTO booking (escalation, link, pool, starts_at, seconds, occupies, booked_at)
  VALUES (:escalation, :link, :pool, :starts_at, :seconds, tstzrange(:occupied_from, :occupied_until), :now)
  RETURNING id
), seat AS (
  INSERT INTO witness (booking, pool, person, during, day, nth, version, terms, pinned)
  SELECT sold.id, :pool, :person, tstzrange(:begins, :ends), :day, :nth, counted.version, :terms, false
  FROM sold, counted
), used AS (
  UPDATE customer_link SET state = 'used', used_at = :now WHERE id = :link
), zoned AS (
  UPDATE escalation SET customer_zone = :zone WHERE id = :escalation AND :zone NOT IN ('', customer_zone)
), due AS (
  INSERT INTO call (id, escalation, nth, booking, state, priority, starts_at, muster_at)
  SELECT :call, :escalation, :nth_call, sold.id, 'waiting', :priority, :starts_at, :muster_at FROM sold
), joins AS (
  INSERT INTO join_link (token_hash, call, side) VALUES (:token_hash, :call, 'customer') ON CONFLICT DO NOTHING
)
SELECT sold.id, counted.version, pg_notify(:kick, '') FROM sold, counted
""")


async def sell(
    conn: AsyncConnection,
    escalation: Row[Any],
    link: Link,
    plan: Plan,
    start: datetime,
    changes: Sequence[WitnessChange],
    tokens: Tokens,
    now: datetime,
    zone: str = "",
) -> BookingWithCall:
    """Write a booking with its witness and its call, use up the link, and move the witnesses who make way.

    Exactly one of ``changes`` is new. ``zone`` is the time zone in which the customer chose; empty if unknown.
    The caller holds the locks on the day and on the escalation.
    """
    new = next(change for change in changes if not change.existed)
    terms_id = await id_of_terms(conn, new.demand.terms) if new.terms_id is None else new.terms_id
    occupied_from, occupied_until = occupied(start, plan.decision)
    new_call = call_id(str(escalation.id), link.nth)
    muster_at = start - timedelta(seconds=plan.decision.calls.prepare)
    row = (
        await conn.execute(
            _SALE,
            {
                "desk": escalation.desk,
                "day": date.fromordinal(new.demand.day),
                "escalation": escalation.id,
                "link": link.id,
                "pool": new.demand.pool,
                "starts_at": start,
                "seconds": plan.decision.booking.slot,
                "occupied_from": occupied_from,
                "occupied_until": occupied_until,
                "now": now,
                "zone": zone,
                "person": new.person,
                "begins": instant(new.demand.begin),
                "ends": instant(new.demand.end),
                "nth": new.nth,
                "terms": terms_id,
                "call": new_call,
                "nth_call": link.nth,
                "priority": escalation.priority,
                "muster_at": muster_at,
                "token_hash": token_hash(tokens.customer_join(new_call)),
                "kick": KICK_CHANNEL,
            },
        )
    ).one()
    await move_witnesses(conn, [change for change in changes if change.existed], {new.demand.day: row.version})
    return BookingWithCall(row.id, new_call, start, muster_at)


_PRECHECK = text("""
SELECT e.desk, e.pool, e.plan, e.state, d.time_zone, l.state AS link_state, l.expires_at, t.day,
  (SELECT priority FROM customer_link WHERE escalation = e.id ORDER BY nth DESC LIMIT 1) AS priority,
  (SELECT version FROM roster) AS roster,
  (SELECT json_object_agg(person, date_part('epoch', until)::bigint) FROM engaged) AS engaged,
  (SELECT json_object_agg(v.day, v.version) FROM desk_day v
    WHERE v.desk = e.desk AND v.day BETWEEN t.day - 1 AND t.day + 1) AS versions,
  w.number, w.total
FROM escalation e JOIN desk d ON d.id = e.desk
  LEFT JOIN customer_link l ON l.id = :link AND l.escalation = e.id
  CROSS JOIN LATERAL (SELECT timezone(d.time_zone, CAST(:start AS timestamptz))::date AS day) t
  CROSS JOIN LATERAL (
    SELECT count(*) AS number, coalesce(sum(booking), 0)::bigint AS total FROM witness x WHERE x.day = t.day
  ) w
WHERE e.id = :escalation
""")


@dataclass(frozen=True)
class Precheck:
    """The state that a sale starts from."""

    link_is_open: bool
    seats: DayVersion
    """The state of that day's seats in the database."""


async def read_precheck(
    conn: AsyncConnection, escalation_id: str, link_id: int | None, start: datetime, now: datetime
) -> tuple[BookingRequest, Precheck]:
    """Read, in one statement, what may be booked and what the sale starts from. Raises ``EscalationUnknown``."""
    parameters = {"escalation": escalation_id, "link": link_id, "start": start}
    row = (await conn.execute(_PRECHECK, parameters)).one_or_none()
    if row is None:
        raise EscalationUnknown(escalation_id)
    request = booking_request_of(row, escalation_id, now)
    versions = {date.fromisoformat(day): version for day, version in (row.versions or {}).items()}
    seats = DayVersion(row.day, row.roster, versions, row.engaged or {}, (row.number, row.total))
    return request, Precheck(row.link_state == "open" and row.expires_at > now, seats)
