"""Until when the rules keep somebody free of calls, read for that person's desk."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import read_colleague
from database.stores.directory.read import read_directory
from database.stores.queries.desk_changes import DeskMoment
from database.stores.rules.rollout_rows import running_row
from database.stores.rules.versions import RulesOutdated, compiled
from database.stores.seats.occupancy import occupancy_limit
from database.tables.account import ruleset
from domain.rounds.rest import Rest, rest_begins, rest_of
from rules_dsl.model.decision import Limits

_limits: dict[tuple[str, int], Limits] = {}
# A version's limits never change, and desks ask for them all the time.
_KEPT = 16


async def read_rest(conn: AsyncConnection, person_id: int, moment: DeskMoment) -> tuple[Rest | None, datetime | None]:
    """Why and until when no call can be offered to this person, although they are available, or None if one can; and
    when the next rest begins by the clock alone.
    """
    found = await read_colleague(conn, person_id, moment.day_began, moment.now)
    if found is None:
        return None, None
    colleague, title = found
    day = moment.day_began
    day_ends = datetime.combine(day.date() + timedelta(days=1), time(0), day.tzinfo)
    limits = await limits_in_force(conn)
    rest = rest_of(colleague, title, limits, await occupancy_limit(conn), moment.now, day_ends)
    return rest, rest_begins(colleague, limits, moment.now)


async def limits_in_force(conn: AsyncConnection) -> list[Limits]:
    """The limits of each version by which calls are decided now: the current one and, during a rollout, its candidate.

    They are the most that a version allows any call.
    """
    current = select(ruleset.c.number).where(ruleset.c.adopted_at.is_not(None))
    newest = (await conn.execute(current.order_by(ruleset.c.number.desc()).limit(1))).scalar_one_or_none()
    rollout = await running_row(conn)
    numbers = [number for number in (newest, rollout and rollout.candidate) if number is not None]
    return [await _limits_of(conn, number) for number in numbers]


async def _limits_of(conn: AsyncConnection, number: int) -> Limits:
    key = (conn.engine.url.render_as_string(), number)
    if key not in _limits:
        published = select(ruleset.c.text).where(ruleset.c.number == number)
        try:
            rules = await compiled((await conn.execute(published)).scalar_one(), await read_directory(conn))
        except RulesOutdated:
            return Limits()
        written = rules.limits
        more = max((extra.number for extra in written.more), default=0)
        while len(_limits) >= _KEPT:
            del _limits[next(iter(_limits))]
        _limits[key] = Limits(
            calls_a_day=None if written.calls_a_day is None else written.calls_a_day + more,
            gap=written.gap,
            title_calls_a_day=tuple((title, most + more) for title, most in written.title_calls_a_day),
            shift_percent=written.shift_percent,
            shift_end=written.shift_end,
        )
    return _limits[key]
