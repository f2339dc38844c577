"""Why nobody is being asked to take the calls that wait, for the board."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.rounds.due_calls import read_waiting
from database.stores.search_clock import read_search_clock
from database.stores.seats.occupancy import occupancy_limit
from domain.rounds.search_clock import SearchClock
from domain.rounds.why_waiting import why_waiting

STANDS_STILL = "the search stands still until desks can be reached again"
CALLS_AT_MOST = 100
"""The most urgent ones."""


async def reasons_to_wait(conn: AsyncConnection, now: datetime) -> dict[str, str]:
    """For each waiting call, by id: why nobody is being asked, or that somebody will be. Locks nothing."""
    clock = (await read_search_clock(conn)).clock or SearchClock(now)
    due = await read_waiting(conn, clock, now, CALLS_AT_MOST)
    if not due or clock.stopped:
        return dict.fromkeys((call.call_id for call in due), STANDS_STILL)
    directory = await read_directory(conn)
    colleagues = await read_colleagues(conn, directory, now, ratings=False)
    return why_waiting(due, colleagues, directory, await occupancy_limit(conn), now)
