"""How busy each team is, and how many seats that costs it.

A person above the occupancy limit gets no calls now (docs/decisions/0016), and no seat is booked against them for the
next few hours (``engagements``). What the team loses is given in seats per hour, so that it can be compared with the
seats sold.
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
"""The call length assumed if there were no calls in the last week."""

_AVERAGE_LENGTH = text("""
SELECT avg(wrapped_up_at - accepted_at) FROM call
WHERE wrapped_up_at > CAST(:now AS timestamptz) - interval '7 days' AND agent_joined_at IS NOT NULL
""")


@dataclass(frozen=True)
class TeamOccupancy:
    """One team's occupancy at one moment."""

    team: int
    on_duty: int
    """How many people are on shift and present."""
    busy_percent: int
    """The percentage of working time that they spent on calls, over the last four hours of each shift."""
    skipped: frozenset[int]
    """People above the limit: they get no calls now, and no seat is booked against them for the next few hours."""
    staffing_gap: float
    """How many seats per hour the skipped people would add if they were at the limit, to one decimal place; 0 if nobody
    is above it.
    """


async def occupancy_limit(conn: AsyncConnection) -> int:
    """The organisation's occupancy limit, as a percentage."""
    found: int | None = (await conn.execute(select(guard.c.occupancy_limit).limit(1))).scalar_one_or_none()
    return OCCUPANCY_LIMIT if found is None else found


async def set_occupancy_limit(conn: AsyncConnection, desk: int, percent: int) -> None:
    """Set the limit, from 10 to 100 %. At 100 %, a person is skipped only if all of their time was spent on calls."""
    statement = insert(guard).values(desk=desk, occupancy_limit=percent)
    changed = {"occupancy_limit": percent}
    await conn.execute(statement.on_conflict_do_update(index_elements=["desk"], set_=changed))


async def team_occupancy(conn: AsyncConnection, now: datetime) -> Mapping[int, TeamOccupancy]:
    """Every team with people on duty, keyed by team id."""
    directory = await read_directory(conn)
    colleagues = await read_colleagues(conn, directory, now, ratings=False)
    limit = await occupancy_limit(conn)
    call_length = (await conn.execute(_AVERAGE_LENGTH, {"now": now})).scalar_one_or_none() or USUAL_CALL
    teams: dict[int, list[Colleague]] = {}
    for person in directory.people:
        one = colleagues.get(person.id)
        if one is not None and one.on_duty:
            teams.setdefault(person.team, []).append(one)
    return {team: _of_team(team, people, limit, call_length, now) for team, people in teams.items()}


def _of_team(team: int, people: list[Colleague], limit: int, call_length: timedelta, now: datetime) -> TeamOccupancy:
    shares = [one.occupancy(now) for one in people]
    skipped = frozenset(one.person for one, share in zip(people, shares, strict=True) if share >= limit)
    gap = len(skipped) * limit / 100 * (timedelta(hours=1) / call_length)
    return TeamOccupancy(team, len(people), round(sum(shares) / len(shares)), skipped, round(gap, 1))
