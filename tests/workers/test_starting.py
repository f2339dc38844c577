"""A worker that starts during an outage waits for its end; a restart would change nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from tests.servers import free_port
from workers import main
from workers.pulse import WORKER_PARTS, Pulses


class Watched(Pulses):
    """Pulses with a clock that the test moves."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.attempts = 0
        super().__init__(lambda: self.moment)

    def tried(self, part: str) -> None:
        self.attempts += 1
        super().tried(part)

    async def until_tried(self) -> None:
        """Let an hour pass, then wait for the next attempts."""
        self.moment += 3600
        before = self.attempts
        while self.attempts < before + 2:  # noqa: ASYNC110 - attempts set no event
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("down", ["database", "temporal"])
async def test_a_worker_that_starts_during_an_outage_is_not_stuck(
    down: str, database_url: str, temporal_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    temporal = nowhere if down == "temporal" else temporal_env.client.service_client.config.target_host
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal)
    url = f"postgresql://nobody@{nowhere}/nothing" if down == "database" else database_url
    pulses = Watched()
    monkeypatch.setattr(main, "PULSES", pulses)
    secret = SecretStr("a secret of thirty-two characters")
    working = asyncio.create_task(main.run_worker(Settings(database_url=url, secret_key=secret, probe_port=0)))
    try:
        async with asyncio.timeout(60):
            await pulses.until_tried()
            await pulses.until_tried()
        assert pulses.stuck() == []
        assert pulses.failing() == ["polling"]
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    assert set(pulses.ages()) < set(WORKER_PARTS)
