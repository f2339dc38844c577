"""The vital signs, read from the rows in one statement."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.figures import AUDIT_COMPLETE, WORKFLOWS_FAILING
from domain.escalation import RELAYED_AT_ONCE
from domain.vital_signs import VitalSigns

_READ = text("""
WITH clock AS (SELECT clock_timestamp() AS now),
  outbox AS (
    SELECT count(*) AS events, min(at) AS oldest FROM escalation_event
    WHERE told_at IS NULL AND kind = ANY(:kinds)),
  due AS (
    SELECT count(*) AS calls, min(muster_at) AS oldest FROM call, clock
    WHERE state = 'waiting' AND muster_at <= clock.now),
  mail AS (
    SELECT count(*) AS messages, min(coalesce(waits_since, created_at)) AS oldest FROM message, clock
    WHERE state = 'queued' AND (attempts > 0 OR next_attempt_at <= clock.now)),
  failing AS (SELECT value FROM figure WHERE what = :failing),
  audit AS (SELECT at FROM figure WHERE what = :audited)
SELECT outbox.events AS unrelayed, extract(epoch FROM clock.now - outbox.oldest)::float8 AS oldest_unrelayed,
  due.calls AS unserved, extract(epoch FROM clock.now - due.oldest)::float8 AS oldest_unserved,
  mail.messages AS queued, extract(epoch FROM clock.now - mail.oldest)::float8 AS oldest_queued,
  (SELECT count(*) FROM message WHERE state = 'failed') AS failed_messages,
  (SELECT rounds FROM round_minute WHERE minute = date_trunc('minute', clock.now) - interval '1 minute') AS rounds,
  (SELECT extract(epoch FROM clock.now - ran_at)::float8 FROM search_clock) AS since_round,
  failing.value AS workflows_failing, extract(epoch FROM clock.now - audit.at)::float8 AS since_audit,
  (SELECT times FROM repair WHERE what = 'workflow_gone') AS rebuilt
FROM clock CROSS JOIN outbox CROSS JOIN due CROSS JOIN mail LEFT JOIN failing ON true LEFT JOIN audit ON true
""")


async def read_vital_signs(conn: AsyncConnection) -> VitalSigns:
    """Read the vital signs as of now, by the database's clock."""
    kinds = [kind.value for kind in RELAYED_AT_ONCE]
    values = {"kinds": kinds, "failing": WORKFLOWS_FAILING, "audited": AUDIT_COMPLETE}
    row = (await conn.execute(_READ, values)).one()
    return VitalSigns(
        unrelayed=row.unrelayed,
        oldest_unrelayed=max(row.oldest_unrelayed or 0.0, 0.0),
        unserved=row.unserved,
        oldest_unserved=max(row.oldest_unserved or 0.0, 0.0),
        queued=row.queued,
        oldest_queued=max(row.oldest_queued or 0.0, 0.0),
        failed_messages=row.failed_messages,
        rounds_last_minute=row.rounds or 0,
        since_round=row.since_round,
        workflows_failing=row.workflows_failing or 0,
        since_audit=row.since_audit,
        workflows_rebuilt=row.rebuilt or 0,
    )
