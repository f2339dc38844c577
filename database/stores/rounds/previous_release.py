"""Events that workers of the previous release wrote for updates. The next release will remove this.

There, such a worker told the workflow by answering the update. If it is replaced before it answers, the row stands, the
person's retry is answered from it, and the workflow never learns of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import notify
from domain.escalation import RELAYED_AT_ONCE, Kind
from domain.ids import OUTBOX_CHANNEL

UPDATING = timedelta(seconds=15)
"""How long an update of the previous release may still be under way."""
AT_ONCE = 200
"""Maximum escalations whose events are put into the outbox at a time."""

# Only the relay marks an event as told later than it happened. Whole escalations, so that their events stay in order.
_RELAY_TOO = text("""
WITH found AS (
  SELECT e.id FROM escalation e
  WHERE e.state NOT IN ('closed', 'refused') AND EXISTS (
    SELECT 1 FROM escalation_event v
    WHERE v.escalation = e.id AND v.kind = ANY(:kinds) AND v.told_at = v.at AND v.at < :before)
  ORDER BY e.id LIMIT :most FOR UPDATE OF e SKIP LOCKED)
UPDATE escalation_event v SET told_at = NULL FROM found
WHERE v.escalation = found.id AND v.kind = ANY(:kinds) AND v.told_at = v.at
""")


async def relay_updates_too(conn: AsyncConnection, now: datetime) -> int:
    """Put such events of open escalations into the outbox, once; returns how many. Hearing them twice does no harm."""
    kinds = [kind.value for kind in RELAYED_AT_ONCE - {Kind.OPENED}]
    values = {"kinds": kinds, "before": now - UPDATING, "most": AT_ONCE}
    found = (await conn.execute(_RELAY_TOO, values)).rowcount
    if found:
        await notify(conn, OUTBOX_CHANNEL)
    return found
