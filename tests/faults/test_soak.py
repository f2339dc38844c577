"""Processes killed at random during a steady stream of escalations, for minutes. Run by ``make soak MINUTES=…``."""

from __future__ import annotations

import asyncio
import os
import random
import time

import pytest

from tests.faults.actors.crowd import Crowd
from tests.faults.test_kills import AFTER_DEATHS
from tests.faults.trial import FaultTrial, in_background

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
UNDER_WAY = 30
"""Escalations in parallel."""

DEATHS: tuple[tuple[str, ...], ...] = (
    *(("worker",),) * 6,
    *(("web",), ("temporal",), ("postgres",), ("ticker-1",), ("mailbox",)) * 2,
    ("ticker-1", "ticker-2"),
    ("worker", "web"),
    ("worker", "temporal"),
    ("temporal", "postgres"),
    ("worker", "web", "temporal", "postgres", "ticker-1", "ticker-2", "mailbox"),
)
"""Groups to kill together, one group at a time, the worker most often."""


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 600)
async def test_random_kills_for_minutes(trial: FaultTrial) -> None:
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    trial.notes.append(f"seed {seed}, {MINUTES:g} minutes")
    crowd, deaths, began = Crowd(trial, rng), 0, time.monotonic()
    slowest = 0.0
    async with in_background(*(agent.work() for agent in await trial.agents())):
        while time.monotonic() - began < MINUTES * 60:
            await crowd.arrive(max(UNDER_WAY - crowd.under_way, 0))
            await asyncio.sleep(rng.uniform(2, 12))
            for _ in range(rng.choice((1, 1, 1, 3))):
                killed = trial.stack.kill(*rng.choice(DEATHS))
                slowest = max(slowest, await trial.stack.wait_back(killed))
                deaths += len(killed)
        endings = await crowd.end(within=300)
    trial.notes.append(f"{deaths} processes killed, the slowest recovery took {slowest:.1f} s")
    trial.notes.append(f"{crowd.opened} escalations: {endings}")
    await trial.withdraw_all()
    trial.notes.append(f"the backlog was empty {await trial.drained(120):.1f} s after the last ending")
    await trial.judged(AFTER_DEATHS)
    assert "not in time" not in endings, endings
