"""Reading the directory in the form that the rules use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables import directory as tables
from rules_dsl.directory import (
    Directory,
    FactType,
    HolidayCalendar,
    Person,
    Skill,
    Team,
    Title,
    WeeklyShift,
)


async def read_desk(conn: AsyncConnection) -> Row[Any] | None:
    """The organisation's row, or None if none has been seeded yet."""
    return (await conn.execute(select(tables.desk).order_by(tables.desk.c.id).limit(1))).one_or_none()


def fact_types(stored: Sequence[Mapping[str, Any]]) -> tuple[FactType, ...]:
    """The declared facts, as stored in the organisation's row."""
    return tuple(FactType(**{**row, "values": tuple(row.get("values", ()))}) for row in stored)


async def read_directory(conn: AsyncConnection) -> Directory:
    """Read the whole directory; it is empty until the organisation has been seeded."""
    desk = await read_desk(conn)
    if desk is None:
        return Directory("", "UTC", "EUR")
    return Directory(
        desk=desk.name,
        time_zone=desk.time_zone,
        currency=desk.currency,
        teams=tuple(
            Team(row.id, row.name, row.address, row.lead_title) for row in await conn.execute(_not_retired(tables.team))
        ),
        titles=tuple(Title(row.id, row.name) for row in await conn.execute(_not_retired(tables.title))),
        skills=tuple(Skill(row.id, row.name) for row in await conn.execute(_not_retired(tables.skill))),
        holidays=tuple(HolidayCalendar(**row) for row in desk.holidays),
        facts=fact_types(desk.facts),
        people=await _people(conn),
    )


def _not_retired(table: Table) -> Select[Any]:
    """Rows not marked as deleted; deleted rows are kept for past escalations."""
    return select(table).where(table.c.retired_at.is_(None)).order_by(table.c.id)


async def _people(conn: AsyncConnection) -> tuple[Person, ...]:
    """Active people in a team; managers and administrators without a team take no calls."""
    skills: dict[int, dict[int, int]] = defaultdict(dict)
    for row in await conn.execute(select(tables.person_skill)):
        skills[row.person][row.skill] = row.level
    shifts: dict[int, list[WeeklyShift]] = defaultdict(list)
    weekly = tables.weekly_shift
    not_ended = weekly.c.ends_on.is_(None) | (weekly.c.ends_on >= func.current_date())
    for row in await conn.execute(select(weekly).where(not_ended).order_by(weekly.c.id)):
        shifts[row.person].append(WeeklyShift(tuple(row.days), row.start_minute, row.end_minute, row.time_zone))
    person = tables.person
    query = select(person).where(person.c.active, person.c.team.is_not(None), person.c.title.is_not(None))
    return tuple(
        Person(
            id=row.id,
            name=row.name,
            email=row.email,
            team=row.team,
            title=row.title,
            skills=skills[row.id],
            languages=tuple(row.languages),
            roles=tuple(row.roles),
            shifts=tuple(shifts[row.id]),
        )
        for row in await conn.execute(query.order_by(person.c.id))
    )
