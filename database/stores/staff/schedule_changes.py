"""Changing a schedule: always tried first, so that nobody loses a booked call without having been asked.

``change_schedule`` writes and lays out in the caller's transaction; whoever only tries it takes that back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.audit_log import write_audit
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.shifts import everybody, lay_out
from database.tables.directory import desk, person, weekly_shift
from database.tables.schedule import calendar_feed, day_change, kept_free, person_schedule, time_off
from domain.schedules.change import (
    NO_HOLIDAYS,
    ROWS_AT_MOST,
    AddTimeOff,
    AddWeekly,
    Change,
    ClearDay,
    EntryUnknown,
    KeepFree,
    PersonUnknown,
    RemoveFeed,
    RemoveTimeOff,
    RemoveWeekly,
    ScheduleRefused,
    SetDay,
    SetHolidays,
    StopKeepingFree,
    check,
)
from domain.schedules.holidays import knows_region
from domain.schedules.schedule import DayKind, Repeating


async def change_schedule(conn: AsyncConnection, who: int, change: Change, actor: str, now: datetime) -> ReassignResult:
    """Write the change and lay the person's shifts out anew. Raises ``ScheduleRefused``, ``PersonUnknown``,
    ``EntryUnknown``.
    """
    check(change, now)
    await _write(conn, await _known(conn, who), change, actor, now)
    # What kind of time off it is stays between the person and their managers.
    body = {"change": type(change).__name__}
    await write_audit(conn, actor, "changed schedule", f"person:{who}", now, body)
    return await lay_out(conn, [who], now)


async def change_desk_holidays(conn: AsyncConnection, region: str, actor: str, now: datetime) -> ReassignResult:
    """The holidays of everybody who has none of their own. Raises ``ScheduleRefused``."""
    if region != NO_HOLIDAYS and not knows_region(region):
        raise ScheduleRefused("holidays", f"“{region}” is no country or region with known holidays.")
    await conn.execute(update(desk).values(holiday_region=region))
    await write_audit(conn, actor, "set the desk's holidays", region or "none", now)
    return await lay_out(conn, await everybody(conn), now)


async def person_by_mail(conn: AsyncConnection, email: str) -> int:
    """Raises ``PersonUnknown``."""
    query = select(person.c.id).where(func.lower(person.c.email) == email.strip().lower(), person.c.active)
    found: int | None = (await conn.execute(query)).scalar_one_or_none()
    if found is None:
        raise PersonUnknown
    return found


async def time_off_by_key(conn: AsyncConnection, who: int, key: str) -> int | None:
    """The time off that another program named so."""
    query = select(time_off.c.id).where(time_off.c.person == who, time_off.c.key == key)
    found: int | None = (await conn.execute(query)).scalar_one_or_none()
    return found


async def _known(conn: AsyncConnection, who: int) -> int:
    query = select(person.c.id).where(person.c.id == who, person.c.active)
    if not 0 < who < 2**31 or (await conn.execute(query)).one_or_none() is None:
        raise PersonUnknown
    return who


async def _write(conn: AsyncConnection, who: int, change: Change, actor: str, now: datetime) -> None:
    match change:
        case AddWeekly(when):
            await _add(conn, weekly_shift, who, [_repeating(when)], now)
            await _edited(conn, who, now)
        case RemoveWeekly(number):
            await _remove(conn, weekly_shift, who, number)
            await _edited(conn, who, now)
        case KeepFree(what, when):
            await _add(conn, kept_free, who, [{"what": what, **_repeating(when)}], now)
        case StopKeepingFree(number):
            await _remove(conn, kept_free, who, number)
        case SetDay() | ClearDay():
            await _set_day(conn, who, change, now)
        case AddTimeOff(kind, during, key):
            if key is not None:
                await conn.execute(delete(time_off).where(time_off.c.person == who, time_off.c.key == key))
            row = {"kind": kind.value, "during": Range(*during), "key": key, "said_by": actor, "at": now}
            await _add(conn, time_off, who, [row], now)
        case RemoveTimeOff(number):
            await _remove(conn, time_off, who, number)
        case RemoveFeed(number):
            await _remove(conn, calendar_feed, who, number)
        case SetHolidays(region):
            await _set_person(conn, who, holidays=region)


def _repeating(when: Repeating) -> dict[str, Any]:
    row = asdict(when)
    return row | {"days": sorted(set(when.days)), "starts_on": row.pop("first"), "ends_on": row.pop("last")}


async def _add(conn: AsyncConnection, table: Table, who: int, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Only what has not ended counts against the limit: years of work don't lock a schedule."""
    yesterday = now - timedelta(days=1)
    ended = {
        weekly_shift: weekly_shift.c.ends_on < yesterday.date(),
        kept_free: kept_free.c.ends_on < yesterday.date(),
        day_change: day_change.c.day < yesterday.date(),
        time_off: func.upper(time_off.c.during) < yesterday,
    }[table]
    standing = select(func.count()).select_from(table).where(table.c.person == who, ended.is_not(True))
    if (await conn.execute(standing)).scalar_one() + len(rows) > ROWS_AT_MOST:
        raise ScheduleRefused("", f"There are {ROWS_AT_MOST} entries of this sort already. Remove old ones first.")
    await conn.execute(insert(table), [{"person": who, **row} for row in rows])


async def _remove(conn: AsyncConnection, table: Table, who: int, number: int) -> None:
    """One that is gone already stays gone: a second click is no error. Raises ``EntryUnknown`` for somebody else's."""
    if not 0 < number < 2**31:
        return
    theirs = (await conn.execute(select(table.c.person).where(table.c.id == number))).scalar_one_or_none()
    if theirs not in (None, who):
        raise EntryUnknown
    await conn.execute(delete(table).where(table.c.person == who, table.c.id == number))


async def _set_day(conn: AsyncConnection, who: int, change: SetDay | ClearDay, now: datetime) -> None:
    await conn.execute(delete(day_change).where(day_change.c.person == who, day_change.c.day == change.day))
    if isinstance(change, ClearDay):
        return
    kind = DayKind.OFF if not change.hours else DayKind.ALSO if change.as_well else DayKind.INSTEAD
    row = {"day": change.day, "kind": kind.value, "time_zone": change.time_zone}
    hours = change.hours or ((0, 0),)
    await _add(conn, day_change, who, [row | {"start_minute": start, "end_minute": end} for start, end in hours], now)


async def _edited(conn: AsyncConnection, who: int, now: datetime) -> None:
    await _set_person(conn, who, edited_at=now)


async def _set_person(conn: AsyncConnection, who: int, **values: Any) -> None:
    statement = upsert(person_schedule).values(person=who, **values)
    await conn.execute(statement.on_conflict_do_update(index_elements=["person"], set_=values))
