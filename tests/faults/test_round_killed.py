"""A ticker is killed after writing its round and before committing it: another repeats the round."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.architecture.tree import ROOT
from tests.database.rounds.round_floor import Floor

pytestmark = pytest.mark.timeout(120)

TICKER = """
import asyncio, sys
from datetime import datetime
from sqlalchemy.ext.asyncio import create_async_engine
from database.stores.rounds.round import run_round
from domain.ids import Tokens

async def tick(url, now):
    async with create_async_engine(url).begin() as conn:
        report = await run_round(conn, Tokens(b"a key of thirty-two bytes or more"), datetime.fromisoformat(now))
        print(report.offers, flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(tick(*sys.argv[1:]))
"""


async def test_a_ticker_killed_before_its_commit_costs_nothing(database: AsyncEngine, database_url: str) -> None:
    floor = Floor(database)
    await floor.furnish()
    names = ("Freja Holm", "Lukas Weber", "Noor Haddad")
    await floor.come_on(*names)
    for nth in range(4):
        await floor.open(f"call{nth}")
        floor.later(seconds=1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", TICKER, database_url, floor.now.isoformat()),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"3", "three people, three offers, none committed"
    assert await floor.round() is None, "only one round runs at a time"
    assert await floor.offered() == {}
    process.send_signal(signal.SIGKILL)
    await process.wait()
    killed_at = time.monotonic()
    while (report := await floor.round()) is None:
        assert time.monotonic() - killed_at < 5, "the lock outlived its holder"
        await asyncio.sleep(0.02)
    assert report.offers == 3
    assert sorted((await floor.offered()).values()) == sorted(names)
    made = await floor.one(text("SELECT count(*) AS offers, count(DISTINCT person) AS people FROM offer"))
    assert (made.offers, made.people) == (3, 3)
    assert (await floor.one(text("SELECT count(*) AS rounds FROM round"))).rounds == 1
    floor.now += timedelta(seconds=1)
    await floor.beat(*names)
    assert (await floor.round()) is not None
    assert len(await floor.offered()) == 3
