"""A worker that starts or works during an outage waits for its end; a restart would change nothing."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from temporalio.testing import WorkflowEnvironment

from activities.dependencies import Dependencies
from config.settings import Settings
from domain.ids import Tokens
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


async def test_a_worker_that_stops_polling_for_want_of_a_database_warns(
    database: AsyncEngine, temporal_env: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopping because it was told to is no reason to look at it."""
    caplog.set_level(logging.INFO)
    stop, name = asyncio.Event(), database.url.database
    dependencies = Dependencies(database, Tokens(b"a secret of thirty-two characters"))
    polling = asyncio.create_task(
        main._poll_while_database_answers(temporal_env.client, dependencies, database, stop, cached=1)
    )

    def levels(line: str) -> list[int]:
        return [record.levelno for record in caplog.records if record.getMessage() == line]

    admin = create_async_engine(database.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    async with asyncio.timeout(60), admin.connect() as conn:
        for allowed, line in (
            (True, "worker started polling"),
            (False, "worker stopped polling reason=database_unreachable"),
        ):
            await conn.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"))
            await conn.execute(
                text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"),
                {"name": name},
            )
            while not levels(line):  # noqa: ASYNC110 - a log line sets no event
                await asyncio.sleep(0.05)
        assert levels(line) == [logging.WARNING]
        await conn.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        while len(levels("worker started polling")) < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    stop.set()
    await polling
    await admin.dispose()
    assert levels("worker stopped polling reason=shutdown") == [logging.INFO]
