"""Worker and ticker say whether they work; a stopped process, a lost database and a lost Temporal show."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from pathlib import Path

import pytest

from tests.faults.separate_processes import SeparateProcesses, separate_processes

pytestmark = [pytest.mark.lanes, pytest.mark.soak, pytest.mark.timeout(240)]


async def test_probes_and_logs_tell_what_is_wrong(database_url: str, tmp_path: Path) -> None:
    async with separate_processes(tmp_path, database_url, settings={"MUSTER_LOG_FORMAT": "json"}) as stack:
        worker = (await stack.until_answered("worker", "/readyz", 200)).json()
        assert worker["failing"] == []
        assert set(worker["seconds_since_success"]) >= {"polling", "relay", "sender_mail", "auditor"}
        ticker = (await stack.until_answered("ticker", "/readyz", 200)).json()
        assert ticker["process"] == "ticker"
        assert abs(ticker["clock_offset_seconds"]) < 2
        figures = await stack.until_answered("worker", "/metrics", 200)
        assert 'muster_part_working{part="relay"} 1.0' in figures.text

        healthy = await asyncio.to_thread(stack.doctor)
        assert healthy.returncode == 0, healthy.stdout + healthy.stderr
        assert "every part works" in healthy.stdout

        os.kill(stack.pid("ticker"), signal.SIGSTOP)
        assert await stack.ask("ticker", "/healthz") is None, "a stopped process doesn't answer"
        await _until_shown(stack, "muster_seconds_since_round", above=16)
        ill = await asyncio.to_thread(stack.doctor)
        assert ill.returncode == 1
        assert re.search(
            r"^FAILED rounds +no round for \d+ s, 0 calls due: .* start a ticker", ill.stdout, re.MULTILINE
        )
        os.kill(stack.pid("ticker"), signal.SIGCONT)
        await stack.until_answered("ticker", "/healthz", 200)

        # Temporal's library complains while its server is away, and does so in our format.
        await stack.supervisor.stop(("temporal",), within=2)
        await _until_logged(stack, "worker", '"temporalio.core')
        for name in ("worker", "ticker", "web"):
            for line in stack.log(name).splitlines():
                assert set(json.loads(line)) >= {"at", "level", "logger", "message"}, name


async def _until_shown(stack: SeparateProcesses, name: str, above: float) -> None:
    """Wait until the web shows a metric above this."""
    deadline = asyncio.get_running_loop().time() + 90
    while True:
        shown = (await stack.until_answered("web", "/metrics", 200)).text
        value = re.search(rf"^{name} (\S+)$", shown, re.MULTILINE)
        if value is not None and float(value[1]) > above:
            return
        assert asyncio.get_running_loop().time() < deadline, shown
        await asyncio.sleep(1)


async def _until_logged(stack: SeparateProcesses, name: str, what: str) -> None:
    deadline = asyncio.get_running_loop().time() + 90
    while what not in stack.log(name):
        assert asyncio.get_running_loop().time() < deadline, stack.log(name)
        await asyncio.sleep(0.2)
