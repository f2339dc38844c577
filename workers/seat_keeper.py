"""The seat keeper: regularly does the work that is too slow to do during a sale.

It updates pools from the directory; pins each taken call to the agent who took it, and reassigns that agent's other
seats for that time; stops, for a few hours, selling the time of people above the occupancy limit; tries every method of
finding seats for bookings at risk; and uses the solver to prepare moves for start times that short moves can't free.
One process at a time does this. If none does, sales stay correct, but fewer start times are offered and bookings at
risk stay at risk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.at_risk.background_solver import SearchMemory, prepare_moves, recover
from database.stores.directory.read import read_directory
from database.stores.seats.change_impact import sync_pools
from database.stores.seats.engagements import follow_engagements
from database.stores.seats.pin_assignee import pin_taken
from workers.part import Part

log = logging.getLogger(__name__)

RUN_EVERY = 5.0
"""Seconds between runs."""
RUN_AT_MOST = 10.0
"""Maximum seconds per run; whatever is left over comes first in the next one."""
_MY_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended('seat keeper', 0))")


async def run_seat_keeper(engine: AsyncEngine, stop: asyncio.Event) -> None:
    """Keep seats until ``stop``. Survives an outage of the database."""
    memory, part = SearchMemory(stop=stop), Part("seat_keeper")
    while not stop.is_set():
        memory.until = time.monotonic() + RUN_AT_MOST
        with part.run():
            await keep_seats(engine, memory, current_time(), part)
        await part.pause(stop, RUN_EVERY)


async def keep_seats(engine: AsyncEngine, memory: SearchMemory, now: datetime, part: Part | None = None) -> None:
    """One run, unless another process is running it. A step that fails doesn't keep the others from running."""
    part = part or Part("seat_keeper")
    async with engine.begin() as turn:
        if not (await turn.execute(_MY_TURN)).scalar_one():
            return
        with part.step("pools"):
            await _follow_directory(engine, now)
        with part.step("taken_calls"):
            await pin_taken(engine, now)
        with part.step("engagements"):
            if reassigned := await follow_engagements(engine, memory.occupied, now):
                log.info("reassigned seats count=%d reason=call_in_progress", reassigned)
        with part.step("at_risk"):
            if recovered := await recover(engine, memory, now):
                log.info("recovered at-risk bookings count=%d", recovered)
        with part.step("prepared_moves"):
            await prepare_moves(engine, memory, now)


async def _follow_directory(engine: AsyncEngine, now: datetime) -> None:
    async with engine.begin() as conn:
        replanned = await sync_pools(conn, await read_directory(conn), now)
    if replanned.at_risk:
        log.warning("bookings at risk count=%d reason=directory_change", len(replanned.at_risk))
