"""Outcomes of the escalations in one rollout step, decided by the candidate or by the current rules.

Counts only escalations opened during the step, whatever happened to them later. The two sides therefore differ only in
their rules, and steps with different shares are never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rollout.outcomes import Side

_COUNTED = text("""
WITH mine AS (
  SELECT s.candidate, e.id, e.state FROM staged_escalation s JOIN escalation e ON e.id = s.escalation
  WHERE s.rollout = :rollout AND s.percent = :percent
), calls AS (
  SELECT m.candidate, c.* FROM mine m JOIN call c ON c.escalation = m.id WHERE c.state <> 'cancelled'
)
SELECT side.candidate,
  (SELECT count(*) FROM mine m WHERE m.candidate = side.candidate) AS escalations,
  (SELECT count(*) FROM mine m WHERE m.candidate = side.candidate AND m.state = 'refused') AS refused,
  (SELECT count(*) FROM calls c WHERE c.candidate = side.candidate AND c.ended_at IS NOT NULL) AS ended,
  (SELECT count(*) FROM calls c WHERE c.candidate = side.candidate AND c.ended_at IS NOT NULL
     AND c.customer_joined_at IS NOT NULL AND c.agent_joined_at IS NOT NULL) AS took_place,
  (SELECT count(*) FROM mine m JOIN escalation_event v ON v.escalation = m.id AND v.kind = 'customer_missed'
     WHERE m.candidate = side.candidate) AS no_shows,
  (SELECT count(*) FROM calls c JOIN offer o ON o.call = c.id WHERE c.candidate = side.candidate
     AND o.state NOT IN ('offered', 'withdrawn')) AS offers,
  (SELECT count(*) FROM calls c JOIN offer o ON o.call = c.id WHERE c.candidate = side.candidate
     AND o.state = 'declined') AS declined,
  (SELECT count(*) FROM calls c JOIN rating r ON r.call = c.id WHERE c.candidate = side.candidate) AS ratings,
  (SELECT count(*) FROM calls c JOIN rating r ON r.call = c.id WHERE c.candidate = side.candidate
     AND r.score >= 4) AS satisfied,
  (SELECT coalesce(array_agg(extract(epoch FROM c.accepted_at - c.search_began_at)::float8), '{}') FROM calls c
     WHERE c.candidate = side.candidate AND c.accepted_at IS NOT NULL AND c.search_began_at IS NOT NULL) AS waits,
  (SELECT count(*) FROM calls c WHERE c.candidate = side.candidate AND c.accepted_at IS NULL
     AND c.search_began_at IS NOT NULL AND c.ended_at IS NOT NULL) AS never
FROM (VALUES (true), (false)) AS side (candidate)
""")
_EACH = text("""
SELECT percent, count(*) FILTER (WHERE candidate) AS candidate, count(*) FILTER (WHERE NOT candidate) AS current
FROM staged_escalation WHERE rollout = :rollout GROUP BY percent
""")


async def rollout_sides(conn: AsyncConnection, rollout_id: int, percent: int) -> tuple[Side, Side]:
    """Outcomes under the candidate and under the current rules, in the step with this share."""
    rows = (await conn.execute(_COUNTED, {"rollout": rollout_id, "percent": percent})).mappings().all()
    sides = {row["candidate"]: _side(row) for row in rows}
    return sides[True], sides[False]


async def rollout_cases(conn: AsyncConnection, rollout_id: int) -> Mapping[int, tuple[int, int]]:
    """How many escalations the candidate and the current rules each decided, keyed by the step's percentage."""
    rows = await conn.execute(_EACH, {"rollout": rollout_id})
    return {row.percent: (row.candidate, row.current) for row in rows}


def _side(row: RowMapping) -> Side:
    counts: dict[str, Any] = {
        name: row[name]
        for name in (
            "escalations", "refused", "offers", "declined", "ended", "took_place", "no_shows", "ratings", "satisfied"
        )
    }  # fmt: skip
    return Side(waits=[*row["waits"], *([inf] * row["never"])], **counts)
