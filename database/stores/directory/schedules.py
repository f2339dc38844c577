"""Reading schedules, the shifts that result from them, and people's names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.directory import desk, person, shift, team, title, weekly_shift
from database.tables.schedule import calendar_busy, calendar_feed, day_change, kept_free, person_schedule, time_off
from domain.booking import Span
from domain.schedules.change import AS_THE_DESK
from domain.schedules.holidays import holidays_of
from domain.schedules.schedule import (
    DayChange,
    DayKind,
    KeptFree,
    Repeating,
    Schedule,
    TimeOff,
    TimeOffKind,
    WeeklyHours,
)

MARGIN = timedelta(days=2)
"""Extra time read before and after the requested days, to allow for time zones and for spans that begin earlier."""

PORTION = 500
"""Rows read at a time, if there may be many."""


@dataclass(frozen=True)
class DeskHours:
    """The organisation's defaults for schedules that don't set their own."""

    time_zone: str
    holiday_region: str


async def read_desk_hours(conn: AsyncConnection) -> DeskHours:
    row = (await conn.execute(select(desk).order_by(desk.c.id).limit(1))).one_or_none()
    return DeskHours("UTC", "") if row is None else DeskHours(row.time_zone, row.holiday_region)


async def read_schedules(conn: AsyncConnection, people: Iterable[int], first: date, last: date) -> dict[int, Schedule]:
    """Read these people's schedules, with everything that affects the days from ``first`` to ``last``."""
    ids = sorted(set(people))
    bounds = Range(_midnight(first) - MARGIN, _midnight(last) + MARGIN)
    weekly = await _repeating(conn, weekly_shift, ids, first, last)
    free = await _repeating(conn, kept_free, ids, first, last)
    days = await _grouped(conn, day_change, ids, day_change.c.day.between(first - MARGIN, last + MARGIN))
    off = await _grouped(conn, time_off, ids, time_off.c.during.overlaps(bounds))
    busy = await _busy(conn, ids, bounds)
    holidays = await _holidays(conn, ids, first, last)
    return {
        person: Schedule(
            person,
            tuple(WeeklyHours(row.id, _when(row)) for row in weekly[person]),
            tuple(
                DayChange(row.id, row.day, DayKind(row.kind), row.start_minute, row.end_minute, row.time_zone)
                for row in days[person]
            ),
            tuple(TimeOff(row.id, TimeOffKind(row.kind), (row.during.lower, row.during.upper)) for row in off[person]),
            tuple(KeptFree(row.id, row.what, _when(row)) for row in free[person]),
            tuple(busy[person]),
            holidays[person],
        )
        for person in ids
    }


def _when(row: Row[Any]) -> Repeating:
    return Repeating(tuple(row.days), row.start_minute, row.end_minute, row.time_zone, row.starts_on, row.ends_on)


async def _repeating(
    conn: AsyncConnection, table: Any, people: Sequence[int], first: date, last: date
) -> Mapping[int, list[Row[Any]]]:
    has_started = table.c.starts_on.is_(None) | (table.c.starts_on <= last + MARGIN)
    not_ended = table.c.ends_on.is_(None) | (table.c.ends_on >= first - MARGIN)
    return await _grouped(conn, table, people, has_started & not_ended)


async def _grouped(
    conn: AsyncConnection, table: Any, people: Sequence[int], condition: ColumnElement[bool]
) -> Mapping[int, list[Row[Any]]]:
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    query = select(table).where(table.c.person.in_(people), condition).order_by(table.c.id)
    for row in await conn.execute(query):
        rows[row.person].append(row)
    return rows


async def _busy(conn: AsyncConnection, people: Sequence[int], bounds: Range[datetime]) -> Mapping[int, list[Span]]:
    spans: dict[int, list[Span]] = defaultdict(list)
    query = (
        select(calendar_feed.c.person, calendar_busy.c.during)
        .join(calendar_feed, calendar_feed.c.id == calendar_busy.c.feed)
        .where(calendar_feed.c.person.in_(people), calendar_busy.c.during.overlaps(bounds))
        .order_by(calendar_busy.c.during)
    )
    for row in await conn.execute(query):
        spans[row.person].append((row.during.lower, row.during.upper))
    return spans


async def _holidays(
    conn: AsyncConnection, people: Sequence[int], first: date, last: date
) -> Mapping[int, Mapping[date, str]]:
    desk_region = (await read_desk_hours(conn)).holiday_region
    query = select(person_schedule.c.person, person_schedule.c.holidays).where(person_schedule.c.person.in_(people))
    own = {row.person: row.holidays for row in await conn.execute(query)}
    regions = {person: own.get(person, AS_THE_DESK) for person in people}
    years = range((first - MARGIN).year, (last + MARGIN).year + 1)
    by_region: dict[str, Mapping[date, str]] = {}
    for region in {desk_region if region == AS_THE_DESK else region for region in regions.values()}:
        by_region[region] = {day: name for year in years for day, name in holidays_of(region, year).items()}
    return {person: by_region[desk_region if region == AS_THE_DESK else region] for person, region in regions.items()}


def _midnight(day: date) -> datetime:
    return datetime.fromisoformat(f"{day.isoformat()}T00:00:00+00:00")


async def team_members(conn: AsyncConnection, number: int) -> list[int]:
    query = select(person.c.id).where(person.c.team == number, person.c.active).order_by(person.c.id)
    return list((await conn.execute(query)).scalars())


async def zone_of(conn: AsyncConnection, who: int) -> str:
    """A person's time zone: that of their first weekly hours, or otherwise the organisation's."""
    query = select(weekly_shift.c.time_zone).where(weekly_shift.c.person == who).order_by(weekly_shift.c.id).limit(1)
    own: str | None = (await conn.execute(query)).scalar_one_or_none()
    return own or (await read_desk_hours(conn)).time_zone


async def holidays_setting(conn: AsyncConnection, who: int) -> str:
    query = select(person_schedule.c.holidays).where(person_schedule.c.person == who)
    own: str | None = (await conn.execute(query)).scalar_one_or_none()
    return AS_THE_DESK if own is None else own


@dataclass(frozen=True)
class PersonName:
    """A person with the names of their team and title."""

    id: int
    name: str
    team: str | None
    title: str | None


async def active_person(conn: AsyncConnection, who: int) -> PersonName | None:
    """Find an active person; None if there is none with this id, or they have left."""
    query = (
        select(person.c.id, person.c.name, team.c.name.label("team"), title.c.name.label("title"))
        .outerjoin(team, team.c.id == person.c.team)
        .outerjoin(title, title.c.id == person.c.title)
        .where(person.c.id == who, person.c.active)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else PersonName(*row)


async def home_team(conn: AsyncConnection, who: int) -> int | None:
    """The person's team, or otherwise the largest; None if all teams are empty."""
    in_teams = select(person.c.team).where(person.c.team.is_not(None), person.c.active)
    own = in_teams.where(person.c.id == who)
    largest = in_teams.group_by(person.c.team).order_by(func.count().desc(), person.c.team).limit(1)
    for query in (own, largest):
        team_id: int | None = (await conn.execute(query)).scalar_one_or_none()
        if team_id is not None:
            return team_id
    return None


@dataclass(frozen=True)
class PersonOnShift:
    id: int
    email: str
    name: str
    team: str | None
    shifts: tuple[Span, ...]
    """Their shifts, clipped to the requested bounds."""


async def page_of_shifts(
    conn: AsyncConnection, bounds: Span, team_name: str, after: int, most: int
) -> list[PersonOnShift]:
    """Up to ``most`` people, starting after the id ``after``, with their shifts; only from ``team_name``, if given."""
    query = (
        select(person.c.id, person.c.email, person.c.name, team.c.name.label("team"))
        .join(team, team.c.id == person.c.team)
        .where(person.c.active, person.c.id > after)
        .order_by(person.c.id)
        .limit(most)
    )
    rows = (await conn.execute(query.where(team.c.name == team_name) if team_name else query)).all()
    spans: dict[int, list[Span]] = defaultdict(list)
    shifts = select(shift).where(shift.c.person.in_([row.id for row in rows]), shift.c.during.overlaps(Range(*bounds)))
    # In portions, between which others have their turn: there may be tens of thousands of rows.
    ordered = shifts.order_by(shift.c.person, shift.c.during).execution_options(yield_per=PORTION)
    async with conn.stream(ordered) as read:
        async for portion in read.partitions():
            for row in portion:
                spans[row.person].append((max(row.during.lower, bounds[0]), min(row.during.upper, bounds[1])))
    return [PersonOnShift(row.id, row.email, row.name, row.team, tuple(spans[row.id])) for row in rows]
