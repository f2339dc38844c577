"""What a sale asks first, in one statement: what may be booked, by which link, and whether the seats stand as kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.availability import Wish, wish_of
from database.stores.seats.board_cache import Standing
from domain.escalation import EscalationUnknown

_AS_IT_STANDS = text("""
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
WHERE e.id = :asked
""")


@dataclass(frozen=True)
class WayIn:
    """What one sale starts from."""

    link_is_open: bool
    seats: Standing


async def read_way_in(
    conn: AsyncConnection, escalation_id: str, link_id: int | None, start: datetime, now: datetime
) -> tuple[Wish, WayIn]:
    """Raises ``EscalationUnknown``."""
    asked = {"asked": escalation_id, "link": link_id, "start": start}
    row = (await conn.execute(_AS_IT_STANDS, asked)).one_or_none()
    if row is None:
        raise EscalationUnknown(escalation_id)
    wish = wish_of(row, escalation_id, now)
    versions = {date.fromisoformat(day): version for day, version in (row.versions or {}).items()}
    standing = Standing(row.day, row.roster, versions, row.engaged or {}, (row.number, row.total))
    return wish, WayIn(row.link_state == "open" and row.expires_at > now, standing)
