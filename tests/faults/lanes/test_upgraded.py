"""The release before is upgraded under traffic, process by process, and rolled back on the new schema."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

import httpx
import psutil
import pytest

from cli.stack.process import die_with_parent
from tests.architecture.tree import ROOT
from tests.cli.running import MUSTER, environment, run_muster
from tests.faults.actors.crowd import Crowd
from tests.faults.lanes.lively import GOOD_ENDINGS, LIVES, settled
from tests.faults.stack import Breakable, breakable_stack
from tests.faults.striking.freezing import supervisor_frozen
from tests.faults.trial import FaultTrial, begin_trial, in_background
from tests.workflows.replaying import replay_all

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

BEFORE = "f6e65ee96d8f2ae7ab4e49782d39743a32897312"
"""The last commit before commands were decided by rows first."""
PROCESSES = {"worker": "worker", "ticker-1": "ticker", "ticker-2": "ticker", "web": "web"}
"""The children to replace, in this order, with their commands."""
LOGGED = ("timeout graceful shutdown exceeded",)
"""What the previous release's web process logs when it is stopped with desks still open."""
PHASE = 20.0
"""Seconds for which each release serves the customers who have just arrived, and those before them."""
MAILS_WITHIN = 240.0
"""Seconds for surveys and new links: the auditor needs two minutes to see that a workflow is behind."""


@pytest.fixture
def release_before(tmp_path: Path) -> Iterator[str]:
    """The `muster` command of the release before, in a work tree with an environment of its own."""
    tree = tmp_path / "before"
    subprocess.run(["git", "worktree", "add", "--detach", tree, BEFORE], cwd=ROOT, check=True, capture_output=True)
    try:
        subprocess.run(["make", "setup"], cwd=tree, check=True, capture_output=True)
        yield str(tree / ".venv" / "bin" / "muster")
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True, capture_output=True)


def variables(stack: Breakable) -> dict[str, str]:
    """The settings that the stack's supervisor gives to its children."""
    home, record = stack.stack.home.folder, stack.stack.record
    return environment(home, stack.stack.port) | {
        "MUSTER_EMBEDDED": "true",
        "MUSTER_DATABASE_URL": record.database_url,
        "TEMPORAL_ADDRESS": record.temporal_address,
        "MUSTER_SMTP_HOST": "127.0.0.1",
        "MUSTER_SMTP_PORT": str(record.ports["smtp"]),
    }


def started(command: str, stack: Breakable, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """A process of this release."""
    settings = variables(stack)
    return subprocess.Popen(
        [MUSTER, command], env=settings, stdout=log, stderr=log, preexec_fn=die_with_parent(), start_new_session=True
    )


@contextlib.asynccontextmanager
async def replaced(stack: Breakable) -> AsyncIterator[None]:
    """Replace the processes with this release's, one by one, until the block ends; then go back to the old ones."""
    new: list[subprocess.Popen[bytes]] = []
    with (stack.stack.home.logs / "upgraded.log").open("ab") as log, supervisor_frozen(stack):
        try:
            for name, command in PROCESSES.items():
                old = psutil.Process(stack.stack.record.children[name].pid)
                old.terminate()
                async with asyncio.timeout(30):
                    while old.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.1)
                new.append(started(command, stack, log))
                await asyncio.sleep(2)
            await stack.wait_back({})
            yield
        finally:
            for process in new:
                process.terminate()
            for process in new:
                await asyncio.to_thread(process.wait, 30)
        done = await asyncio.to_thread(run_muster, variables(stack), "rebuild", "--all", "--hand-back")
        assert done.returncode == 0, done.stderr


async def arrived(trial: FaultTrial, crowd: Crowd, when: str) -> None:
    began = time.monotonic()
    await crowd.arrive(len(LIVES), LIVES)
    await asyncio.sleep(PHASE)
    async with httpx.AsyncClient(base_url=trial.stack.url, timeout=15) as client:
        assert (await client.get("/readyz")).is_success
    trial.notes.append(f"{when}: {crowd.under_way} under way after {time.monotonic() - began:.0f} s")


async def ended(trial: FaultTrial, crowd: Crowd) -> dict[str, int]:
    """How many lives ended how."""
    began = time.monotonic()
    try:
        endings = await crowd.end(within=400)
    except AssertionError as error:
        error.add_note(await trial.stories())
        raise
    trial.recovered(time.monotonic() - began)
    trial.notes.append(f"{crowd.opened} escalations: {endings}")
    return endings


async def test_an_upgrade_under_traffic_and_the_way_back_lose_nothing(tmp_path: Path, release_before: str) -> None:
    async with (
        breakable_stack(tmp_path / "home", command=release_before) as stack,
        begin_trial(stack, "an upgrade and the way back") as trial,
    ):
        crowd = Crowd(trial, random.Random(7), latest=3, survey_within=MAILS_WITHIN, links_within=MAILS_WITHIN)
        async with in_background(*(agent.work() for agent in await trial.agents())):
            await arrived(trial, crowd, "the release before")
            migrated = asyncio.to_thread(run_muster, variables(stack), "migrate")
            await crowd.arrive(3, LIVES)
            done = await migrated
            assert done.returncode == 0, done.stderr
            await arrived(trial, crowd, "the release before on the new schema")
            async with replaced(stack):
                await arrived(trial, crowd, "this release")
            await stack.wait_back({})
            await arrived(trial, crowd, "back on the release before")
            async with replaced(stack):
                await arrived(trial, crowd, "this release again")
                endings = await ended(trial, crowd)
                await settled(trial, LOGGED, never={"message_failed"})
                await replay_all(await stack.temporal(), trial.began)
    assert set(endings) <= GOOD_ENDINGS, endings
