"""Which published version decided an escalation, and in which stage."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Versions of one meaning have one hash. A candidate is the newest of them then; the rules that stood, the newest
# that everybody had. An opening may have read the clock just before a version was published, and that version after.
_DECIDED = text("""
SELECT r.number, r.author, r.reason, s.rollout, s.percent, s.candidate, o.candidate AS tried
FROM escalation e
  LEFT JOIN staged_escalation s ON s.escalation = e.id
  LEFT JOIN rollout o ON o.id = s.rollout
  JOIN ruleset r ON r.desk = e.desk AND r.version = e.ruleset
WHERE e.id = CAST(:id AS uuid)
ORDER BY r.published_at <= e.opened_at DESC,
  (coalesce(s.candidate, false) OR coalesce(r.adopted_at <= e.opened_at, false)) DESC, r.number DESC
LIMIT 1
""")


@dataclass(frozen=True)
class InRollout:
    """A candidate was being tried on some of the customers at the opening."""

    rollout: int
    percent: int
    candidate: int
    """The number of the version that was tried."""
    mine: bool
    """Whether it decided this escalation; else the rules that stood did, for the other customers."""


@dataclass(frozen=True)
class DecidedBy:
    number: int
    author: str
    reason: str
    """In its author's words."""
    step: InRollout | None


async def decided_by(conn: AsyncConnection, escalation_id: str) -> DecidedBy | None:
    """None where no version that was published has the meaning that this escalation was decided by."""
    row = (await conn.execute(_DECIDED, {"id": escalation_id})).one_or_none()
    if row is None:
        return None
    step = None if row.rollout is None else InRollout(row.rollout, row.percent, row.tried, row.candidate)
    return DecidedBy(row.number, row.author, row.reason, step)
