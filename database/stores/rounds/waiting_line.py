"""Waiting customers' places in line, updated by each round; pages only read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rounds.eligibility import Colleague
from domain.rounds.muster import RoundResult
from domain.rounds.search import Pools
from domain.rounds.waiting_line import line_up, worse
from rules_dsl.directory import Directory

_SHOWN = text("SELECT id, place, estimate FROM call WHERE id = ANY(:calls)")

# The waiting times of the fifty most recently accepted calls.
_WAITS = text("""
SELECT accepted_at - muster_at AS waited FROM call
WHERE accepted_at > CAST(:now AS timestamptz) - interval '2 hours' AND accepted_at >= muster_at
ORDER BY accepted_at DESC LIMIT 50
""")

_PLACE = text("""
UPDATE call c SET place = p.place, estimate = p.estimate,
  put_back_at = CASE WHEN p.put_back THEN CAST(:now AS timestamptz) ELSE c.put_back_at END
FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS int[]), CAST(:estimates AS text[]), CAST(:put_back AS bool[]))
  AS p(id, place, estimate, put_back)
WHERE c.id = p.id AND c.state = 'waiting'
""")


async def update_places(
    conn: AsyncConnection,
    result: RoundResult,
    directory: Directory,
    colleagues: Mapping[int, Colleague],
    now: datetime,
) -> None:
    """Write the places and estimates that have changed, for all calls that this round left waiting."""
    offered = {chosen.call.call_id for chosen in result.offers}
    searches = (search for search in result.searches if not search.exhausted)
    waiting = [search.call for search in searches if search.call.call_id not in offered]
    if not waiting:
        return
    shown = {str(row.id): row for row in await conn.execute(_SHOWN, {"calls": [call.call_id for call in waiting]})}
    waits: list[timedelta] = list((await conn.execute(_WAITS, {"now": now})).scalars())
    placed = line_up(waiting, Pools(directory, colleagues), waits, now)
    changed = [
        one for one in placed if (shown[one.call_id].place, shown[one.call_id].estimate) != (one.place, one.estimate)
    ]
    if not changed:
        return
    values = {
        "ids": [one.call_id for one in changed],
        "places": [one.place for one in changed],
        "estimates": [one.estimate.value for one in changed],
        "put_back": [worse(one, shown[one.call_id].place) for one in changed],
        "now": now,
    }
    await conn.execute(_PLACE, values)
