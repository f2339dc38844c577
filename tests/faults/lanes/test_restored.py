"""Backups are restored into a new stack: every open life goes on, whichever of the two stores is older or lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.actors.agents import Agent, until_offered
from tests.faults.actors.crowd import Crowd
from tests.faults.actors.people import Customer
from tests.faults.stack import breakable_stack
from tests.faults.striking.restoring import Backup, restored
from tests.faults.test_kills import AFTER_DEATHS
from tests.faults.trial import FaultTrial, begin_trial, in_background
from tests.workflows.replaying import replay_all

pytestmark = pytest.mark.timeout(600)

FAR = 80
WITHIN = 300.0
"""Seconds in which every life must end; the auditor needs two minutes to see that a workflow is behind."""
SURVEYS_WITHIN = 240.0


async def hold(trial: FaultTrial, agent: Agent, name: str) -> Customer:
    """A call that this agent has begun with a new customer."""
    await agent.be_available()
    customer = await trial.program.customer(trial.ticket(name), "now")
    _, offer = await until_offered([agent], within=60)
    assert (await agent.accept(offer)).ok
    async with asyncio.timeout(60):
        while True:
            joined = await customer.join((await customer.page()).text)
            if joined is not None and joined.ok:
                break
            await asyncio.sleep(0.5)
    await agent.join()
    return customer


async def hang_up(agent: Agent) -> None:
    form = (await agent.desk()).form("/end")
    assert form is not None
    assert (await agent.end(form.action.split("/")[-2], form)).ok


async def open_lives(trial: FaultTrial, agents: list[Agent]) -> tuple[dict[str, Customer], str]:
    """A life in each stage, and the survey's link of the one that awaits its rating."""
    first, second = agents[:2]
    lives = {"awaiting rating": await hold(trial, first, "rating")}
    await hang_up(first)
    form = (await first.desk()).form("/wrap-up")
    assert form is not None
    assert (await first.wrap_up(form)).ok
    survey = await trial.survey_of(lives["awaiting rating"])
    lives["link open"] = await trial.program.customer(trial.ticket("link"))
    lives["booked"] = await trial.program.customer(trial.ticket("booked"))
    assert (await lives["booked"].book(FAR)).ok
    lives["in a call"] = await hold(trial, first, "call")
    lives["wrap-up"] = await hold(trial, second, "wrap-up")
    lives["searching"] = await trial.program.customer(trial.ticket("searching"), "now")
    await hang_up(second)
    return lives, survey


async def live_on(crowd: Crowd, lives: dict[str, Customer], survey: str) -> dict[str, str]:
    """Drive each to its end; returns the endings by stage."""

    async def drive(stage: str, customer: Customer) -> str:
        if stage == "awaiting rating":
            return "rated" if (await customer.rate(survey, 4)).ok else "not rated"
        # Calls that are booked far ahead; a booking that the rows don't know can't be moved.
        if stage in ("booked", "link open"):
            await customer.move(3)
        return await crowd.talk_and_rate(customer)

    endings = await asyncio.wait_for(asyncio.gather(*(drive(*life) for life in lives.items())), WITHIN)
    return dict(zip(lives, endings, strict=True))


@pytest.mark.parametrize(
    ("rows", "temporal"),
    [
        pytest.param("later", None, id="Temporal lost", marks=pytest.mark.soak),
        pytest.param("later", "earlier", id="Temporal older than the rows", marks=pytest.mark.soak),
        pytest.param("earlier", "later", id="rows older than Temporal", marks=pytest.mark.soak),
    ],
)
async def test_every_open_life_goes_on_after_a_restored_backup(tmp_path: Path, rows: str, temporal: str | None) -> None:
    async with contextlib.AsyncExitStack() as ending:
        async with breakable_stack(tmp_path / "home") as stack:
            trial = await ending.enter_async_context(begin_trial(stack, f"{rows} rows, {temporal or 'lost'} Temporal"))
            agents = await trial.agents("Freja Holm", "Lukas Weber")
            async with in_background(*(agent.beat() for agent in agents)):
                lives, survey = await open_lives(trial, agents)
            earlier, known = Backup.of(stack, tmp_path / "earlier"), len(trial.ledger.entries)
            # What the older of the two stores doesn't know.
            assert (await lives["link open"].book(FAR)).ok
            await trial.drained()
            backups = {"earlier": earlier, "later": Backup.of(stack, tmp_path / "later")}
        if rows == "earlier":
            del trial.ledger.entries[known:]
        restoring = restored(
            tmp_path / "restored", stack.stack.port, backups[rows], backups[temporal] if temporal else None
        )
        trial = replace(trial, stack=await ending.enter_async_context(restoring), logs_before={})
        await goes_on(trial, lives, survey)


async def goes_on(trial: FaultTrial, lives: dict[str, Customer], survey: str) -> None:
    trial.stack.renew_sign_in_links()
    crowd, began = Crowd(trial, random.Random(7), latest=3, survey_within=SURVEYS_WITHIN), time.monotonic()
    try:
        async with in_background(*(agent.work() for agent in await trial.agents())):
            endings = await live_on(crowd, lives, survey)
    except (AssertionError, TimeoutError) as error:
        error.add_note(await trial.stories())
        raise
    trial.recovered(time.monotonic() - began)
    trial.notes.append(f"{endings}")
    await trial.drained()
    await trial.judged(AFTER_DEATHS, never={"message_failed"})
    await replay_all(await trial.stack.temporal(), trial.began)
    assert set(endings.values()) == {"rated"}, endings
