"""Of two real tickers, the one running a round is killed with its lock: the other runs the round."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds.round import LOCK
from tests.cli.running import MUSTER, environment
from tests.database.rounds.round_floor import Floor
from tests.servers import free_port

pytestmark = pytest.mark.timeout(120)

NAMES = ("Freja Holm", "Lukas Weber", "Noor Haddad")
DUE = 40
_LOCK_HOLDER = text("""
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) + l.objid::bigint = :lock
  AND a.datname = current_database()
""")
"""The application that holds the rounds' lock."""


@contextlib.asynccontextmanager
async def tickers(home: Path, url: str, secret: str) -> AsyncIterator[dict[str, asyncio.subprocess.Process]]:
    """Two ticker processes, with different application names in the database."""
    variables = environment(home, free_port()) | {"MUSTER_DATABASE_URL": url, "MUSTER_SECRET_KEY": secret}
    processes = {
        name: await asyncio.create_subprocess_exec(MUSTER, "ticker", env=variables | {"PGAPPNAME": name})
        for name in ("ticker-1", "ticker-2")
    }
    try:
        yield processes
    finally:
        for process in processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()


async def test_if_a_ticker_is_killed_during_a_round_the_other_runs_it(
    database: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    floor = Floor(database, datetime.now(UTC))
    await floor.furnish()
    url = database_url.replace("+psycopg", "")
    async with tickers(tmp_path, url, "a key of thirty-two bytes or more") as processes:
        await until_listening(floor, 2)
        # A round runs until it writes its offers, then waits there holding its lock.
        async with database.begin() as barrier:
            await barrier.execute(text("LOCK TABLE offer IN SHARE ROW EXCLUSIVE MODE"))
            for nth in range(DUE):
                await floor.open(f"call{nth}")
            await floor.come_on(*NAMES)
            await until_waiting(floor)
            victim = await holder(floor)
            os.kill(processes[victim].pid, signal.SIGKILL)
            killed_at = time.monotonic()
            await processes[victim].wait()
            assert (await floor.one(text("SELECT count(*) AS made FROM offer"))).made == 0, "nothing was committed"
        (other,) = processes.keys() - {victim}
        while len(await floor.offered()) < len(NAMES):
            assert time.monotonic() - killed_at < 10, "the other ticker ran no round"
            await asyncio.sleep(0.05)
        assert processes[other].returncode is None
    assert sorted((await floor.offered()).values()) == sorted(NAMES)
    made = await floor.one(text("SELECT count(*) AS offers, count(DISTINCT call) AS calls FROM offer"))
    assert (made.offers, made.calls) == (len(NAMES), len(NAMES)), "none is made twice"
    events = await floor.one(text("SELECT count(*) AS offered FROM escalation_event WHERE kind = 'offered'"))
    assert events.offered == len(NAMES)
    waiting = await floor.one(text("SELECT count(*) AS calls FROM call WHERE state = 'waiting'"))
    assert waiting.calls == DUE - len(NAMES), "and no call is lost"


async def holder(floor: Floor) -> str:
    return str((await floor.one(_LOCK_HOLDER.bindparams(lock=LOCK))).application_name)


async def until_listening(floor: Floor, number: int) -> None:
    """Wait until this many tickers listen for notifications."""
    listeners = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    await until(floor, listeners, number)


async def until_waiting(floor: Floor) -> None:
    """Wait until a round waits for the table that we have locked."""
    await until(floor, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'offer'::regclass", 1)


async def until(floor: Floor, counting: str, number: int) -> None:
    deadline = time.monotonic() + 30
    while (await floor.one(text(counting)))[0] < number:
        assert time.monotonic() < deadline, counting
        await asyncio.sleep(0.02)
