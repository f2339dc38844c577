"""How other rules would affect sold seats. The booked calls are decided again, on a separate board.

The other rules' pools are created just as they would be by publishing the rules and opening escalations; the caller
rolls this back.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.bounded_threads import RULES_TEXTS, SEAT_SEARCHES
from database.clock import current_time
from database.stores.at_risk.remedies import Away, RemedyPeople, people_for, read_away
from database.stores.backtest.read import facts_of
from database.stores.directory.read import read_desk, read_directory
from database.stores.rules.versions import current_published
from database.stores.seats.load_board import load_seats
from database.stores.seats.pools import pool_of
from domain.plan import Plan
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard
from domain.seats.capacity_under_rules import UnservedCalls, find_unserved, proven_unserved
from domain.seats.demand import Demand, demand_of
from rules_dsl import NoRuleApplies, Ruleset, draft_rules
from rules_dsl.directory import Directory
from rules_dsl.model.decision import CallKind

AHEAD = timedelta(days=28)
MOST = 2000
"""Maximum number of booked calls to check, nearest first."""
SHOWN = 20
"""The number of calls for which remedies are computed."""
SHORT, LONGER = 1.0, 8.0
"""Time limits in seconds for the short search and for the longer one."""

_SOLD = text("""
SELECT b.id, b.escalation::text, b.starts_at, e.facts::text, e.opened_at, e.subject
FROM booking b JOIN escalation e ON e.id = b.escalation JOIN witness w ON w.booking = b.id
WHERE b.state = 'sold' AND b.starts_at > :now AND b.starts_at <= :until AND NOT w.pinned
ORDER BY b.starts_at, b.id LIMIT :most
""")


@dataclass(frozen=True)
class BookedCall:
    booking: int
    escalation_id: str
    subject: str
    starts_at: datetime
    plan: Plan
    """The call's plan under the other rules."""

    @property
    def pool(self) -> str:
        return self.plan.pool_text


@dataclass(frozen=True)
class UnderRules:
    """Booked calls as other rules would have planned them."""

    board: SeatBoard
    """The board, with the people in the other rules' pools and with every call unchanged."""
    demands: tuple[Demand, ...]
    """The calls that would need other people, another time or other limits under the other rules."""
    calls: Mapping[int, BookedCall]
    """The calls behind these demands, keyed by booking."""
    checked: int
    """How many booked calls were decided again."""
    away: tuple[Away, ...] = ()
    """People who can't be asked to work longer on these days."""


async def booked_under(conn: AsyncConnection, rules: Ruleset, now: datetime) -> UnderRules | None:
    """Decide again the calls booked for the days ahead, each as of the moment when its escalation was opened; None if
    no calls are booked.

    Writes pools, so the caller must roll back its transaction.
    """
    until = now + AHEAD
    values = {"now": now, "until": until, "most": MOST}
    rows, desk = (await conn.execute(_SOLD, values)).all(), await read_desk(conn)
    if not rows or desk is None:
        return None
    directory, zone = await read_directory(conn), ZoneInfo(desk.time_zone)
    planned: dict[int, BookedCall] = {}
    for row in rows:
        plan = _plan(rules, row.facts, row.opened_at, now)
        if plan is not None:
            planned[row.id] = BookedCall(row.id, row.escalation, row.subject, row.starts_at, plan)
    pools: dict[str, int] = {}
    for one in planned.values():
        if one.plan.pool_key not in pools:
            pools[one.plan.pool_key] = await pool_of(conn, desk.id, one.plan, directory, now)
    days = [row.starts_at.astimezone(zone).date() for row in rows]
    seats = await load_seats(conn, min(days) - ONE_DAY, max(days) + ONE_DAY)
    demands = []
    for one in planned.values():
        day = one.starts_at.astimezone(zone).date()
        demand = demand_of(one.plan.decision, pools[one.plan.pool_key], one.starts_at, day, one.booking)
        current = seats.board.assignments.get(one.booking)
        if current is not None and current[0] != demand:
            demands.append(demand)
    calls = {demand.booking: planned[demand.booking] for demand in demands}
    away = await read_away(conn, now, until)
    return UnderRules(seats.board, tuple(demands), calls, len(rows), away)


def _plan(rules: Ruleset, facts: str, opened_at: datetime, now: datetime) -> Plan | None:
    """The plan under these rules; None if the rules would not have led to a call, so that nobody is needed."""
    try:
        decision = rules.decide(facts_of(facts), opened_at, explain=False)
    except NoRuleApplies:
        return None
    return None if decision.kind is CallKind.REFUSED else Plan(decision, rules.version, now)


@dataclass(frozen=True)
class CapacityReview:
    under: UnderRules
    unserved: UnservedCalls
    remedies: Mapping[int, RemedyPeople]
    """For each of the nearest ``SHOWN`` calls, who could still serve it, keyed by booking."""
    looked_longer: bool

    @property
    def lines(self) -> Sequence[tuple[BookedCall, RemedyPeople]]:
        return [(self.under.calls[one], helps) for one, helps in self.remedies.items()]

    @property
    def left(self) -> int:
        return len(self.unserved.calls)

    @property
    def bookings(self) -> str:
        return ",".join(str(call.booking) for call in self.unserved.calls)


async def weigh_rules(engine: AsyncEngine, rules_text: str, *, longer: bool) -> CapacityReview | None:
    """Find the booked calls that these rules could not serve. The result is either an upper bound, found in about a
    second, or that of a longer search.

    None if no call is booked, or if the rules are already published or can't be read.
    """
    async with engine.connect() as conn:
        directory, published = await read_directory(conn), await current_published(conn)
    if published is not None and published.text == rules_text:
        return None
    rules = await RULES_TEXTS.run(draft_rules, rules_text, directory)
    under = None if rules is None else await _dry_run(engine, rules)
    return None if under is None else await SEAT_SEARCHES.run(_review, under, directory, longer)


async def _dry_run(engine: AsyncEngine, rules: Ruleset) -> UnderRules | None:
    async with engine.connect() as conn, conn.begin() as transaction:
        under = await booked_under(conn, rules, current_time())
        await transaction.rollback()
    return under


def _review(under: UnderRules, directory: Directory, longer: bool) -> CapacityReview:
    unserved = find_unserved(under.board, under.demands, time.monotonic() + SHORT)
    if longer:
        unserved = proven_unserved(under.board, unserved.calls, LONGER)
    remedies = {
        call.booking: people_for(under.board, call, under.calls[call.booking].plan, directory, under.away)
        for call in unserved.calls[:SHOWN]
    }
    return CapacityReview(under, unserved, remedies, longer)
