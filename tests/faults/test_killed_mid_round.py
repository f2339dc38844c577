"""Each part is killed in the middle of a round with forty due calls, recognised by the lock that the ticker holds."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import psycopg
import pytest

from database.stores.rounds.round import LOCK
from tests.faults.actors.people import Customer
from tests.faults.test_kills import AFTER_DEATHS, VICTIMS
from tests.faults.trial import FaultTrial, in_background

pytestmark = [pytest.mark.timeout(900), pytest.mark.soak]

DUE = 40
_LOCK_HOLDERS = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = %s
"""


async def amid_a_round(trial: FaultTrial, within: float = 30.0) -> None:
    """Wait until a ticker holds the lock that only a round takes."""
    deadline = time.monotonic() + within
    url = trial.stack.stack.record.database_url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        while (await (await conn.execute(_LOCK_HOLDERS, [LOCK])).fetchone()) == (0,):
            assert time.monotonic() < deadline, "no round"


async def wait_for_a_call(customer: Customer) -> str:
    """Follow the page until the call is over or nobody was found for it."""
    while "Your call is over" not in (page := (await customer.page()).text):
        if '/book"' in page or "newer link" in page or "did not take place" in page:
            return "not served"
        if "Join now" in page or "I am here" in page:
            await customer.join(page)
        await asyncio.sleep(2)
    return "served"


@pytest.mark.parametrize("victims", [*((name,) for name in VICTIMS), ("ticker-1", "ticker-2")], ids="+".join)
async def test_a_part_killed_in_the_middle_of_a_round_with_forty_due_calls(
    trial: FaultTrial, victims: tuple[str, ...]
) -> None:
    agents = await trial.agents()
    waiting = await asyncio.gather(*(trial.program.customer(trial.ticket(nth), "now") for nth in range(DUE)))
    async with in_background(*(agent.work(every=0.5) for agent in agents)):
        lives = asyncio.gather(*map(wait_for_a_call, waiting))
        for _ in range(2):
            await amid_a_round(trial)
            took = await trial.stack.wait_back(trial.stack.kill(*victims))
            trial.notes.append(f"kill -9 {', '.join(victims)} during a round: recovered after {took:.1f} s")
        endings = Counter(await asyncio.wait_for(lives, 300))
        trial.notes.append(f"{DUE} calls due together: {dict(endings)}")
    await trial.withdraw_all()
    trial.notes.append(f"the backlog was empty {await trial.drained():.1f} s after the last ending")
    verdict = await trial.judged(AFTER_DEATHS)
    assert endings["served"] > 0
    assert verdict.counts["open: ok"] == DUE
    live = [row for row in (await trial.evidence()).rows["offer"] if row["state"] in ("offered", "accepted")]
    assert live == [], "no offer outlives its call"
    for agent in agents:
        desk = await agent.desk()
        assert (desk.calls, desk.offer) == ([], None), agent.name
