"""Booked calls that would start late: their search begins immediately, and their customers are notified beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.journal.notify import notify_customer
from database.stores.journal.timeline import database_now, notify, record
from database.stores.rounds.due_calls import read_soon
from database.stores.rounds.round import try_lock_rounds
from database.stores.search_clock import read_search_clock
from database.stores.seats.occupancy import occupancy_limit
from database.tables.muster import call
from domain.escalation import Kind
from domain.ids import KICK_CHANNEL
from domain.rounds.late_calls import AHEAD, TELL_BEFORE, will_be_late
from domain.rounds.search import DueCall
from domain.rounds.search_clock import SearchClock

# The planned end of each person's current call, counted from its booked start time or its acceptance, whichever is
# later.
_BUSY = text("""
SELECT o.person, greatest(coalesce(c.starts_at, c.accepted_at, o.made_at), coalesce(c.accepted_at, o.made_at))
  + make_interval(secs => CAST(e.plan #>> '{decision,booking,slot}' AS float8)
                        + CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8)) AS until,
  c.state, c.ended_at, CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8) AS wrap_up
FROM offer o JOIN call c ON c.id = o.call JOIN escalation e ON e.id = c.escalation
WHERE o.state IN ('offered', 'accepted')
""")


async def look_ahead(conn: AsyncConnection, now: datetime | None = None) -> int:
    """Handle late calls once, in the caller's transaction; returns how many booked calls are going to be late.

    ``now`` defaults to the database's clock. Returns 0 if another process is running a round.
    """
    if not await try_lock_rounds(conn):
        return 0
    moment = await database_now(conn, now)
    clock = (await read_search_clock(conn)).clock or SearchClock(moment)
    if clock.stopped:
        return 0
    soon = await read_soon(conn, clock, moment, moment + AHEAD)
    if not soon:
        return 0
    directory = await read_directory(conn)
    colleagues = await read_colleagues(conn, directory, moment, ratings=False)
    busy = await _busy_until(conn)
    late = will_be_late(soon, colleagues, busy, directory, await occupancy_limit(conn), moment)
    await _begin_early(conn, [due for due in late if due.due_at > moment], moment)
    for due in late:
        assert due.starts_at is not None
        if due.starts_at - TELL_BEFORE <= moment:
            await _notify_late_call(conn, due, moment)
    return len(late)


async def _busy_until(conn: AsyncConnection) -> dict[int, datetime]:
    busy_until: dict[int, datetime] = {}
    for row in await conn.execute(_BUSY):
        wrapped_up_by = row.ended_at + timedelta(seconds=row.wrap_up) if row.state == "wrapping_up" else row.until
        busy_until[row.person] = wrapped_up_by
    return busy_until


async def _begin_early(conn: AsyncConnection, late: Sequence[DueCall], now: datetime) -> None:
    for due in late:
        await conn.execute(update(call).where(call.c.id == due.call_id).values(muster_at=now))
        await record(conn, due.escalation_id, Kind.MUSTER_EARLY, now, body={"call_id": due.call_id})
    if late:
        await notify(conn, KICK_CHANNEL)


async def _notify_late_call(conn: AsyncConnection, late: DueCall, now: datetime) -> None:
    """Notify the customer once per call, by email and on their page."""
    first_time = update(call).where(call.c.id == late.call_id, call.c.told_late_at.is_(None)).values(told_late_at=now)
    if (await conn.execute(first_time)).rowcount == 0:
        return
    await record(conn, late.escalation_id, Kind.TOLD_LATE, now, body={"call_id": late.call_id})
    await notify_customer(conn, late.escalation_id, "running_late", now, key=late.call_id, call=late.call_id)
