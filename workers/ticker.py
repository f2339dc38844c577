"""The ticker: runs a round when a call becomes due, when an offer expires, and on a kick.

Two or more processes run it without a leader: the round's try-lock decides which of them runs it.
"""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.listening import listen
from database.stores.rounds.due_calls import CALLS_AT_MOST
from database.stores.rounds.late_calls import look_ahead
from database.stores.rounds.round import run_round
from domain.ids import KICK_CHANNEL, Tokens
from domain.rounds.matching import warm_up
from workers.pulse import PULSES
from workers.waking import first_of

log = logging.getLogger(__name__)

SLEEP_AT_MOST = 2.0
"""Maximum seconds between rounds, because an agent who vanishes causes no event."""
PAUSE = 0.25
"""Seconds between rounds while a call is due and nobody is free. Kicks during the pause are combined."""
LOOK_AHEAD_EVERY = 10.0
"""Seconds between searches for booked calls that will start late."""

_NEXT = text("""
SELECT extract(epoch FROM least(
  (SELECT min(muster_at) FROM call WHERE state = 'waiting' AND muster_at > clock_timestamp()),
  (SELECT min(expires_at) FROM offer WHERE state = 'offered')
) - clock_timestamp())
""")


async def run_ticker(engine: AsyncEngine, tokens: Tokens, stop: asyncio.Event) -> None:
    """Tick until ``stop``. Survives an outage of the database."""
    warm_up()
    kick, looked_ahead_at = asyncio.Event(), 0.0
    clock = asyncio.get_running_loop().time
    listening = asyncio.create_task(_wake_on_kicks(engine, kick))
    try:
        while not stop.is_set():
            kick.clear()
            PULSES.tried("rounds")
            pause = SLEEP_AT_MOST
            try:
                pause = await tick(engine, tokens)
                PULSES.worked("rounds")
                if clock() - looked_ahead_at > LOOK_AHEAD_EVERY:
                    # The next call may have become due in the meantime.
                    looked_ahead_at, pause = clock(), 0.0
                    async with engine.begin() as conn:
                        await look_ahead(conn)
            except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
                log.warning("round failed, database unreachable, retrying error=%s", type(error).__name__)
            except Exception:
                # One bad row must not stop the rounds: every other call waits for them.
                log.exception("unexpected round error, retrying")
            await first_of(stop, kick, pause)
            await asyncio.sleep(0.01)
    finally:
        listening.cancel()


async def tick(engine: AsyncEngine, tokens: Tokens) -> float:
    """Run one round; returns the maximum number of seconds to wait before the next one."""
    async with engine.begin() as conn:
        report = await run_round(conn, tokens)
    if report is not None:
        PULSES.worked("round_held")
    if report is not None and report.due >= CALLS_AT_MOST and report.offers:
        return 0.0
    if report is None or report.due > report.offers:
        return PAUSE if report is None else PAUSE * 2
    if report.offers:
        return 0.0
    async with engine.connect() as conn:
        return await _until_next(conn)


async def _until_next(conn: AsyncConnection) -> float:
    seconds = (await conn.execute(_NEXT)).scalar_one_or_none()
    return SLEEP_AT_MOST if seconds is None else min(max(float(seconds), 0.0), SLEEP_AT_MOST)


async def _wake_on_kicks(engine: AsyncEngine, kick: asyncio.Event) -> None:
    async for _ in listen(engine.url.render_as_string(hide_password=False), [KICK_CHANNEL]):
        kick.set()
