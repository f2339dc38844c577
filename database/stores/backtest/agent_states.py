"""How busy people were at moments of the past, and what was said of them until then: what orders hang on.

Asked for many moments at once, and only what the orders in question hang on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import posterior_mean
from rules_dsl import PRODUCT_AREA
from rules_dsl.model.decision import AgentState, OrderKey

# What is asked for: a row for each example and each who might have been first in it.
_WANTED = """
WITH a AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS a
    (example uuid, person integer, at timestamptz, midnight timestamptz, lately timestamptz, area text)
)
"""
_DAYS = text(f"""{_WANTED}
SELECT a.example, a.person, calls.*
FROM a CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE began >= a.midnight) AS today, max(ended) AS last_ended,
    coalesce(extract(epoch FROM sum(ended - greatest(began, a.lately)) FILTER (WHERE ended > a.lately)), 0)
      AS busy_seconds
  FROM (SELECT c.accepted_at AS began, least(coalesce(c.wrapped_up_at, c.ended_at, a.at), a.at) AS ended
    FROM call c WHERE c.person = a.person AND c.escalation <> a.example AND c.accepted_at < a.at
      AND c.accepted_at > a.at - interval '2 days') had
) calls
""")
_OFFERED = text(f"""{_WANTED}
SELECT a.example, a.person,
  (SELECT max(o.made_at) FROM offer o WHERE o.person = a.person AND o.made_at < a.at) AS last_made
FROM a
""")
# Ratings are read once, and counted for each moment that is asked about.
_RATED = text(f"""{_WANTED}
, given AS MATERIALIZED (
  SELECT c.person, r.at, r.score, e.facts ->> :area AS area
  FROM rating r JOIN call c ON c.id = r.call JOIN escalation e ON e.id = r.escalation
  WHERE c.person IN (SELECT person FROM a) AND r.at < (SELECT max(at) FROM a)
    AND r.at > (SELECT min(at) FROM a) - interval '180 days'
)
SELECT a.example, a.person, sum(g.score) AS score_sum, count(*) AS score_count,
  sum(g.score) FILTER (WHERE g.area = a.area) AS here_sum, count(*) FILTER (WHERE g.area = a.area) AS here_count
FROM a JOIN given g ON g.person = a.person AND g.at < a.at AND g.at > a.at - interval '180 days'
GROUP BY a.example, a.person
""")
_HANDLED = text(f"""{_WANTED}
SELECT DISTINCT a.example, a.person
FROM a JOIN escalation mine ON mine.id = a.example
  JOIN escalation e ON e.customer = mine.customer AND e.id <> a.example
  JOIN call k ON k.escalation = e.id AND k.person = a.person AND k.agent_joined_at < a.at
""")
_LOOKED_BACK = timedelta(hours=4)
_NEVER = 10**9
_Who = tuple[str, int]
_Fields = dict[str, Any]


@dataclass(frozen=True)
class PastCall:
    """One call of the past, and those who might have been first."""

    escalation: str
    at: datetime
    midnight: datetime
    """The one before, by the desk's clocks."""
    area: str | None
    """Of its product."""
    people: tuple[int, ...]


async def states_at(
    conn: AsyncConnection, moments: Sequence[PastCall], keys: Collection[OrderKey]
) -> dict[_Who, AgentState]:
    """By escalation and person, each of ``moments``; right in what these keys ask."""
    known = {one.escalation: one for one in moments}
    said = {"asked": json.dumps([row for one in moments for row in _rows(one)]), "area": PRODUCT_AREA}
    fields: dict[_Who, _Fields] = defaultdict(dict)
    for statement, read, answers in _QUESTIONS:
        if moments and not answers.isdisjoint(keys):
            for row in await conn.execute(statement, said):
                fields[str(row.example), row.person] |= read(row, known[str(row.example)])
    plain: _Fields = {"idle": 0, "last_asked": _NEVER, "csat": posterior_mean(0, 0), "csat_here": posterior_mean(0, 0)}
    everybody = [(one.escalation, person) for one in moments for person in one.people]
    return {who: AgentState(who[1], **plain | fields[who]) for who in everybody}


def _rows(one: PastCall) -> list[_Fields]:
    said = {"at": one.at.isoformat(), "midnight": one.midnight.isoformat(), "area": one.area}
    said |= {"example": one.escalation, "lately": (one.at - _LOOKED_BACK).isoformat()}
    return [said | {"person": person} for person in one.people]


def _day(row: Row[Any], moment: PastCall) -> _Fields:
    idle = _since(row.last_ended or moment.midnight, moment.at)
    return {"calls_today": row.today, "load": int(row.busy_seconds // 60), "idle": idle}


def _offered(row: Row[Any], moment: PastCall) -> _Fields:
    return {"last_asked": _since(row.last_made, moment.at)} if row.last_made else {}


def _rated(row: Row[Any], moment: PastCall) -> _Fields:
    here = posterior_mean(row.here_sum, row.here_count)
    return {"csat": posterior_mean(row.score_sum, row.score_count), "csat_here": here}


def _handled(row: Row[Any], moment: PastCall) -> _Fields:
    return {"handled_before": True}


def _since(earlier: datetime, at: datetime) -> int:
    return max(int((at - earlier).total_seconds()), 0)


_QUESTIONS: tuple[tuple[TextClause, Callable[[Row[Any], PastCall], _Fields], frozenset[OrderKey]], ...] = (
    (_DAYS, _day, frozenset({OrderKey.FEWEST_CALLS_TODAY, OrderKey.LEAST_BUSY, OrderKey.LONGEST_IDLE})),
    (_OFFERED, _offered, frozenset({OrderKey.ROUND_ROBIN})),
    (_RATED, _rated, frozenset({OrderKey.BEST_CSAT, OrderKey.BEST_CSAT_HERE})),
    (_HANDLED, _handled, frozenset({OrderKey.HANDLED_BEFORE})),
)
