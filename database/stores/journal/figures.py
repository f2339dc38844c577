"""Figures that one process leaves for the others to show: how many rounds took place, and what audits found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

WORKFLOWS_FAILING = "workflows_failing"
"""How many workflows have tasks that fail, as Temporal reports it."""
AUDIT_COMPLETE = "audit_complete"
"""Its time is that of the latest audit in which every step succeeded. Its value means nothing."""

# A ring of sixty minutes, so that nothing needs to be removed.
_COUNT_ROUND = text("""
INSERT INTO round_minute AS r (slot, minute, rounds)
VALUES (extract(minute FROM CAST(:now AS timestamptz)), date_trunc('minute', CAST(:now AS timestamptz)), 1)
ON CONFLICT (slot) DO UPDATE SET minute = excluded.minute,
  rounds = CASE WHEN r.minute = excluded.minute THEN r.rounds + 1 ELSE 1 END
""")

_NOTE = text("""
INSERT INTO figure (what, value, at) VALUES (:what, :value, clock_timestamp())
ON CONFLICT (what) DO UPDATE SET value = excluded.value, at = excluded.at
""")


async def count_round(conn: AsyncConnection, now: datetime) -> None:
    """Count a round, in the round's own transaction: one that is rolled back doesn't count."""
    await conn.execute(_COUNT_ROUND, {"now": now})


async def note_figure(conn: AsyncConnection, what: str, value: int) -> None:
    """Replace a figure, with the current time."""
    await conn.execute(_NOTE, {"what": what, "value": value})
