"""Random sequences of a hundred changes to seats, for minutes. Run by ``make soak MINUTES=…``."""

from __future__ import annotations

import logging
import os
import random
import time

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from cli.stack.postgres import Cluster
from config.settings import with_driver
from tests.database.seats.seat_lives import begin_life
from tests.servers import cloned_database

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
STEPS = 100


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 300)
async def test_every_sold_seat_can_be_served_after_random_changes(
    postgres_cluster: Cluster, migrated_template: str, caplog: pytest.LogCaptureFixture
) -> None:
    began, desks, sold = time.monotonic(), 0, 0
    while time.monotonic() - began < MINUTES * 60:
        seed = random.randrange(10**6)
        with cloned_database(postgres_cluster, migrated_template) as url:
            engine = create_async_engine(with_driver(url))
            life = await begin_life(engine, seed)
            life.steps.append(f"seed {seed}")
            for _ in range(STEPS):
                await life.step()
                await life.judge()
            await engine.dispose()
        desks, sold = desks + 1, sold + len(life.booked)
        errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
        assert errors == [], life.story("something went wrong")
    logging.getLogger(__name__).info("%d desks, %d seats sold, all of them servable at every step", desks, sold)
