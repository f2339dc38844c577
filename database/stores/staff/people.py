"""People: find, add, change and deactivate them; pools, shifts and sold seats are updated in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.access.sessions import end_sessions_of
from database.stores.journal.audit_log import write_audit
from database.stores.rules.versions import lock_rules
from database.stores.seats.pools import refresh_pools
from database.stores.seats.reassign import AtRisk
from database.stores.staff.calls_in_hand import CallInHand, calls_in_hand
from database.stores.staff.seat_moves import SeatMoves
from database.stores.staff.shifts import lock_days_of, update_shifts
from database.stores.staff.teams_titles_skills import directory_changed
from database.tables.booking import booking, pool, witness
from database.tables.directory import person, person_skill, presence, skill, team, title, weekly_shift
from database.tables.escalation import escalation
from domain.people import CardUnfit, PersonDetails, PersonGone, fit_card

PAGE = 50


@dataclass(frozen=True)
class PeopleFilter:
    """A filter for the list of people. An empty filter selects all active people."""

    words: str = ""
    """Separated by spaces; each must occur in the name or the address."""
    team: int | None = None
    """0 for people without a team."""
    title: int | None = None
    skill: int | None = None
    gone: bool = False
    """Whether to list the people who have left instead."""


@dataclass(frozen=True)
class PersonLine:
    id: int
    name: str
    email: str
    team: str | None
    title: str | None
    skills: tuple[tuple[str, int], ...]
    """Name and level, highest level first."""
    languages: tuple[str, ...]
    zones: tuple[str, ...]
    """The time zones of their weekly hours."""
    active: bool


async def find_people(conn: AsyncConnection, sieve: PeopleFilter, page: int = 1) -> tuple[list[PersonLine], int]:
    """One page of people, sorted by name, and the total number. Pages count from 1."""
    matching = _filtered(select(person.c.id), sieve)
    total = (await conn.execute(select(func.count()).select_from(matching.subquery()))).scalar_one()
    ids = matching.order_by(func.lower(person.c.name), person.c.id).limit(PAGE).offset((page - 1) * PAGE)
    return await _lines(conn, ids), total


async def card_of(conn: AsyncConnection, who: int) -> PersonDetails:
    """Read everything that a person's form can change. Raises ``PersonGone``."""
    row = (await conn.execute(select(person).where(person.c.id == who))).one_or_none()
    if row is None:
        raise PersonGone
    rows = await conn.execute(select(person_skill).where(person_skill.c.person == who))
    skills = {skill_row.skill: skill_row.level for skill_row in rows}
    languages, roles = tuple(row.languages), tuple(row.roles)
    return PersonDetails(row.name, row.email, row.team, row.title, languages, skills, roles, row.active)


async def zones_of(conn: AsyncConnection, who: int) -> tuple[str, ...]:
    query = select(weekly_shift.c.time_zone).where(weekly_shift.c.person == who).distinct()
    return tuple(sorted((await conn.execute(query)).scalars()))


async def seats_resting_on(conn: AsyncConnection, who: int) -> int:
    """Number of booked calls that have this person as their witness."""
    query = select(func.count()).select_from(witness).where(witness.c.person == who)
    number: int = (await conn.execute(query)).scalar_one()
    return number


async def add_person(conn: AsyncConnection, card: PersonDetails, actor: str, now: datetime) -> int:
    """Add a person and return their id. Raises ``CardUnfit``."""
    await lock_rules(conn)
    fit = await _fit(conn, card, None)
    who: int = (await conn.execute(insert(person).values(_row(fit)).returning(person.c.id))).scalar_one()
    await _write_skills(conn, who, fit)
    await directory_changed(conn)
    await refresh_pools(conn, who, now)
    await write_audit(conn, actor, "added person", f"person:{who}", now, {"team": fit.team, "title": fit.title})
    return who


async def change_person(
    conn: AsyncConnection, who: int, judge: Callable[[PersonDetails], PersonDetails], actor: str, now: datetime
) -> SeatMoves:
    """Change a person's details to what ``judge`` returns for the current ones, which stay locked during the change.

    Updates pools, and looks for other witnesses for the booked calls that this person can no longer serve. A
    deactivated person is signed out, and loses their shifts and their presence. Raises ``CardUnfit``, ``PersonGone``,
    and whatever ``judge`` raises.
    """
    await lock_rules(conn)
    before = await card_of(conn, who)
    fit = await _fit(conn, judge(before), who)
    if fit == before:
        return SeatMoves()
    # Locks days, then escalations, then rows, in the same order as sales and shift changes.
    if _may_lose_seats(before, fit):
        await lock_days_of(conn, who, now)
    seats_before, at_risk_before = await seats_resting_on(conn, who), await _at_risk(conn)
    await conn.execute(update(person).where(person.c.id == who).values(_row(fit)))
    if dict(fit.skills) != dict(before.skills):
        await _write_skills(conn, who, fit)
    await directory_changed(conn)
    if (before.active, before.team) != (fit.active, fit.team):
        await update_shifts(conn, [who], now)
    await refresh_pools(conn, who, now)
    in_hand: tuple[CallInHand, ...] = ()
    if before.active and not fit.active:
        in_hand = await calls_in_hand(conn, who)
        await end_sessions_of(conn, who)
        await conn.execute(delete(presence).where(presence.c.person == who))
    bookings_before = {seat.booking for seat in at_risk_before}
    lost = tuple(seat for seat in await _at_risk(conn) if seat.booking not in bookings_before)
    given = seats_before - await seats_resting_on(conn, who) - len(lost)
    action = "changed person" if before.active == fit.active else "deactivated" if before.active else "brought back"
    await write_audit(conn, actor, action, f"person:{who}", now, await _audit_body(conn, before, fit))
    return SeatMoves(max(0, given), len(lost), lost, in_hand)


def _may_lose_seats(before: PersonDetails, after: PersonDetails) -> bool:
    """Whether the change affects anything that pools or shifts depend on."""
    return replace(after, name=before.name, email=before.email, roles=before.roles) != before


async def _fit(conn: AsyncConnection, card: PersonDetails, who: int | None) -> PersonDetails:
    """Validate the details. Raises ``CardUnfit`` for invalid ones, a deleted team or title, or a taken address."""
    fit = fit_card(card)
    for table, chosen in ((team, fit.team), (title, fit.title)):
        existing = select(table.c.id).where(table.c.id == chosen, table.c.retired_at.is_(None))
        if chosen is not None and (await conn.execute(existing)).first() is None:
            raise CardUnfit("team", f"This {table.name} has been deleted meanwhile. Choose another.")
    query = select(person.c.name).where(func.lower(person.c.email) == fit.email.lower(), person.c.id != (who or 0))
    for taken in (await conn.execute(query)).scalars():
        raise CardUnfit("email", f"{taken} has this address already.")
    existing_skills = set((await conn.execute(select(skill.c.id).where(skill.c.retired_at.is_(None)))).scalars())
    skills = {number: level for number, level in fit.skills.items() if number in existing_skills}
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


async def _audit_body(conn: AsyncConnection, before: PersonDetails, after: PersonDetails) -> dict[str, Any]:
    """What changed, for the audit log: teams and titles by name, never by id."""
    body: dict[str, Any] = {}
    for field, table in (("team", team), ("title", title)):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            rows = await conn.execute(select(table.c.id, table.c.name).where(table.c.id.in_([old, new])))
            names = {row.id: row.name for row in rows}
            body[field] = f"{names.get(old, 'none')} → {names.get(new, 'none')}"
    if dict(before.skills) != dict(after.skills):
        body["skills"] = len(after.skills)
    for field in ("languages", "roles"):
        if getattr(before, field) != getattr(after, field):
            body[field] = list(getattr(after, field))
    changed = [field for field in ("name", "email") if getattr(before, field) != getattr(after, field)]
    return body | ({"changed": changed} if changed else {})


def _filtered(query: Select[Any], sieve: PeopleFilter) -> Select[Any]:
    query = query.where(person.c.active.is_(not sieve.gone))
    for word in sieve.words.split():
        pattern = f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        query = query.where(or_(person.c.name.ilike(pattern, escape="!"), person.c.email.ilike(pattern, escape="!")))
    if sieve.team is not None:
        query = query.where(person.c.team == sieve.team if sieve.team else person.c.team.is_(None))
    if sieve.title is not None:
        query = query.where(person.c.title == sieve.title)
    if sieve.skill is not None:
        has_skill = (person_skill.c.person == person.c.id) & (person_skill.c.skill == sieve.skill)
        query = query.where(exists().where(has_skill))
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
    levels: dict[int, list[tuple[str, int]]] = {who: [] for who in shown}
    skills = select(person_skill, skill.c.name).join(skill, skill.c.id == person_skill.c.skill)
    skills = skills.where(person_skill.c.person.in_(shown)).order_by(person_skill.c.level.desc(), skill.c.name)
    for level in await conn.execute(skills):
        levels[level.person].append((level.name, level.level))
    zones: dict[int, set[str]] = {who: set() for who in shown}
    for weekly in await conn.execute(select(weekly_shift).where(weekly_shift.c.person.in_(shown))):
        zones[weekly.person].add(weekly.time_zone)
    return [
        PersonLine(
            row.id,
            row.name,
            row.email,
            row.team_name,
            row.title_name,
            tuple(levels[row.id]),
            tuple(row.languages),
            tuple(sorted(zones[row.id])),
            row.active,
        )
        for row in rows
    ]
