"""The auditor: looks for what should have moved and didn't; repairs it and counts.

An escalation whose workflow was never told that it opened, and every other event that nobody was told, is the
relay's by design (it polls the outbox). Left to this: shifts that must be laid out further, presence of the gone.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.auditing import Findings, audit
from database.stores.shifts import lay_out_shifts

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
SHIFTS_EVERY = timedelta(hours=6)


async def run_auditor(engine: AsyncEngine, stop: asyncio.Event) -> None:
    """Look every half minute until ``stop``."""
    laid_out_at: datetime | None = None
    while not stop.is_set():
        try:
            now = datetime.now(UTC)
            if laid_out_at is None or now - laid_out_at > SHIFTS_EVERY:
                async with engine.begin() as conn:
                    await lay_out_shifts(conn, now)
                laid_out_at = now
            async with engine.begin() as conn:
                _report(await audit(conn, now))
        except (SQLAlchemyError, OSError) as error:
            log.warning("no audit this time: %s", type(error).__name__)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY)


def _report(found: Findings) -> None:
    if found.repaired:
        log.warning("repaired: %s", found)
