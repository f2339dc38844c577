"""Outages of everything: while calls search, and while timers run out."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from domain.escalation import Kind
from tests.faults.actors.crowd import Crowd, CustomerPlan
from tests.faults.actors.people import Customer
from tests.faults.lanes.lively import ENDS_WITHIN, GOOD_ENDINGS, settled
from tests.faults.lanes.test_killed import EVERYTHING
from tests.faults.striking.freezing import supervisor_frozen
from tests.faults.trial import FaultTrial, in_background

pytestmark = [pytest.mark.lanes, pytest.mark.timeout(300)]

OUTAGE = 60.0
"""Seconds; a search may take 40 by the rules."""
LIVES = (CustomerPlan.NOW,) * 4


async def kinds_of(trial: FaultTrial, customer: Customer) -> list[str]:
    return [event["kind"] for event in (await trial.program.read(customer.escalation))["timeline"]]


async def test_an_outage_of_a_minute_while_calls_search_gives_nobody_up(trial: FaultTrial) -> None:
    """Nobody is at a desk before the outage; afterwards, the agents come back, and take every call."""
    crowd, agents = Crowd(trial, random.Random(7), longest_delay=1.0), await trial.agents()
    # Desks that nobody reads any more fall silent, while the searches go on.
    await crowd.arrive(4, LIVES)
    await asyncio.sleep(3)
    with supervisor_frozen(trial.stack):
        killed = trial.stack.kill(*EVERYTHING)
        await asyncio.sleep(OUTAGE)
    began = time.monotonic()
    await trial.stack.wait_back(killed)
    trial.recovered(time.monotonic() - began)
    async with in_background(*(agent.work() for agent in agents)):
        endings = await crowd.end(within=ENDS_WITHIN)
    trial.notes.append(f"{crowd.opened} escalations: {endings}")
    exhausted = list((await trial.evidence()).events(Kind.EXHAUSTED, Kind.NOBODY_AVAILABLE))
    await settled(trial)
    assert exhausted == [], "somebody was given up unasked"
    assert set(endings) <= GOOD_ENDINGS, endings


@pytest.mark.soak
async def test_timers_that_run_out_while_everything_is_down_fire_once_each(trial: FaultTrial) -> None:
    customer = await trial.program.customer(trial.ticket("late"))
    agents = await trial.agents()
    assert (await customer.book(3)).ok
    with supervisor_frozen(trial.stack):
        killed = trial.stack.kill(*EVERYTHING)
        # The reminders, the search and the call itself are due in the meantime.
        await asyncio.sleep(25)
    began = time.monotonic()
    await trial.stack.wait_back(killed)
    async with in_background(*(agent.work() for agent in agents)):
        async with asyncio.timeout(90):
            while Kind.ACCEPTED not in await kinds_of(trial, customer):  # noqa: ASYNC110 - the stack is another process
                await asyncio.sleep(0.5)
        trial.recovered(time.monotonic() - began)
        await asyncio.sleep(3)
    kinds = await kinds_of(trial, customer)
    assert kinds.count(Kind.MUSTER_BEGAN) == 1, kinds
    # A reminder that would come after its call is skipped.
    assert max(kinds.count(Kind.CUSTOMER_REMINDED), kinds.count(Kind.AGENT_REMINDED)) <= 1, kinds
    await settled(trial)
