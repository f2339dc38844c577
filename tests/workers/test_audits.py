"""An audit counts only once it is complete, and stops when the worker does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from config.temporal import DATA_CONVERTER
from database.clock import current_time
from database.stores.queries.vital_signs import read_vital_signs
from tests.database.rounds.round_floor import Floor
from tests.servers import free_port
from workers.auditor import Auditor, write_all_shifts
from workers.part import Part
from workers.pulse import PULSES


@pytest.fixture(autouse=True)
def expected() -> Iterator[None]:
    PULSES.expect({"auditor": 60})
    yield
    PULSES.expect({})


async def since_audit(engine: AsyncEngine) -> float | None:
    async with engine.connect() as conn:
        return (await read_vital_signs(conn)).since_audit


async def test_an_audit_with_a_failed_step_does_not_count_and_the_next_one_does(
    database: AsyncEngine, temporal_env: WorkflowEnvironment
) -> None:
    part, stop = Part("auditor"), asyncio.Event()
    nobody = await Client.connect(f"127.0.0.1:{free_port()}", data_converter=DATA_CONVERTER, lazy=True)
    await Auditor(database, nobody, stop).audit(part, current_time())
    assert await since_audit(database) is None
    auditor = Auditor(database, temporal_env.client, stop)
    async with database.begin() as conn:
        await conn.execute(text("ALTER TABLE offer RENAME TO elsewhere"))
    await auditor.audit(part, current_time())
    assert await since_audit(database) is None
    assert PULSES.times()["auditor"] == 0
    async with database.begin() as conn:
        await conn.execute(text("ALTER TABLE elsewhere RENAME TO offer"))
    await auditor.audit(part, current_time())
    assert await since_audit(database) is not None
    assert PULSES.times()["auditor"] == 1


async def test_a_process_that_stops_begins_no_further_step_of_an_audit(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    stop = asyncio.Event()
    stop.set()
    nobody = await Client.connect(f"127.0.0.1:{free_port()}", data_converter=DATA_CONVERTER, lazy=True)
    with caplog.at_level(logging.WARNING):
        await Auditor(database, nobody, stop).audit(Part("auditor"), current_time())
    assert caplog.text == ""
    assert await since_audit(database) is None
    await Floor(database).furnish()
    assert not await write_all_shifts(database, current_time(), stop)
