"""Each part is killed at the worst moment: just before, or just after, an effect is committed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import pytest

from domain.escalation import Kind
from tests.faults.lanes.lively import LIVES, lively
from tests.faults.striking.freezing import frozen
from tests.faults.striking.gate import Gate
from tests.faults.trial import FaultTrial

pytestmark = [pytest.mark.lanes, pytest.mark.timeout(300)]

EVERYTHING = ("worker", "web", "temporal", "postgres", "ticker-1", "ticker-2", "mailbox")


@dataclass(frozen=True)
class Death:
    """These children are killed when an effect with this kind of event is about to commit, or has just committed."""

    victims: tuple[str, ...]
    at: Kind
    committed: bool
    arriving: int = len(LIVES)


DEATHS = {
    "web before the commit of a booking": Death(("web",), Kind.BOOKED, False),
    "web after the commit of a booking": Death(("web",), Kind.BOOKED, True),
    "worker before the commit of an effect": Death(("worker",), Kind.SURVEY_SENT, False),
    "worker after the commit of an effect": Death(("worker",), Kind.SURVEY_SENT, True),
    "tickers before the commit of a round": Death(("ticker-1", "ticker-2"), Kind.OFFERED, False),
    "tickers after the commit of a round": Death(("ticker-1", "ticker-2"), Kind.OFFERED, True),
    "Temporal while somebody books": Death(("temporal",), Kind.BOOKED, True),
    "Temporal in a burst": Death(("temporal",), Kind.OPENED, True, arriving=12),
    "PostgreSQL in a transaction": Death(("postgres",), Kind.WRAPPED_UP, False),
    "everything at once": Death(EVERYTHING, Kind.CALL_BEGAN, False),
}


RARELY = {
    "web before the commit of a booking",
    "worker before the commit of an effect",
    "tickers after the commit of a round",
    "worker after the commit of an effect",
    "Temporal in a burst",
    "PostgreSQL in a transaction",
}
"""Run by ``make soak``: in ``make lanes``, each part dies in one of the others or in ``test_scarce.py``."""


@pytest.mark.parametrize(
    "death",
    [pytest.param(death, id=name, marks=[pytest.mark.soak] * (name in RARELY)) for name, death in DEATHS.items()],
)
async def test_a_kill_at_the_worst_moment_loses_and_doubles_nothing(
    trial: FaultTrial, gate: Gate, death: Death
) -> None:
    async with lively(trial) as crowd:
        async with gate.closed(death.at):
            await crowd.arrive(death.arriving, LIVES)
            waiting = await gate.reached()
            began = time.monotonic()
            with frozen(trial.stack, *death.victims if death.committed else ()):
                if death.committed:
                    await gate.open()
                    await gate.passed(waiting)
                killed = trial.stack.kill(*death.victims)
            if not death.committed and "postgres" not in death.victims:
                await gate.abort(waiting)
        await trial.stack.wait_back(killed)
        trial.recovered(time.monotonic() - began)
        await asyncio.sleep(1)
