"""How busy each team is, and what that takes from its seats.

Above the occupancy limit a person is skipped by calls now (docs/decisions/0016), and no seat is sold on them in the
next hours (``engagements``). What a team lacks by that is told as seats an hour, so that it can be compared with what
is sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.tables.muster import guard
from domain.rounds.eligibility import OCCUPANCY_LIMIT, Colleague

USUAL_CALL = timedelta(minutes=30)
"""What a call takes of a person where the last week has none to go by."""

_LASTED = text("""
SELECT avg(wrapped_up_at - accepted_at) FROM call
WHERE wrapped_up_at > CAST(:now AS timestamptz) - interval '7 days' AND agent_joined_at IS NOT NULL
""")


@dataclass(frozen=True)
class TeamOccupancy:
    """One team at one moment."""

    team: int
    on_duty: int
    """People on shift and present."""
    busy_percent: int
    """Of the time that they worked in the last four hours of their shifts."""
    skipped: frozenset[int]
    """Those above the limit: they get no calls now, and no seat is sold on them in the next hours."""
    staffing_gap: float
    """Seats an hour that these people would give at the limit, to one decimal; 0 where nobody is above it."""


async def occupancy_limit(conn: AsyncConnection) -> int:
    """The desk's limit in percent."""
    found: int | None = (await conn.execute(select(guard.c.occupancy_limit).limit(1))).scalar_one_or_none()
    return OCCUPANCY_LIMIT if found is None else found


async def set_occupancy_limit(conn: AsyncConnection, desk: int, percent: int) -> None:
    """``percent`` is 10 to 100; at 100 nobody is skipped before their whole time was calls."""
    statement = insert(guard).values(desk=desk, occupancy_limit=percent)
    changed = {"occupancy_limit": percent}
    await conn.execute(statement.on_conflict_do_update(index_elements=["desk"], set_=changed))


async def team_occupancy(conn: AsyncConnection, now: datetime) -> Mapping[int, TeamOccupancy]:
    """Every team with people on duty, by its id."""
    directory = await read_directory(conn)
    colleagues = await read_colleagues(conn, directory, now)
    limit = await occupancy_limit(conn)
    lasts = (await conn.execute(_LASTED, {"now": now})).scalar_one_or_none() or USUAL_CALL
    teams: dict[int, list[Colleague]] = {}
    for person in directory.people:
        one = colleagues.get(person.id)
        if one is not None and one.on_duty:
            teams.setdefault(person.team, []).append(one)
    return {team: _of_team(team, people, limit, lasts, now) for team, people in teams.items()}


def _of_team(team: int, people: list[Colleague], limit: int, lasts: timedelta, now: datetime) -> TeamOccupancy:
    shares = [one.occupancy(now) for one in people]
    skipped = frozenset(one.person for one, share in zip(people, shares, strict=True) if share >= limit)
    missing = len(skipped) * limit / 100 * (timedelta(hours=1) / lasts)
    return TeamOccupancy(team, len(people), round(sum(shares) / len(shares)), skipped, round(missing, 1))
