"""Whom the seats already sold can't spare while a due call lasts (docs/decisions/0016)."""

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
"""Calls that end within the same quarter of an hour are looked at together."""

LOOKED_AT = 100
"""People whom a round tries to spare by giving their seats to others; any more are taken to be needed."""

SECONDS = 1.0
"""How long a round, which has five, looks whom it can spare; whoever it has not looked at then is needed, too."""

# The seats of that time, by who would tentatively serve each. A call that is due already has this round itself.
_SEATS = text("""
SELECT w.person, w.booking,
  EXISTS (SELECT 1 FROM call c WHERE c.booking = w.booking AND (c.state <> 'waiting' OR c.muster_at <= :now)) AS due
FROM witness w WHERE w.during && tstzrange(:now, :until)
""")


async def with_needed(
    conn: AsyncConnection, due: Sequence[DueCall], free: Collection[int], now: datetime
) -> list[DueCall]:
    """These calls, each with those of the ``free`` people who are needed for other seats while it lasts."""
    ends: dict[datetime, list[int]] = defaultdict(list)
    for index, call in enumerate(due):
        ends[_ends_at(call, now)].append(index)
    found = list(due)
    until = time.monotonic() + SECONDS
    for end, indexes in ends.items():
        seats = (await conn.execute(_SEATS, {"now": now, "until": end})).all()
        holding = sorted({row.person for row in seats if not row.due} & set(free))
        if not holding:
            continue
        being_served = [row.booking for row in seats if row.due]
        spared = await sparable(conn, holding[:LOOKED_AT], (now, end), being_served, until)
        needed = frozenset(holding) - spared
        for index in indexes:
            found[index] = replace(due[index], needed=needed)
    return found


def _ends_at(call: DueCall, now: datetime) -> datetime:
    """When whoever takes it now is free again, up to the next full ``GRAIN``."""
    decision = call.plan.decision
    lasts = timedelta(seconds=decision.booking.slot + decision.calls.wrap_up)
    end = max(call.starts_at or now, now) + lasts
    past = timedelta(seconds=end.timestamp() % GRAIN.total_seconds())
    return end - past + GRAIN if past else end
