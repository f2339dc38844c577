"""The ticker: runs a round when a call becomes due, when an offer expires, and on a kick.

Two or more processes run it without a leader: the round's try-lock decides which of them runs it.
"""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.rounds.due_calls import CALLS_AT_MOST
from database.stores.rounds.late_calls import look_ahead
from database.stores.rounds.round import run_round
from domain.ids import KICK_CHANNEL, Tokens
from domain.rounds.matching import warm_up
from workers.news import woken_by
from workers.part import Part
from workers.pulse import PULSES

SLEEP_AT_MOST = 2.0
"""Maximum seconds between rounds, because an agent who vanishes causes no event."""
PAUSE_ELSEWHERE = 0.25
"""Seconds until the next attempt if another ticker was running a round. Like the others, a kick cuts it short."""
PAUSE_UNSERVED = 0.5
"""Seconds between rounds while a call is due that nobody can take."""
LONGEST_PAUSE = 8.0
"""Maximum seconds between rounds that fail unexpectedly. After ten seconds without a round, searches stand still."""
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
    kick, part, looked_ahead_at = asyncio.Event(), Part("rounds", longest_pause=LONGEST_PAUSE), 0.0
    clock = asyncio.get_running_loop().time
    async with woken_by(KICK_CHANNEL, engine, kick.set, part):
        while not stop.is_set():
            kick.clear()
            pause = SLEEP_AT_MOST
            with part.run():
                pause = await tick(engine, tokens)
                if clock() - looked_ahead_at > LOOK_AHEAD_EVERY:
                    # The next call may have become due in the meantime.
                    looked_ahead_at, pause = clock(), 0.0
                    with part.step("looking_ahead"):
                        async with engine.begin() as conn:
                            await look_ahead(conn)
            await part.pause(stop, pause, kick)
            await asyncio.sleep(0.01)


async def tick(engine: AsyncEngine, tokens: Tokens) -> float:
    """Run one round; returns the maximum number of seconds to wait before the next one."""
    async with engine.begin() as conn:
        report = await run_round(conn, tokens)
    if report is None:
        return PAUSE_ELSEWHERE
    PULSES.worked("round_held")
    if report.offers and (report.due >= CALLS_AT_MOST or report.due <= report.offers):
        return 0.0
    if report.due > report.offers:
        return PAUSE_UNSERVED
    async with engine.connect() as conn:
        return await _until_next(conn)


async def _until_next(conn: AsyncConnection) -> float:
    seconds = (await conn.execute(_NEXT)).scalar_one_or_none()
    return SLEEP_AT_MOST if seconds is None else min(max(float(seconds), 0.0), SLEEP_AT_MOST)
