"""People: found, added, moved, deactivated; pools, shifts and sold seats follow in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.access.sessions import end_sessions_of
from database.stores.journal.audit_log import write_audit
from database.stores.rules.versions import hold_rules
from database.stores.seats.pools import refresh_pools
from database.stores.seats.reassign import AtRisk
from database.stores.staff.shifts import hold_all_time, lay_out
from database.stores.staff.teams_titles_skills import directory_changed
from database.tables.booking import booking, pool, witness
from database.tables.directory import person, person_skill, presence, skill, team, title, weekly_shift
from database.tables.escalation import escalation
from domain.people import CardUnfit, PersonDetails, PersonGone, fit_card

PAGE = 50


@dataclass(frozen=True)
class Sieve:
    """Which people are wanted. Empty: all who are active."""

    words: str = ""
    """Each is a part of the name or the address."""
    team: int | None = None
    """0: outside the teams."""
    title: int | None = None
    skill: int | None = None
    gone: bool = False
    """Those who have left, instead."""


@dataclass(frozen=True)
class PersonLine:
    id: int
    name: str
    email: str
    team: str | None
    title: str | None
    skills: tuple[tuple[str, int], ...]
    """Name and level, the highest first."""
    languages: tuple[str, ...]
    zones: tuple[str, ...]
    """Of their shifts."""
    active: bool


@dataclass(frozen=True)
class SeatMoves:
    """What a change did to the booked calls that rested on somebody."""

    given: int = 0
    """Given to somebody else."""
    at_risk: int = 0
    """That nobody else is free for: they stand, and their round looks for somebody."""
    lost: tuple[AtRisk, ...] = ()
    """These, by their start."""


async def find_people(conn: AsyncConnection, sieve: Sieve, page: int = 1) -> tuple[list[PersonLine], int]:
    """One page by name, and how many there are in all. Pages count from 1."""
    wanted = _sieved(select(person.c.id), sieve)
    total = (await conn.execute(select(func.count()).select_from(wanted.subquery()))).scalar_one()
    ids = wanted.order_by(func.lower(person.c.name), person.c.id).limit(PAGE).offset((page - 1) * PAGE)
    return await _lines(conn, ids), total


async def card_of(conn: AsyncConnection, who: int) -> PersonDetails:
    """Raises ``PersonGone``."""
    row = (await conn.execute(select(person).where(person.c.id == who))).one_or_none()
    if row is None:
        raise PersonGone
    held = await conn.execute(select(person_skill).where(person_skill.c.person == who))
    skills = {one.skill: one.level for one in held}
    languages, roles = tuple(row.languages), tuple(row.roles)
    return PersonDetails(row.name, row.email, row.team, row.title, languages, skills, roles, row.active)


async def zones_of(conn: AsyncConnection, who: int) -> tuple[str, ...]:
    query = select(weekly_shift.c.time_zone).where(weekly_shift.c.person == who).distinct()
    return tuple(sorted((await conn.execute(query)).scalars()))


async def seats_resting_on(conn: AsyncConnection, who: int) -> int:
    """Booked calls that this person is the tentative one for."""
    query = select(func.count()).select_from(witness).where(witness.c.person == who)
    counted: int = (await conn.execute(query)).scalar_one()
    return counted


async def add_person(conn: AsyncConnection, card: PersonDetails, actor: str, now: datetime) -> int:
    """Raises ``CardUnfit``."""
    await hold_rules(conn)
    fit = await _fit(conn, card, None)
    made: int = (await conn.execute(insert(person).values(_row(fit)).returning(person.c.id))).scalar_one()
    await _write_skills(conn, made, fit)
    await directory_changed(conn)
    await refresh_pools(conn, made, now)
    await write_audit(conn, actor, "added person", f"person:{made}", now, {"team": fit.team, "title": fit.title})
    return made


async def change_person(
    conn: AsyncConnection, who: int, judge: Callable[[PersonDetails], PersonDetails], actor: str, now: datetime
) -> SeatMoves:
    """Write the card that ``judge`` makes of the one that stands, which nobody changes meanwhile.

    Pools are brought up to date, and booked calls that rested on the person are given on. Who is deactivated is
    signed out, and loses shifts and any call that rings or waits for them. Raises ``CardUnfit``, ``PersonGone``,
    and what ``judge`` raises.
    """
    await hold_rules(conn)
    before = await card_of(conn, who)
    fit = await _fit(conn, judge(before), who)
    if fit == before:
        return SeatMoves()
    # Days, then escalations, then rows, as whoever sells and whoever lays out shifts takes them.
    if _may_lose_seats(before, fit):
        await hold_all_time(conn, who, now)
    rested, risked = await seats_resting_on(conn, who), await _at_risk(conn)
    await conn.execute(update(person).where(person.c.id == who).values(_row(fit)))
    if dict(fit.skills) != dict(before.skills):
        await _write_skills(conn, who, fit)
    await directory_changed(conn)
    if (before.active, before.team) != (fit.active, fit.team):
        await lay_out(conn, [who], now)
    await refresh_pools(conn, who, now)
    if before.active and not fit.active:
        await end_sessions_of(conn, who)
        await conn.execute(delete(presence).where(presence.c.person == who))
    lost = tuple(one for one in await _at_risk(conn) if one.booking not in {other.booking for other in risked})
    moved = SeatMoves(max(0, rested - await seats_resting_on(conn, who) - len(lost)), len(lost), lost)
    action = "changed person" if before.active == fit.active else "deactivated" if before.active else "brought back"
    await write_audit(conn, actor, action, f"person:{who}", now, await _told(conn, before, fit))
    return moved


def _may_lose_seats(before: PersonDetails, after: PersonDetails) -> bool:
    """Whether anything changes that pools and shifts look at."""
    return replace(after, name=before.name, email=before.email, roles=before.roles) != before


async def _fit(conn: AsyncConnection, card: PersonDetails, who: int | None) -> PersonDetails:
    """Raises ``CardUnfit``, also where a team or title is gone, or the address is somebody else's."""
    fit = fit_card(card)
    for table, chosen in ((team, fit.team), (title, fit.title)):
        there = select(table.c.id).where(table.c.id == chosen, table.c.retired_at.is_(None))
        if chosen is not None and (await conn.execute(there)).first() is None:
            raise CardUnfit("team", f"This {table.name} has been deleted meanwhile. Choose another.")
    query = select(person.c.name).where(func.lower(person.c.email) == fit.email.lower(), person.c.id != (who or 0))
    for taken in (await conn.execute(query)).scalars():
        raise CardUnfit("email", f"{taken} has this address already.")
    known = set((await conn.execute(select(skill.c.id).where(skill.c.retired_at.is_(None)))).scalars())
    skills = {number: level for number, level in fit.skills.items() if number in known}
    return PersonDetails(fit.name, fit.email, fit.team, fit.title, fit.languages, skills, fit.roles, fit.active)


def _row(card: PersonDetails) -> dict[str, Any]:
    row: dict[str, Any] = {"name": card.name, "email": card.email, "team": card.team, "title": card.title}
    return row | {"languages": list(card.languages), "roles": list(card.roles), "active": card.active}


async def _write_skills(conn: AsyncConnection, who: int, card: PersonDetails) -> None:
    await conn.execute(delete(person_skill).where(person_skill.c.person == who))
    if rows := [{"person": who, "skill": number, "level": level} for number, level in card.skills.items()]:
        await conn.execute(insert(person_skill), rows)


async def _at_risk(conn: AsyncConnection) -> list[AtRisk]:
    query = select(booking.c.id, booking.c.escalation, booking.c.starts_at, pool.c.description, escalation.c.subject)
    query = query.join(pool, pool.c.id == booking.c.pool).join(escalation, escalation.c.id == booking.c.escalation)
    rows = await conn.execute(query.where(booking.c.state == "at_risk").order_by(booking.c.starts_at, booking.c.id))
    return [AtRisk(row.id, str(row.escalation), row.starts_at, row.description, row.subject) for row in rows]


async def _told(conn: AsyncConnection, before: PersonDetails, after: PersonDetails) -> dict[str, Any]:
    """What changed, for the log: names of teams and titles, never their ids."""
    said: dict[str, Any] = {}
    for what, table in (("team", team), ("title", title)):
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            rows = await conn.execute(select(table.c.id, table.c.name).where(table.c.id.in_([old, new])))
            names = {row.id: row.name for row in rows}
            said[what] = f"{names.get(old, 'none')} → {names.get(new, 'none')}"
    if dict(before.skills) != dict(after.skills):
        said["skills"] = len(after.skills)
    for what in ("languages", "roles"):
        if getattr(before, what) != getattr(after, what):
            said[what] = list(getattr(after, what))
    changed = [what for what in ("name", "email") if getattr(before, what) != getattr(after, what)]
    return said | ({"changed": changed} if changed else {})


def _sieved(query: Select[Any], sieve: Sieve) -> Select[Any]:
    query = query.where(person.c.active.is_(not sieve.gone))
    for word in sieve.words.split():
        like = f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        query = query.where(or_(person.c.name.ilike(like, escape="!"), person.c.email.ilike(like, escape="!")))
    if sieve.team is not None:
        query = query.where(person.c.team == sieve.team if sieve.team else person.c.team.is_(None))
    if sieve.title is not None:
        query = query.where(person.c.title == sieve.title)
    if sieve.skill is not None:
        has = (person_skill.c.person == person.c.id) & (person_skill.c.skill == sieve.skill)
        query = query.where(exists().where(has))
    return query


async def _lines(conn: AsyncConnection, ids: Select[Any]) -> list[PersonLine]:
    query = (
        select(person, team.c.name.label("team_name"), title.c.name.label("title_name"))
        .outerjoin(team, team.c.id == person.c.team)
        .outerjoin(title, title.c.id == person.c.title)
        .where(person.c.id.in_(ids))
        .order_by(func.lower(person.c.name), person.c.id)
    )
    rows = (await conn.execute(query)).all()
    shown = [row.id for row in rows]
    held: dict[int, list[tuple[str, int]]] = {who: [] for who in shown}
    skills = select(person_skill, skill.c.name).join(skill, skill.c.id == person_skill.c.skill)
    skills = skills.where(person_skill.c.person.in_(shown)).order_by(person_skill.c.level.desc(), skill.c.name)
    for one in await conn.execute(skills):
        held[one.person].append((one.name, one.level))
    zones: dict[int, set[str]] = {who: set() for who in shown}
    for one in await conn.execute(select(weekly_shift).where(weekly_shift.c.person.in_(shown))):
        zones[one.person].add(one.time_zone)
    return [
        PersonLine(
            row.id,
            row.name,
            row.email,
            row.team_name,
            row.title_name,
            tuple(held[row.id]),
            tuple(row.languages),
            tuple(sorted(zones[row.id])),
            row.active,
        )
        for row in rows
    ]
