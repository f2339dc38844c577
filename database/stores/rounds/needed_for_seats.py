"""People who are needed for sold seats while a due call lasts (docs/decisions/0016)."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.change_impact import sparable
from domain.rounds.search import DueCall

GRAIN = timedelta(minutes=15)
"""Calls that end within the same quarter of an hour are checked together."""

PEOPLE_AT_MOST = 100
"""A round tries to find other witnesses for at most this many people's seats; the remaining people count as needed."""

TIME_BUDGET = 1.0
"""How many of its five seconds a round may spend on this; people not checked by then count as needed, too."""

# The seats between now and `until`, with their witnesses. Calls that are already due (`due`) are served by this round.
_SEATS = text("""
SELECT w.person, w.booking,
  EXISTS (SELECT 1 FROM call c WHERE c.booking = w.booking AND (c.state <> 'waiting' OR c.muster_at <= :now)) AS due
FROM witness w WHERE w.during && tstzrange(:now, :until)
""")


async def with_needed(
    conn: AsyncConnection, due: Sequence[DueCall], free: Collection[int], now: datetime
) -> list[DueCall]:
    """Return the calls, each with the ``free`` people who are needed for other seats while the call lasts."""
    ends: dict[datetime, list[int]] = defaultdict(list)
    for index, call in enumerate(due):
        ends[_ends_at(call, now)].append(index)
    calls = list(due)
    until = time.monotonic() + TIME_BUDGET
    for end, indexes in ends.items():
        seats = (await conn.execute(_SEATS, {"now": now, "until": end})).all()
        witnesses = sorted({row.person for row in seats if not row.due} & set(free))
        if not witnesses:
            continue
        being_served = [row.booking for row in seats if row.due]
        spared = await sparable(conn, witnesses[:PEOPLE_AT_MOST], (now, end), being_served, until)
        needed = frozenset(witnesses) - spared
        for index in indexes:
            calls[index] = replace(due[index], needed=needed)
    return calls


def _ends_at(call: DueCall, now: datetime) -> datetime:
    """When a person who takes the call now will be free again, rounded up to ``GRAIN``."""
    decision = call.plan.decision
    lasts = timedelta(seconds=decision.booking.slot + decision.calls.wrap_up)
    end = max(call.starts_at or now, now) + lasts
    past = timedelta(seconds=end.timestamp() % GRAIN.total_seconds())
    return end - past + GRAIN if past else end
