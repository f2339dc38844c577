"""Killing real processes under a few dozen lives: nothing lost, nothing doubled, everything back by itself."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from tests.faults.crowd import Crowd
from tests.faults.stack import PATIENCE
from tests.faults.trial import ORDINARY_MAIL, FaultTrial, alive

pytestmark = pytest.mark.timeout(420)

AFTER_DEATHS = ORDINARY_MAIL | {
    *("nobody_available", "manager_nobody", "customer_called_for", "customer_missed", "running_late"),
}
"""Kinds of letters that are true when a part was away for seconds."""
VICTIMS = ("worker", "web", "temporal", "postgres")
UNDER_WAY = 15
"""Lives at least at each kill."""


async def kill_and_time(trial: FaultTrial, crowd: Crowd, nth: int, *names: str) -> tuple[int, float]:
    """Kill these; returns the lives under way, and the seconds until a booking, which needs every part, is answered."""
    canary = await trial.program.customer(trial.ticket(f"canary{nth}"))
    form = await canary.form("/book")
    assert form is not None
    await crowd.keep_under_way(UNDER_WAY)
    flying = crowd.under_way
    killed, began = trial.stack.kill(*names), time.monotonic()
    booked = await canary.choose("book", form.choices["start"][100], form)
    took = time.monotonic() - began
    assert booked.ok, booked.text
    await trial.stack.wait_back(killed)
    return flying, took


async def test_each_part_dies_mid_life_and_nothing_is_lost_or_doubled(trial: FaultTrial) -> None:
    crowd = Crowd(trial, random.Random(7))
    async with alive(*(agent.work() for agent in await trial.agents())):
        await crowd.arrive(28)
        await asyncio.sleep(9)
        for nth, name in enumerate(VICTIMS):
            flying, took = await kill_and_time(trial, crowd, nth, name)
            trial.notes.append(f"kill -9 {name:<9} under {flying} lives: booking works again after {took:.1f} s")
            assert took < PATIENCE
            await crowd.arrive(2)
            await asyncio.sleep(3)
        endings = await crowd.end(within=150)
        trial.notes.append(f"{crowd.opened} lives: {endings}")
    await trial.withdraw_all()
    trial.notes.append(f"the backlog is empty {await trial.drained():.1f} s after the last life")
    await trial.judged(AFTER_DEATHS)
    assert set(endings) <= {"rated", "cancelled", "silent"}, endings
