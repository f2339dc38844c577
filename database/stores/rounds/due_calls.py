"""A round's due calls.

For the people who might take them, see ``database/stores/directory/agent_states.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.customer_link import RAISED_BY
from database.stores.directory.agent_states import posterior_mean
from database.stores.journal.plan_json import load_plan
from database.stores.muster import NOT_ASKED_AGAIN
from domain.rounds.search import DueCall
from domain.rounds.search_clock import SearchClock
from rules_dsl.model.decision import OrderKey

CALLS_AT_MOST = 500
"""A round takes at most this many calls, the most urgent ones; the next round follows immediately."""

# Sorted by urgency: a customer waiting in the room outranks any call whose priority wasn't raised. Among equals, booked
# calls come first, because they were promised, then those that have waited longest.
_WAITING = """
SELECT c.id, c.escalation, c.starts_at, c.search_began_at, c.stood, c.muster_at, c.step, c.skipped, e.plan, e.customer,
  e.facts ->> 'product area' AS area
FROM call c JOIN escalation e ON e.id = c.escalation
WHERE c.state = 'waiting' AND {which}
ORDER BY c.priority + CASE WHEN c.customer_joined_at IS NULL THEN 0 ELSE :raised END DESC,
  c.starts_at IS NULL, c.muster_at, c.id
LIMIT :most
"""
_LOCKED = _WAITING + "FOR UPDATE OF e, c SKIP LOCKED"
_DUE = text(_LOCKED.format(which="c.muster_at <= :now"))
_DUE_UNLOCKED = text(_WAITING.format(which="c.muster_at <= :now"))
_SOON = text(_LOCKED.format(which="c.starts_at > :now AND (c.starts_at <= :until OR c.muster_at <= :now)"))

_RATED_ORDERS = {OrderKey.BEST_CSAT, OrderKey.BEST_CSAT_HERE}

_REFUSED = text("SELECT call, person FROM offer WHERE call = ANY(:calls) AND state = ANY(:states)")

_KNOWS_CUSTOMER = text("""
SELECT DISTINCT e.customer, c.person FROM call c JOIN escalation e ON e.id = c.escalation
WHERE e.customer = ANY(:customers) AND c.person IS NOT NULL AND c.agent_joined_at IS NOT NULL
""")

# Ratings from the last six months by person and product area. The area comes from the wrap-up or, if it has none, from
# the ticket.
_CSAT_BY_AREA = text("""
SELECT area, person, sum(score) AS score_sum, count(*) AS score_count FROM (
  SELECT c.person, r.score, coalesce(nullif(w.product_area, ''), e.facts ->> 'product area') AS area
  FROM rating r JOIN call c ON c.id = r.call JOIN escalation e ON e.id = c.escalation
    LEFT JOIN wrap_up w ON w.call = c.id
  WHERE r.at > CAST(:now AS timestamptz) - interval '180 days' AND c.person IS NOT NULL) rated
WHERE area = ANY(:areas) GROUP BY area, person
""")


def order_by_ratings(due: Iterable[DueCall]) -> bool:
    """Whether the plan of any of these calls prefers people with better ratings."""
    return any(_RATED_ORDERS & set(call.plan.decision.order) for call in due)


async def read_due(
    conn: AsyncConnection, clock: SearchClock, now: datetime, most: int = CALLS_AT_MOST
) -> list[DueCall]:
    """Lock and read at most ``most`` due calls, most urgent first. Skips calls that other transactions have locked."""
    rows = (await conn.execute(_DUE, {"now": now, "most": most, "raised": RAISED_BY})).all()
    return await _calls(conn, rows, clock, now)


async def read_waiting(conn: AsyncConnection, clock: SearchClock, now: datetime, most: int) -> list[DueCall]:
    """The same without locking anything, for pages."""
    rows = (await conn.execute(_DUE_UNLOCKED, {"now": now, "most": most, "raised": RAISED_BY})).all()
    return await _calls(conn, rows, clock, now)


async def read_soon(conn: AsyncConnection, clock: SearchClock, now: datetime, until: datetime) -> list[DueCall]:
    """Lock and read booked calls that nobody has taken, and that start by ``until`` or whose muster has begun."""
    values = {"now": now, "until": until, "most": CALLS_AT_MOST, "raised": RAISED_BY}
    return await _calls(conn, (await conn.execute(_SOON, values)).all(), clock, now)


async def _calls(conn: AsyncConnection, rows: Sequence[Row[Any]], clock: SearchClock, now: datetime) -> list[DueCall]:
    calls = [row.id for row in rows]
    refused_by: dict[str, set[int]] = defaultdict(set)
    for row in await conn.execute(_REFUSED, {"calls": calls, "states": list(NOT_ASKED_AGAIN)}):
        refused_by[str(row.call)].add(row.person)
    acquainted: dict[int, set[int]] = defaultdict(set)
    for row in await conn.execute(_KNOWS_CUSTOMER, {"customers": [row.customer for row in rows]}):
        acquainted[row.customer].add(row.person)
    plans = [load_plan(row.plan) for row in rows]
    areas = {
        row.area
        for row, plan in zip(rows, plans, strict=True)
        if row.area and OrderKey.BEST_CSAT_HERE in plan.decision.order
    }
    csat_by_area = await _csat_by_area(conn, areas, now)
    return [
        DueCall(
            call_id=str(row.id),
            escalation_id=str(row.escalation),
            plan=plan,
            starts_at=row.starts_at,
            began_at=_counted_from(row, clock, now),
            muster_at=None if row.search_began_at else row.muster_at,
            interrupted=_interruption(row, clock, now),
            step=max(row.step, plan.begins_at),
            skipped=row.skipped,
            refused_by=frozenset(refused_by[str(row.id)]),
            knows_customer=frozenset(acquainted[row.customer]),
            csat_here=csat_by_area.get(row.area, {}),
        )
        for row, plan in zip(rows, plans, strict=True)
    ]


def _counted_from(row: Row[Any], clock: SearchClock, now: datetime) -> datetime:
    """When the call's search began, moved by what the clock has stood still since the call was last read."""
    if row.search_began_at is None:
        return clock.counts_from(max(row.muster_at, now))
    began_at: datetime = row.search_began_at
    return began_at + _interruption(row, clock, now)


def _interruption(row: Row[Any], clock: SearchClock, now: datetime) -> timedelta:
    if row.search_began_at is not None:
        return clock.stood - timedelta(seconds=row.stood)
    due_at: datetime = row.muster_at
    # Due during the standstill: its search begins only now.
    return now - due_at if clock.resumed_at is not None and due_at < clock.resumed_at <= now else timedelta(0)


async def _csat_by_area(conn: AsyncConnection, areas: set[str], now: datetime) -> Mapping[str, Mapping[int, float]]:
    """Mean rating by product area and person."""
    csat: dict[str, dict[int, float]] = defaultdict(dict)
    if areas:
        for row in await conn.execute(_CSAT_BY_AREA, {"areas": sorted(areas), "now": now}):
            csat[row.area][row.person] = posterior_mean(row.score_sum, row.score_count)
    return csat
