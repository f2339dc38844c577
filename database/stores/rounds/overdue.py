"""Open escalations whose workflow should have acted by now: the rows tell by when it had to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

LATE = timedelta(minutes=10)
"""How long after its deadline a workflow counts as stuck: longer than a busy worker takes, or a no-show that waits for
people to come back after an outage.
"""
MOST = 100
"""How many escalations are looked up at a time."""

# The deadlines are those of `workflows/`, each at its latest.
_OVERDUE = """
SELECT CAST(e.id AS text) FROM escalation e
LEFT JOIN LATERAL (SELECT * FROM call WHERE escalation = e.id ORDER BY nth DESC LIMIT 1) c ON true
CROSS JOIN LATERAL (SELECT
  CAST(e.plan #>> '{decision,calls,wait_for_customer}' AS float8) AS wait_for_customer,
  CAST(e.plan #>> '{decision,booking,slot}' AS float8) AS slot,
  CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8) AS wrap_up,
  CAST(e.plan #>> '{decision,feedback,ask_after}' AS float8)
    + CAST(e.plan #>> '{decision,links,survey_expires}' AS float8) AS survey) times
WHERE e.state NOT IN ('closed', 'refused', 'booked') AND e.updated_at < :before AND :before > CASE e.state
  WHEN 'invited' THEN (SELECT max(expires_at) FROM customer_link WHERE escalation = e.id)
  WHEN 'mustering' THEN CASE c.state WHEN 'unserved' THEN e.updated_at END
  WHEN 'accepted' THEN greatest(c.starts_at, c.accepted_at) + make_interval(secs => wait_for_customer)
  WHEN 'on_call' THEN greatest(c.starts_at, c.accepted_at, c.customer_joined_at, c.agent_joined_at)
    + make_interval(secs => slot, hours => 4)
  WHEN 'wrapping_up' THEN c.ended_at + make_interval(secs => wrap_up, mins => 10)
  WHEN 'rating' THEN coalesce(c.wrapped_up_at, c.ended_at) + make_interval(secs => survey) END
"""
_ALL = text(f"{_OVERDUE} ORDER BY e.updated_at DESC LIMIT :most")
_ONE = text(f"{_OVERDUE} AND e.id = CAST(:one AS uuid)")


async def find_overdue(conn: AsyncConnection, now: datetime) -> frozenset[str]:
    """Ids of open escalations whose workflow has missed a deadline: at most ``MOST``, those that changed last."""
    rows = await conn.execute(_ALL, {"before": now - LATE, "most": MOST})
    return frozenset(rows.scalars())


async def is_overdue(conn: AsyncConnection, escalation_id: str, now: datetime) -> bool:
    """Whether this escalation is open and its workflow has missed a deadline."""
    rows = await conn.execute(_ONE, {"before": now - LATE, "one": escalation_id})
    return rows.scalar_one_or_none() is not None
