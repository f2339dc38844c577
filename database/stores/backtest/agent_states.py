"""The agent states that rankings at past moments depend on: how busy agents were, and their ratings up to then.

Many moments are read together, but only the data that the given order keys need.
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

# One row for each example and each person who might have been asked first in it.
_EXAMPLES = """
WITH a AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:examples AS jsonb)) AS a
    (example uuid, person integer, at timestamptz, midnight timestamptz, lately timestamptz, area text)
)
"""
_DAYS = text(f"""{_EXAMPLES}
SELECT a.example, a.person, calls.*
FROM a CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE began >= a.midnight) AS today, max(ended) AS last_ended,
    coalesce(extract(epoch FROM sum(ended - greatest(began, a.lately)) FILTER (WHERE ended > a.lately)), 0)
      AS busy_seconds
  FROM (SELECT c.accepted_at AS began, least(coalesce(c.wrapped_up_at, c.ended_at, a.at), a.at) AS ended
    FROM call c WHERE c.person = a.person AND c.escalation <> a.example AND c.accepted_at < a.at
      AND c.accepted_at > a.at - interval '2 days') recent
) calls
""")
_OFFERED = text(f"""{_EXAMPLES}
SELECT a.example, a.person,
  (SELECT max(o.made_at) FROM offer o WHERE o.person = a.person AND o.made_at < a.at) AS last_made
FROM a
""")
# Ratings are read once, then aggregated for each moment.
_RATED = text(f"""{_EXAMPLES}
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
_HANDLED = text(f"""{_EXAMPLES}
SELECT DISTINCT a.example, a.person
FROM a JOIN escalation own ON own.id = a.example
  JOIN escalation e ON e.customer = own.customer AND e.id <> a.example
  JOIN call k ON k.escalation = e.id AND k.person = a.person AND k.agent_joined_at < a.at
""")
_LOAD_WINDOW = timedelta(hours=4)
_NEVER = 10**9
_Key = tuple[str, int]
"""Escalation id and person."""
_Fields = dict[str, Any]


@dataclass(frozen=True)
class PastCall:
    """One past call, and the people who might have been asked first."""

    escalation: str
    at: datetime
    midnight: datetime
    """The midnight before the call, in the organisation's time zone."""
    area: str | None
    """The call's product area."""
    people: tuple[int, ...]


async def states_at(
    conn: AsyncConnection, moments: Sequence[PastCall], keys: Collection[OrderKey]
) -> dict[_Key, AgentState]:
    """The states of all people at all these moments, by escalation and person. Only the fields needed for ``keys`` are
    correct.
    """
    by_escalation = {one.escalation: one for one in moments}
    parameters = {"examples": json.dumps([row for one in moments for row in _rows(one)]), "area": PRODUCT_AREA}
    fields: dict[_Key, _Fields] = defaultdict(dict)
    for statement, read, answered_keys in _QUERIES:
        if moments and not answered_keys.isdisjoint(keys):
            for row in await conn.execute(statement, parameters):
                fields[str(row.example), row.person] |= read(row, by_escalation[str(row.example)])
    defaults: _Fields = {"idle": 0, "last_asked": _NEVER}
    defaults |= {"csat": posterior_mean(0, 0), "csat_here": posterior_mean(0, 0)}
    everybody = [(one.escalation, person) for one in moments for person in one.people]
    return {key: AgentState(key[1], **defaults | fields[key]) for key in everybody}


def _rows(one: PastCall) -> list[_Fields]:
    row = {"at": one.at.isoformat(), "midnight": one.midnight.isoformat(), "area": one.area}
    row |= {"example": one.escalation, "lately": (one.at - _LOAD_WINDOW).isoformat()}
    return [row | {"person": person} for person in one.people]


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


_QUERIES: tuple[tuple[TextClause, Callable[[Row[Any], PastCall], _Fields], frozenset[OrderKey]], ...] = (
    (_DAYS, _day, frozenset({OrderKey.FEWEST_CALLS_TODAY, OrderKey.LEAST_BUSY, OrderKey.LONGEST_IDLE})),
    (_OFFERED, _offered, frozenset({OrderKey.ROUND_ROBIN})),
    (_RATED, _rated, frozenset({OrderKey.BEST_CSAT, OrderKey.BEST_CSAT_HERE})),
    (_HANDLED, _handled, frozenset({OrderKey.HANDLED_BEFORE})),
)
