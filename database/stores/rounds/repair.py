"""The auditor's repairs, which make up for what should have happened but didn't."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.timeline import lock, notify, record
from database.stores.muster import finish_booking
from database.stores.rounds.expired_offers import end_passed_offers
from database.stores.search_clock import read_search_clock
from domain.escalation import RELAYED_AT_ONCE, Kind
from domain.ids import KICK_CHANNEL, OUTBOX_CHANNEL

OVERDUE = timedelta(seconds=15)
"""Grace period for what should happen within seconds: relaying an event, ending an offer, starting a workflow."""
SPENT = timedelta(hours=1)
"""How long after its booked call a seat may stay unreleased before it counts as left over."""

_UNRELAYED = text("""
SELECT count(*) FROM escalation_event WHERE told_at IS NULL AND kind = ANY(:kinds) AND at < :before
""")

# Every effect locks its escalation first; so do these statements, but they skip escalations that are already locked.

# Live offers for calls that are over: their agents are still marked as busy.
_BUSY_WITH_NOTHING = text("""
WITH found AS (
  SELECT o.call, o.nth FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
  WHERE o.state IN ('offered', 'accepted') AND c.state IN ('done', 'unserved', 'missed', 'cancelled')
  FOR UPDATE OF e SKIP LOCKED)
UPDATE offer o SET state = 'withdrawn', answered_at = :now FROM found, call c
WHERE (o.call, o.nth) = (found.call, found.nth) AND c.id = o.call AND o.state IN ('offered', 'accepted')
RETURNING c.escalation, o.call, o.person
""")

# Calls marked as offered without a live offer.
_OFFERED_TO_NOBODY = text("""
WITH found AS (
  SELECT c.id FROM call c JOIN escalation e ON e.id = c.escalation
  WHERE c.state = 'offered'
    AND NOT EXISTS (SELECT 1 FROM offer o WHERE o.call = c.id AND o.state IN ('offered', 'accepted'))
  FOR UPDATE OF e, c SKIP LOCKED)
UPDATE call c SET state = 'waiting' FROM found WHERE c.id = found.id RETURNING c.escalation, c.id
""")

# Past bookings whose call is over but whose seat was never released.
_SPENT_SEATS = text("""
SELECT b.id, b.escalation FROM booking b JOIN escalation e ON e.id = b.escalation
WHERE b.state IN ('sold', 'at_risk') AND upper(b.occupies) < :before
  AND NOT EXISTS (SELECT 1 FROM call c WHERE c.booking = b.id
                  AND c.state IN ('waiting', 'offered', 'taken', 'on_call', 'wrapping_up'))
FOR UPDATE OF e SKIP LOCKED
""")

_COUNT = text("""
INSERT INTO repair AS r (what, times, last_at) VALUES (:what, :times, :now)
ON CONFLICT (what) DO UPDATE SET times = r.times + excluded.times, last_at = excluded.last_at
""")
# The previous release counted unrelayed events here, each of them again with every audit.
_COUNTED = text("SELECT what, times, last_at FROM repair WHERE what <> 'untold' ORDER BY what")

# Skips events of the previous release's updates: their `told_at` equals `at` (`previous_release.py`).
_POSITION = """
SELECT CAST(e.id AS text) AS escalation, e.seq, (
  SELECT coalesce(max(v.seq), 0) FROM escalation_event v
  WHERE v.escalation = e.id AND v.kind = ANY(:kinds)
    AND v.told_at < :relayed_before AND v.told_at <> v.at) AS relayed_seq
FROM escalation e
WHERE e.state NOT IN ('closed', 'refused')
"""
# The relay starts the workflow of an escalation whose opening it has yet to report.
_STARTED = f"""{_POSITION} AND e.opened_at < :before AND NOT EXISTS (
  SELECT 1 FROM escalation_event v WHERE v.escalation = e.id AND v.kind = 'opened' AND v.told_at IS NULL)
"""
_OPEN = text(f"{_STARTED} AND e.id > CAST(:after AS uuid) ORDER BY e.id LIMIT :most")
# Calls that are on, due, or soonest.
_NEAREST = text(f"""WITH nearest AS (
  SELECT escalation, muster_at FROM call WHERE state IN ('waiting', 'offered', 'taken', 'on_call')
  ORDER BY muster_at OFFSET :skipped LIMIT :most)
{_STARTED} AND e.id IN (SELECT escalation FROM nearest)
ORDER BY (SELECT min(muster_at) FROM nearest WHERE escalation = e.id)""")
_ONE = text(f"{_POSITION} AND e.id = CAST(:one AS uuid)")
HEARD_WITHIN = timedelta(minutes=2)
"""How long a workflow may take to receive a relayed event, since a busy worker needs a while."""
PAGE = 50
"""Number of escalations whose workflows the auditor checks at a time."""


@dataclass(frozen=True)
class Findings:
    unrelayed: int
    """Events that a workflow should have received by now. The relay is woken, which repairs nothing by itself."""
    busy_with_nothing: int
    offered_to_nobody: int
    held_too_long: int
    """Overdue offers, and seats held for calls that are over."""

    @property
    def repairs(self) -> dict[str, int]:
        """Number of repairs by kind; kinds without any are left out."""
        return {kind: count for kind, count in asdict(self).items() if count and kind != "unrelayed"}


@dataclass(frozen=True)
class RepairCount:
    """How many times the auditor has made one kind of repair."""

    what: str
    """A key of ``Findings.repairs``, or ``workflow_gone``."""
    times: int
    last_at: datetime


async def audit(conn: AsyncConnection, now: datetime) -> Findings:
    """Find, repair and count problems; each repaired row is recorded as an event of its escalation."""
    kinds = [kind.value for kind in RELAYED_AT_ONCE]
    unrelayed: int = (await conn.execute(_UNRELAYED, {"kinds": kinds, "before": now - OVERDUE})).scalar_one()
    if unrelayed:
        await notify(conn, OUTBOX_CHANNEL)
    freed = (await conn.execute(_BUSY_WITH_NOTHING, {"now": now})).all()
    for row in freed:
        body = {"call_id": str(row.call), "person": row.person, "found": "busy with a call that is over"}
        await record(conn, str(row.escalation), Kind.REPAIRED, now, body=body)
    reopened = (await conn.execute(_OFFERED_TO_NOBODY)).all()
    for row in reopened:
        body = {"call_id": str(row.id), "found": "offered to nobody"}
        await record(conn, str(row.escalation), Kind.REPAIRED, now, body=body)
    if freed or reopened:
        await notify(conn, KICK_CHANNEL)
    findings = Findings(unrelayed, len(freed), len(reopened), await _release_overdue(conn, now))
    for what, times in findings.repairs.items():
        await _count(conn, what, times, now)
    return findings


async def _release_overdue(conn: AsyncConnection, now: datetime) -> int:
    """End offers that no round has ended, and release seats that were not released when their call ended."""
    reading = await read_search_clock(conn)
    judges = reading.clock is None or reading.clock.judges(reading.service, now)
    ended = await end_passed_offers(conn, now - OVERDUE) if judges else 0
    spent = (await conn.execute(_SPENT_SEATS, {"before": now - SPENT})).all()
    for row in spent:
        await finish_booking(conn, row.id)
        body = {"booking_id": row.id, "found": "a seat of a call that is over"}
        await record(conn, str(row.escalation), Kind.REPAIRED, now, body=body)
    return ended + len(spent)


async def _count(conn: AsyncConnection, what: str, times: int, now: datetime) -> None:
    await conn.execute(_COUNT, {"what": what, "times": times, "now": now})


async def counted_repairs(conn: AsyncConnection) -> list[RepairCount]:
    """Number of repairs since installation, by kind."""
    return [RepairCount(**row._mapping) for row in await conn.execute(_COUNTED)]


@dataclass(frozen=True)
class Position:
    """How far an open escalation has got, according to its rows."""

    escalation: str
    seq: int
    """The sequence number of its last event."""
    relayed_seq: int
    """The sequence number of the last event that its workflow has had time to receive; 0 if there is none."""


async def open_after(conn: AsyncConnection, after: str, now: datetime) -> list[Position]:
    """At most ``PAGE`` open escalations, sorted by id, starting after the id ``after``."""
    rows = await conn.execute(_OPEN, _heard(now) | {"before": now - OVERDUE, "after": after, "most": PAGE})
    return [Position(**row._mapping) for row in rows]


async def open_nearest(conn: AsyncConnection, skipped: int, now: datetime) -> list[Position]:
    """Open escalations whose calls are on, due or next: at most ``PAGE``, after the first ``skipped`` calls."""
    rows = await conn.execute(_NEAREST, _heard(now) | {"before": now - OVERDUE, "skipped": skipped, "most": PAGE})
    return [Position(**row._mapping) for row in rows]


async def position_of(conn: AsyncConnection, escalation_id: str, now: datetime) -> Position | None:
    """This escalation's position; None if it is over."""
    row = (await conn.execute(_ONE, _heard(now) | {"one": escalation_id})).one_or_none()
    return None if row is None else Position(**row._mapping)


def _heard(now: datetime) -> dict[str, object]:
    kinds = [kind.value for kind in RELAYED_AT_ONCE - {Kind.OPENED}]
    return {"relayed_before": now - HEARD_WITHIN, "kinds": kinds}


async def note_rebuilt(
    conn: AsyncConnection, escalation_id: str, found: str, now: datetime, actor: str = "muster"
) -> None:
    """Record that a workflow was rebuilt from the rows, and why."""
    await lock(conn, escalation_id)
    await record(conn, escalation_id, Kind.REPAIRED, now, body={"found": found}, actor=actor)
    await _count(conn, "workflow_gone", 1, now)
