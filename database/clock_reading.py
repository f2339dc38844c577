"""Reads the database's clock: on each new connection and every few seconds."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import PROCESS_CLOCK, CorrectedClock

EVERY = 5.0
"""Seconds between readings."""
UNTIL_FIRST = 0.5
"""Seconds between attempts before the first reading."""
QUERY = "SELECT clock_timestamp()"


async def read_clock(engine: AsyncEngine, clock: CorrectedClock = PROCESS_CLOCK) -> None:
    """Read the database's clock once. Raises SQLAlchemy's errors and ``OSError``."""
    async with engine.connect() as conn:
        asked_at, began = clock.system_now(), time.perf_counter()
        answer: datetime = (await conn.execute(text(QUERY))).scalar_one()
        clock.learn(asked_at, answer, timedelta(seconds=time.perf_counter() - began))


async def keep_clock(engine: AsyncEngine, stop: asyncio.Event, clock: CorrectedClock = PROCESS_CLOCK) -> None:
    """Read the database's clock now and then until ``stop``. Survives an outage of the database."""
    while not stop.is_set():
        with suppress(SQLAlchemyError, OSError):
            await read_clock(engine, clock)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), UNTIL_FIRST if clock.measured_at is None else EVERY)


def read_on_connect(connection: Any, _: Any) -> None:
    """Read the clock on a new connection, so that no process decides anything before it knows the time.

    For SQLAlchemy's event ``connect``, which passes the driver's connection.
    """
    cursor = connection.cursor()
    asked_at, began = PROCESS_CLOCK.system_now(), time.perf_counter()
    cursor.execute(QUERY)
    (answer,) = cursor.fetchone()
    PROCESS_CLOCK.learn(asked_at, answer, timedelta(seconds=time.perf_counter() - began))
    cursor.close()
    connection.rollback()
