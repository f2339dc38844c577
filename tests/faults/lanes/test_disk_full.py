"""PostgreSQL's disk is full, then freed. Its folder is a small disk in memory, in a mount namespace of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path

import pytest

from cli.stack import postgres
from cli.stack.postgres import Cluster
from config.settings import stored_secret
from tests.faults.lanes.lively import LIVES, lively
from tests.faults.stack import breakable_stack
from tests.faults.trial import begin_trial
from tests.workflows.replaying import replay_all

pytestmark = [pytest.mark.lanes, pytest.mark.timeout(300)]

DISK = "200m"
FULL_FOR = 8.0
"""Seconds."""
FAR = 80
EXPLAINED = ("No space left on device", "could not write", "could not extend", "terminated by signal", "was terminated")
MOUNT = """
cp -a "$0" "$0.copy"
mount -t tmpfs -o "size=$1" tmpfs "$0"
cp -a "$0.copy/." "$0"
shift
exec "$@"
"""
"""Puts this folder on a disk of this size, and runs the rest of the arguments."""
CHUNK = b"\0" * 2**16


def fill(ballast: Path) -> None:
    """Write until the disk is full, to the last byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (len(CHUNK), 1):
            while True:
                try:
                    file.write(CHUNK[:size])
                except OSError:
                    break
    assert shutil.disk_usage(ballast.parent).free == 0


async def test_a_full_disk_refuses_and_forgets_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    postgres.initialise(Cluster(home / "postgres", 0, stored_secret(home / "postgres-password")))
    on_a_disk = ("unshare", "--mount", "sh", "-ec", MOUNT, str(home / "postgres"), DISK)
    async with (
        breakable_stack(home, before=on_a_disk) as stack,
        begin_trial(stack, "a full disk") as trial,
    ):
        # The namespace's files, seen from outside.
        ballast = Path(f"/proc/{stack.stack.supervisor.pid}/root{home}/postgres/ballast")
        early, late = [await trial.program.customer(trial.ticket(name)) for name in ("early", "late")]
        assert (await early.book(FAR)).ok
        async with lively(trial, logged=EXPLAINED) as crowd:
            await crowd.arrive(4, LIVES)
            fill(ballast)
            booking = asyncio.create_task(late.book(FAR))
            await asyncio.sleep(FULL_FOR)
            os.unlink(ballast)
            began = time.monotonic()
            assert (await booking).ok
            trial.recovered(time.monotonic() - began)
        assert await replay_all(await stack.temporal(), trial.began) > 0
