"""People as administrators see them: their roles, and how they sign in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import session
from database.tables.directory import person, team, title


@dataclass(frozen=True)
class AccountSummary:
    id: int
    name: str
    email: str
    team: str | None
    title: str | None
    roles: tuple[str, ...]
    has_password: bool
    active: bool
    sessions: int
    """Number of open sessions."""


async def all_accounts(conn: AsyncConnection) -> list[AccountSummary]:
    """All accounts, sorted by name; those of people who have left come last."""
    return await _accounts(conn)


async def account_of(conn: AsyncConnection, person_id: int) -> AccountSummary | None:
    return next(iter(await _accounts(conn, person_id)), None)


async def _accounts(conn: AsyncConnection, person_id: int | None = None) -> list[AccountSummary]:
    sessions = select(func.count()).where(session.c.person == person.c.id, session.c.expires_at > func.now())
    query = (
        select(person, team.c.name.label("team_name"), title.c.name.label("title_name"), sessions.scalar_subquery())
        .outerjoin(team, team.c.id == person.c.team)
        .outerjoin(title, title.c.id == person.c.title)
        .order_by(person.c.active.desc(), person.c.name, person.c.id)
    )
    if person_id is not None:
        query = query.where(person.c.id == person_id)
    return [
        AccountSummary(
            id=row.id,
            name=row.name,
            email=row.email,
            team=row.team_name,
            title=row.title_name,
            roles=tuple(row.roles),
            has_password=row.password_hash is not None,
            active=row.active,
            sessions=row[-1],
        )
        for row in await conn.execute(query)
    ]
