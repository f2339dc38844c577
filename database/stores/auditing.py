"""What should have moved and didn't, put right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.timeline import lock, notify, record
from domain.escalation import TOLD_AT_ONCE, Kind
from domain.ids import KICK_CHANNEL, OUTBOX_CHANNEL

OVERDUE = timedelta(seconds=15)

_UNTOLD = text("""
SELECT count(*) FROM escalation_event WHERE told_at IS NULL AND kind = ANY(:kinds) AND at < :before
""")

# Every effect locks its escalation first; so do these two, leaving out those at which something is done just now.

# A person whose call is over, or was never taken, and who is still marked as having it.
_BUSY_WITH_NOTHING = text("""
WITH found AS (
  SELECT o.call, o.nth FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
  WHERE o.state IN ('offered', 'accepted') AND c.state IN ('done', 'unserved', 'missed', 'cancelled')
  FOR UPDATE OF e SKIP LOCKED)
UPDATE offer o SET state = 'withdrawn', answered_at = :now FROM found, call c
WHERE (o.call, o.nth) = (found.call, found.nth) AND c.id = o.call AND o.state IN ('offered', 'accepted')
RETURNING c.escalation, o.call, o.person
""")

# A call that counts as offered, and to which no live offer belongs.
_OFFERED_TO_NOBODY = text("""
WITH found AS (
  SELECT c.id FROM call c JOIN escalation e ON e.id = c.escalation
  WHERE c.state = 'offered'
    AND NOT EXISTS (SELECT 1 FROM offer o WHERE o.call = c.id AND o.state IN ('offered', 'accepted'))
  FOR UPDATE OF e, c SKIP LOCKED)
UPDATE call c SET state = 'waiting' FROM found WHERE c.id = found.id RETURNING c.escalation, c.id
""")

_STANDING = text("""
SELECT CAST(id AS text) FROM escalation
WHERE state NOT IN ('closed', 'refused') AND opened_at < :before AND id > CAST(:after AS uuid) ORDER BY id LIMIT :most
""")
LOOKED_AT_A_TIME = 50


@dataclass(frozen=True)
class Findings:
    untold: int
    """Events that a workflow should have been told by now."""
    busy_with_nothing: int
    offered_to_nobody: int

    @property
    def repaired(self) -> bool:
        return bool(self.untold or self.busy_with_nothing or self.offered_to_nobody)


async def audit(conn: AsyncConnection, now: datetime) -> Findings:
    """Find and repair; each repair is an event of its escalation."""
    kinds = [kind.value for kind in TOLD_AT_ONCE]
    untold: int = (await conn.execute(_UNTOLD, {"kinds": kinds, "before": now - OVERDUE})).scalar_one()
    if untold:
        await notify(conn, OUTBOX_CHANNEL)
    freed = (await conn.execute(_BUSY_WITH_NOTHING, {"now": now})).all()
    for row in freed:
        body = {"call_id": str(row.call), "person": row.person, "found": "busy with a call that is over"}
        await record(conn, str(row.escalation), Kind.REPAIRED, now, body=body)
    opened = (await conn.execute(_OFFERED_TO_NOBODY)).all()
    for row in opened:
        body = {"call_id": str(row.id), "found": "offered to nobody"}
        await record(conn, str(row.escalation), Kind.REPAIRED, now, body=body)
    if freed or opened:
        await notify(conn, KICK_CHANNEL)
    return Findings(untold, len(freed), len(opened))


async def standing_after(conn: AsyncConnection, after: str, now: datetime) -> list[str]:
    """Some escalations that are not over, in the order of their ids, beginning after one of them."""
    values = {"before": now - OVERDUE, "after": after, "most": LOOKED_AT_A_TIME}
    return list((await conn.execute(_STANDING, values)).scalars())


async def note_restart(conn: AsyncConnection, escalation_id: str, now: datetime) -> None:
    """Its workflow was gone, and has been started again from the rows."""
    await lock(conn, escalation_id)
    await record(conn, escalation_id, Kind.REPAIRED, now, body={"found": "its workflow was gone"})
