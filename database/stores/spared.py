"""Whom the seats already sold can't spare while a due call lasts (docs/decisions/0016)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.searching import DueCall

GRAIN = timedelta(minutes=15)
"""Calls that end within the same quarter of an hour are looked at together."""

# Seats whose call is not being looked after yet; a call that is due has this round itself.
_NEEDED = text("""
SELECT DISTINCT w.person FROM witness w
WHERE w.during && tstzrange(:now, :until)
  AND NOT EXISTS (SELECT 1 FROM call c WHERE c.booking = w.booking AND (c.state <> 'waiting' OR c.muster_at <= :now))
""")


async def with_needed(conn: AsyncConnection, due: Sequence[DueCall], now: datetime) -> list[DueCall]:
    """These calls, each with those who are needed for other seats while it lasts."""
    ends: dict[datetime, list[int]] = defaultdict(list)
    for index, call in enumerate(due):
        ends[_ends_at(call, now)].append(index)
    found = list(due)
    for end, indexes in ends.items():
        rows = await conn.execute(_NEEDED, {"now": now, "until": end})
        needed = frozenset(rows.scalars())
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
