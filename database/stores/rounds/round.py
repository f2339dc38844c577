"""One round: match all due calls with all free people, in one transaction.

Any number of processes can try at the same time: a transaction-level try-lock elects one, and partial unique
indexes guarantee one live offer per person and per call (docs/architecture.md, "The round").
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.journal.figures import count_round
from database.stores.journal.timeline import database_now
from database.stores.rounds.due_calls import order_by_ratings, read_due
from database.stores.rounds.events import write_events
from database.stores.rounds.expired_offers import end_long_wrap_ups, end_passed_offers
from database.stores.rounds.needed_for_seats import with_needed
from database.stores.rounds.offers import write_offers
from database.stores.rounds.searches import write_searches
from database.stores.rounds.waiting_line import update_places
from database.stores.search_clock import turn_search_clock
from database.stores.seats.occupancy import occupancy_limit
from domain.ids import Tokens
from domain.rounds.muster import choose

LOCK = 7_301_945_221  # an arbitrary advisory lock key, used by nothing else


@dataclass(frozen=True)
class RoundReport:
    """The result of a round, in numbers."""

    due: int
    offers: int
    ended: int
    """Offers that expired or whose agent vanished, and overlong wrap-ups. If any ended, somebody may be free now."""


async def run_round(conn: AsyncConnection, tokens: Tokens, now: datetime | None = None) -> RoundReport | None:
    """Run one round in the caller's transaction; returns None if another process is running one.

    ``now`` defaults to the database's clock; ``tokens`` makes the join links for calls that are accepted automatically.
    """
    began = time.perf_counter()
    if not await try_lock_rounds(conn):
        return None
    moment = await database_now(conn, now)
    await count_round(conn, moment)
    clock = await turn_search_clock(conn, moment)
    if clock.stopped:
        # No desk can be reached, so nobody is asked, and nobody has failed to answer.
        return RoundReport(0, 0, 0)
    desks_return = clock.desks_return(moment)
    ended = await end_passed_offers(conn, moment, desks_return=desks_return) + await end_long_wrap_ups(conn, moment)
    due = await read_due(conn, clock, moment)
    if not due:
        return RoundReport(0, 0, ended)
    directory = await read_directory(conn)
    colleagues = await read_colleagues(conn, directory, moment, ratings=order_by_ratings(due))
    free = [person for person, colleague in colleagues.items() if not colleague.hindrance]
    due = await with_needed(conn, due, free, moment)
    limit = await occupancy_limit(conn)
    result = choose(due, colleagues, directory, moment, limit, desks_return=desks_return)
    search_events = await write_searches(conn, result.searches, clock, moment)
    offers, offer_events = await write_offers(conn, result, directory, tokens, moment, began)
    await write_events(conn, [*search_events, *offer_events], moment)
    await update_places(conn, result, directory, colleagues, moment)
    return RoundReport(len(due), offers, ended)


async def try_lock_rounds(conn: AsyncConnection) -> bool:
    """Take the round lock until this transaction ends (after five seconds at the latest); False if it is taken."""
    await conn.execute(text("SET LOCAL transaction_timeout = '5s'"))
    return bool((await conn.execute(select(func.pg_try_advisory_xact_lock(LOCK)))).scalar_one())
