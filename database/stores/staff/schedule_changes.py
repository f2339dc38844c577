"""Schedule changes. A dry run always comes first, so that nobody loses booked calls without confirming it.

``change_schedule`` writes the change and the shifts in the caller's transaction; a dry run rolls it back.
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
from database.stores.staff.shifts import everybody, update_shifts
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
    """Write a change and update the person's shifts.

    Raises ``ScheduleRefused``, ``PersonUnknown``, ``EntryUnknown``.
    """
    check(change, now)
    await _write(conn, await _require_active(conn, who), change, actor, now)
    # The audit log must not show the kind of time off: only the person and their managers see it.
    body = {"change": type(change).__name__}
    await write_audit(conn, actor, "changed schedule", f"person:{who}", now, body)
    return await update_shifts(conn, [who], now)


async def change_desk_holidays(conn: AsyncConnection, region: str, actor: str, now: datetime) -> ReassignResult:
    """Set the holidays of everybody who has no setting of their own. Raises ``ScheduleRefused``."""
    if region != NO_HOLIDAYS and not knows_region(region):
        raise ScheduleRefused("holidays", f"“{region}” is not a country or region with known holidays.")
    await conn.execute(update(desk).values(holiday_region=region))
    await write_audit(conn, actor, "set the desk's holidays", region or "none", now)
    return await update_shifts(conn, await everybody(conn), now)


async def person_by_mail(conn: AsyncConnection, email: str) -> int:
    """The id of the active person with this address, ignoring case. Raises ``PersonUnknown``."""
    query = select(person.c.id).where(func.lower(person.c.email) == email.strip().lower(), person.c.active)
    who: int | None = (await conn.execute(query)).scalar_one_or_none()
    if who is None:
        raise PersonUnknown
    return who


async def time_off_by_key(conn: AsyncConnection, who: int, key: str) -> int | None:
    """The id of the time-off entry to which another program gave this key, or None."""
    query = select(time_off.c.id).where(time_off.c.person == who, time_off.c.key == key)
    number: int | None = (await conn.execute(query)).scalar_one_or_none()
    return number


async def _require_active(conn: AsyncConnection, who: int) -> int:
    query = select(person.c.id).where(person.c.id == who, person.c.active)
    if not 0 < who < 2**31 or (await conn.execute(query)).one_or_none() is None:
        raise PersonUnknown
    return who


async def _write(conn: AsyncConnection, who: int, change: Change, actor: str, now: datetime) -> None:
    match change:
        case AddWeekly(when):
            await _add(conn, weekly_shift, who, [_repeating(when)], now)
            await _mark_edited(conn, who, now)
        case RemoveWeekly(number):
            await _remove(conn, weekly_shift, who, number)
            await _mark_edited(conn, who, now)
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
    """Add rows. Only those that haven't ended count towards the limit, so years of past entries don't exhaust it."""
    yesterday = now - timedelta(days=1)
    ended = {
        weekly_shift: weekly_shift.c.ends_on < yesterday.date(),
        kept_free: kept_free.c.ends_on < yesterday.date(),
        day_change: day_change.c.day < yesterday.date(),
        time_off: func.upper(time_off.c.during) < yesterday,
    }[table]
    existing = select(func.count()).select_from(table).where(table.c.person == who, ended.is_not(True))
    if (await conn.execute(existing)).scalar_one() + len(rows) > ROWS_AT_MOST:
        raise ScheduleRefused("", f"There are already {ROWS_AT_MOST} entries of this kind. Remove old ones first.")
    await conn.execute(insert(table), [{"person": who, **row} for row in rows])


async def _remove(conn: AsyncConnection, table: Table, who: int, number: int) -> None:
    """Remove an entry; removing one twice is not an error. Raises ``EntryUnknown`` if it is somebody else's."""
    if not 0 < number < 2**31:
        return
    owner = (await conn.execute(select(table.c.person).where(table.c.id == number))).scalar_one_or_none()
    if owner not in (None, who):
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


async def _mark_edited(conn: AsyncConnection, who: int, now: datetime) -> None:
    await _set_person(conn, who, edited_at=now)


async def _set_person(conn: AsyncConnection, who: int, **values: Any) -> None:
    statement = upsert(person_schedule).values(person=who, **values)
    await conn.execute(statement.on_conflict_do_update(index_elements=["person"], set_=values))
