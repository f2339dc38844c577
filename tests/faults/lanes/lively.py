"""A few escalations under way while a fault strikes, driven to their ends and judged."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Collection

from tests.faults.actors.crowd import Crowd, CustomerPlan
from tests.faults.judging.judge import NEVER_EXPECTED
from tests.faults.test_kills import AFTER_DEATHS
from tests.faults.trial import FaultTrial, in_background

LIVES = (
    CustomerPlan.TALK,
    CustomerPlan.NOW,
    CustomerPlan.MOVE,
    CustomerPlan.NOW,
    CustomerPlan.CANCEL,
    CustomerPlan.TALK,
)
"""In most lanes, each of these lives is lived once."""
GOOD_ENDINGS = frozenset({"rated", "cancelled"})
ENDS_WITHIN = 150.0
"""Seconds after the fault."""


@contextlib.asynccontextmanager
async def lively(trial: FaultTrial, logged: Collection[str] = ()) -> AsyncIterator[Crowd]:
    """Agents at work, and customers who arrive when the block says so.

    After the block, every life must end well, and the ledger judges. ``logged`` are parts of errors that this fault
    makes the processes log.
    """
    crowd = Crowd(trial, random.Random(7), latest=2, longest_delay=1.0)
    try:
        async with in_background(*(agent.work() for agent in await trial.agents())):
            yield crowd
            endings = await crowd.end(within=ENDS_WITHIN)
    except AssertionError as error:
        error.add_note(await trial.stories())
        raise
    trial.notes.append(f"{crowd.opened} escalations: {endings}")
    if not set(endings) <= GOOD_ENDINGS:
        trial.notes += [
            f"{entry.what} {entry.about}: {entry.outcome}" for entry in trial.ledger.entries if not entry.ok
        ]
        trial.notes += (await trial.stories()).splitlines()
    await settled(trial, logged)
    assert set(endings) <= GOOD_ENDINGS, endings


async def settled(trial: FaultTrial, logged: Collection[str] = (), never: Collection[str] = NEVER_EXPECTED) -> None:
    """Withdraw what is still open, wait for an empty backlog, and let the ledger judge."""
    await trial.withdraw_all()
    trial.notes.append(f"the backlog was empty {await trial.drained():.1f} s after the last ending")
    await trial.judged(AFTER_DEATHS, logged, never)
