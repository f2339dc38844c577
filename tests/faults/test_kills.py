"""Kills real processes during a few dozen escalations: nothing lost, nothing duplicated, everything recovers."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from tests.faults.actors.crowd import Crowd
from tests.faults.stack import RECOVERY_TIMEOUT
from tests.faults.trial import ORDINARY_MAIL, FaultTrial, in_background

pytestmark = [pytest.mark.soak, pytest.mark.timeout(420)]

AFTER_DEATHS = ORDINARY_MAIL | {
    *("nobody_available", "manager_nobody", "customer_called_for", "customer_missed", "running_late"),
}
"""Kinds of letters that may be sent if a part was down for seconds."""
VICTIMS = ("worker", "web", "temporal", "postgres")
UNDER_WAY = 15
"""Escalations under way at each kill, at least."""


async def kill_and_time(trial: FaultTrial, crowd: Crowd, nth: int, *names: str) -> tuple[int, float]:
    """Kill these; returns the escalations under way, and the seconds until a booking works, which needs all parts."""
    canary = await trial.program.customer(trial.ticket(f"canary{nth}"))
    form = await canary.form("/book")
    assert form is not None
    await crowd.keep_under_way(UNDER_WAY)
    under_way = crowd.under_way
    killed, began = trial.stack.kill(*names), time.monotonic()
    booked = await canary.choose("book", form.choices["start"][100], form)
    took = time.monotonic() - began
    assert booked.ok, booked.text
    await trial.stack.wait_back(killed)
    return under_way, took


async def test_when_each_part_is_killed_nothing_is_lost_or_duplicated(trial: FaultTrial) -> None:
    crowd = Crowd(trial, random.Random(7))
    async with in_background(*(agent.work() for agent in await trial.agents())):
        await crowd.arrive(28)
        await asyncio.sleep(9)
        for nth, name in enumerate(VICTIMS):
            under_way, took = await kill_and_time(trial, crowd, nth, name)
            trial.notes.append(f"kill -9 {name:<9} with {under_way} under way: booking works again after {took:.1f} s")
            assert took < RECOVERY_TIMEOUT
            await crowd.arrive(2)
            await asyncio.sleep(3)
        endings = await crowd.end(within=150)
        trial.notes.append(f"{crowd.opened} escalations: {endings}")
    await trial.withdraw_all()
    trial.notes.append(f"the backlog was empty {await trial.drained():.1f} s after the last ending")
    await trial.judged(AFTER_DEATHS)
    assert set(endings) <= {"rated", "cancelled", "silent"}, endings
