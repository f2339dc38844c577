"""Who would have been asked first in the past: the plan's order by what was recorded until then.

Calls, offers and ratings are recorded; presence is not, so whoever was on shift counts as there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.round_people import posterior_mean
from domain.past import Candidates, Example
from rules_dsl import rank
from rules_dsl.decision import AgentState, Pool
from rules_dsl.directory import Directory
from rules_dsl.ruleset import PRODUCT_AREA

AT_MOST = 40
"""Examples that are worked out, each by a question of its own."""

_STATES = text("""
SELECT p.id, calls.today, calls.busy_seconds, calls.last_ended, rated.score_sum, rated.score_count,
  rated.here_sum, rated.here_count,
  (SELECT max(o.made_at) FROM offer o WHERE o.person = p.id AND o.made_at < :at) AS last_made,
  EXISTS (SELECT 1 FROM call k JOIN escalation e ON e.id = k.escalation
    WHERE k.person = p.id AND k.agent_joined_at < :at AND e.id <> CAST(:id AS uuid)
      AND e.customer = (SELECT customer FROM escalation WHERE id = CAST(:id AS uuid))) AS knows
FROM unnest(CAST(:people AS integer[])) p(id)
LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE began >= :midnight) AS today, max(ended) AS last_ended,
    coalesce(extract(epoch FROM sum(ended - greatest(began, :lately)) FILTER (WHERE ended > :lately)), 0)
      AS busy_seconds
  FROM (SELECT c.accepted_at AS began, least(coalesce(c.wrapped_up_at, c.ended_at, :at), :at) AS ended
    FROM call c WHERE c.person = p.id AND c.escalation <> CAST(:id AS uuid) AND c.accepted_at < :at
      AND c.accepted_at > CAST(:at AS timestamptz) - interval '2 days') had
) calls ON true
LEFT JOIN LATERAL (
  SELECT sum(r.score) AS score_sum, count(*) AS score_count,
    sum(r.score) FILTER (WHERE e.facts ->> 'product area' = :area) AS here_sum,
    count(*) FILTER (WHERE e.facts ->> 'product area' = :area) AS here_count
  FROM rating r JOIN call c ON c.id = r.call JOIN escalation e ON e.id = r.escalation
  WHERE c.person = p.id AND r.at < :at AND r.at > CAST(:at AS timestamptz) - interval '180 days'
) rated ON true
""")
_LOOKED_BACK = timedelta(hours=4)
_NEVER = 10**9


@dataclass(frozen=True)
class FirstAsked:
    """Names; empty: nobody."""

    before: str
    after: str


async def first_asked(
    conn: AsyncConnection, examples: Sequence[Example], directories: Mapping[str, Directory]
) -> dict[str, FirstAsked]:
    """By escalation, for the first of the examples."""
    found: dict[str, FirstAsked] = {}
    for example in examples[:AT_MOST]:
        directory = directories[example.past.directory]
        people = {*example.before.people, *example.after.people}
        states = await _states(conn, example, people, directory)
        found[example.past.id] = FirstAsked(
            *(_first(side, example, states, directory) for side in (example.before, example.after))
        )
    return found


def _first(side: Candidates, example: Example, states: Mapping[int, AgentState], directory: Directory) -> str:
    if side.decision is None or not side.people:
        return ""
    first = rank(side.decision, example.past.id, Pool(0, side.people, (), True), states, directory)[0]
    return next(person.name for person in directory.people if person.id == first)


async def _states(
    conn: AsyncConnection, example: Example, people: set[int], directory: Directory
) -> dict[int, AgentState]:
    at = example.past.call_at or example.past.opened_at
    midnight = at.astimezone(ZoneInfo(directory.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    said = {"at": at, "midnight": midnight, "lately": at - _LOOKED_BACK, "people": sorted(people)}
    said |= {"id": example.past.id, "area": example.past.facts.get(PRODUCT_AREA)}
    return {
        row.id: AgentState(
            person=row.id,
            calls_today=row.today,
            load=int(row.busy_seconds // 60),
            idle=_since(row.last_ended or midnight, at),
            last_asked=_since(row.last_made, at) if row.last_made else _NEVER,
            csat=posterior_mean(row.score_sum, row.score_count),
            csat_here=posterior_mean(row.here_sum, row.here_count),
            handled_before=row.knows,
        )
        for row in await conn.execute(_STATES, said)
    }


def _since(earlier: datetime, at: datetime) -> int:
    return max(int((at - earlier).total_seconds()), 0)
