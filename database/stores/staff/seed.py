"""Seeding: load a directory from a file into the tables. Can be repeated.

Names (of teams, titles, skills, facts) and email addresses (of people) are the keys: existing rows keep their ids and
are updated; rows that are no longer in the file are kept, because past escalations may reference them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Table, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_desk
from database.stores.staff.shifts import update_all_shifts
from database.tables import directory as tables
from database.tables.schedule import person_schedule
from rules_dsl.directory import Directory, Person


@dataclass(frozen=True)
class SeededPerson:
    """A person who can sign in."""

    id: int
    name: str
    role: str
    """The first of their roles."""


@dataclass(frozen=True)
class Outsider:
    """A person without a team, who takes no calls."""

    name: str
    email: str
    role: str


async def seed_directory(
    conn: AsyncConnection, directory: Directory, outsiders: Sequence[Outsider], now: datetime
) -> list[SeededPerson]:
    """Write the organisation, its people and their shifts; returns the people in the given order."""
    await _write_desk(conn, directory, await read_desk(conn))
    titles = {title.id: await _put(conn, tables.title, {"name": title.name}) for title in directory.titles}
    skills = {skill.id: await _put(conn, tables.skill, {"name": skill.name}) for skill in directory.skills}
    teams = {
        team.id: await _put(
            conn,
            tables.team,
            {"name": team.name, "address": team.address, "lead_title": titles.get(team.lead_title or 0)},
        )
        for team in directory.teams
    }
    seeded = [await _write_person(conn, person, teams, titles, skills) for person in directory.people]
    for outsider in outsiders:
        row = {"email": outsider.email, "name": outsider.name, "roles": [outsider.role]}
        seeded.append(SeededPerson(await _put_person(conn, row), outsider.name, outsider.role))
    await update_all_shifts(conn, now)
    return seeded


async def _write_desk(conn: AsyncConnection, directory: Directory, existing: Row[Any] | None) -> None:
    in_file = {fact.name for fact in directory.facts}
    other_facts = [fact for fact in existing.facts if fact["name"] not in in_file] if existing is not None else []
    row = {
        "name": directory.desk,
        "time_zone": directory.time_zone,
        "currency": directory.currency,
        "holidays": [asdict(calendar) for calendar in directory.holidays],
        "facts": [*(asdict(fact) for fact in directory.facts), *other_facts],
    }
    if existing is None:
        await conn.execute(insert(tables.desk).values(row))
    else:
        version = tables.desk.c.directory_version + 1
        changed = update(tables.desk).where(tables.desk.c.id == existing.id)
        await conn.execute(changed.values(**row, directory_version=version))


async def _write_person(
    conn: AsyncConnection,
    person: Person,
    teams: Mapping[int, int],
    titles: Mapping[int, int],
    skills: Mapping[int, int],
) -> SeededPerson:
    row = {
        "email": person.email,
        "name": person.name,
        "team": teams[person.team],
        "title": titles[person.title],
        "languages": list(person.languages),
        "roles": list(person.roles),
        "active": True,
    }
    number = await _put_person(conn, row)
    await conn.execute(delete(tables.person_skill).where(tables.person_skill.c.person == number))
    levels = [{"person": number, "skill": skills[skill], "level": level} for skill, level in person.skills.items()]
    if levels:
        await conn.execute(insert(tables.person_skill), levels)
    await _write_shifts(conn, number, person)
    return SeededPerson(number, person.name, person.roles[0] if person.roles else "agent")


async def _write_shifts(conn: AsyncConnection, number: int, person: Person) -> None:
    """Write the file's weekly hours, unless this person's hours have ever been changed on a page."""
    edited = select(person_schedule.c.person).where(
        person_schedule.c.person == number, person_schedule.c.edited_at.is_not(None)
    )
    if (await conn.execute(edited)).one_or_none() is not None:
        return
    await conn.execute(delete(tables.weekly_shift).where(tables.weekly_shift.c.person == number))
    if person.shifts:
        shifts = [{"person": number, **asdict(shift), "days": list(shift.days)} for shift in person.shifts]
        await conn.execute(insert(tables.weekly_shift), shifts)


async def _put(conn: AsyncConnection, table: Table, row: Mapping[str, Any]) -> int:
    """Insert or update by the table's natural key, which is the row's first column; returns the id."""
    key, *others = row
    identity: Column[int] = table.c.id
    statement = upsert(table).values(row)
    changes = {name: statement.excluded[name] for name in others or [key]}
    statement = statement.on_conflict_do_update(index_elements=[key], set_=changes)
    number: int = (await conn.execute(statement.returning(identity))).scalar_one()
    return number


async def _put_person(conn: AsyncConnection, row: Mapping[str, Any]) -> int:
    """Insert or update by email address, ignoring case; the stored address stays as it is. Returns the id."""
    person = tables.person
    statement = upsert(person).values(row)
    changes = {name: statement.excluded[name] for name in row if name != "email"}
    statement = statement.on_conflict_do_update(index_elements=[func.lower(person.c.email)], set_=changes)
    number: int = (await conn.execute(statement.returning(person.c.id))).scalar_one()
    return number
