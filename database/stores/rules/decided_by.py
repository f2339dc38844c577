"""Which published version decided an escalation, and in which rollout step."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Versions with the same meaning have the same hash. If the candidate decided, take the newest of them; otherwise, the
# newest that applied to everybody. An opening may have read the clock just before a version was published, and the
# rules just after that.
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
    """The rollout that was running when the escalation was opened."""

    rollout: int
    percent: int
    candidate: int
    """Number of the candidate version."""
    by_candidate: bool
    """Whether the candidate decided this escalation; otherwise the rules current at that time did."""


@dataclass(frozen=True)
class DecidedBy:
    number: int
    author: str
    reason: str
    """Why the version was published, in its author's words."""
    step: InRollout | None


async def decided_by(conn: AsyncConnection, escalation_id: str) -> DecidedBy | None:
    """Find the version that decided an escalation; None if no published version matches its rules."""
    row = (await conn.execute(_DECIDED, {"id": escalation_id})).one_or_none()
    if row is None:
        return None
    step = None if row.rollout is None else InRollout(row.rollout, row.percent, row.tried, row.candidate)
    return DecidedBy(row.number, row.author, row.reason, step)
