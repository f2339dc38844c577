"""The seat keeper: looks again and again for what selling itself has no time for.

Pools follow the directory; whoever has taken a call is its witness, and what was sold on them in its time goes to
others; whoever is above the occupancy limit has nothing sold on them for some hours; bookings at risk are given a
seat where one is found by all means; starts that short moves can't open are opened by the solver. One process of all
does it at a time. Where none does, nothing is sold wrongly: fewer starts are offered, and bookings at risk stay so.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.at_risk.background_solver import SearchMemory, prepare_moves, recover
from database.stores.directory.read import read_directory
from database.stores.seats.change_impact import replan_directory
from database.stores.seats.engagements import follow_engagements
from database.stores.seats.pin_assignee import pin_taken

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds between two looks."""
LOOK_AT_MOST = 10.0
"""Seconds that one look takes; what it leaves is first in turn at the next one."""
_MY_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended('seat keeper', 0))")


async def run_seat_keeper(engine: AsyncEngine, stop: asyncio.Event) -> None:
    """Look until ``stop``. Survives the loss of the database."""
    memory = SearchMemory(stop=stop)
    while not stop.is_set():
        memory.until = time.monotonic() + LOOK_AT_MOST
        with _survived("seats"):
            await keep_seats(engine, memory, datetime.now(UTC))
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY)


async def keep_seats(engine: AsyncEngine, memory: SearchMemory, now: datetime) -> None:
    """One look, unless another process is at it."""
    async with engine.begin() as turn:
        if not (await turn.execute(_MY_TURN)).scalar_one():
            return
        with _survived("pools"):
            await _follow_directory(engine, now)
        with _survived("calls that are taken"):
            await pin_taken(engine, now)
        with _survived("people who are engaged"):
            if given := await follow_engagements(engine, memory.occupied, now):
                log.info("%d sold seats were given to others, as calls still run then", given)
        with _survived("bookings at risk"):
            if found := await recover(engine, memory, now):
                log.info("%d bookings at risk have a seat again", found)
        with _survived("starts"):
            await prepare_moves(engine, memory, now)


async def _follow_directory(engine: AsyncEngine, now: datetime) -> None:
    async with engine.begin() as conn:
        replanned = await replan_directory(conn, await read_directory(conn), now)
    if replanned.at_risk:
        log.warning("the directory changed: %d bookings are at risk", len(replanned.at_risk))


@contextmanager
def _survived(part: str) -> Iterator[None]:
    """A part that failed is reported, and looked after again the next time; the others have their turn."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        log.warning("the %s were not looked after this time: %s", part, type(error).__name__)
    except Exception:
        log.exception("the %s were not looked after this time", part)
