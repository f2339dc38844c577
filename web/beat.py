"""Reports that this process serves desks, so that searches wait while no process does."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.search_clock import report_web_serving

log = logging.getLogger(__name__)

REPORT_EVERY = 5.0
"""In seconds."""


async def report_serving(engine: AsyncEngine) -> None:
    """Report every few seconds until cancelled. Survives an outage of the database."""
    while True:
        try:
            async with engine.begin() as conn:
                await report_web_serving(conn)
        except (SQLAlchemyError, OSError) as error:
            log.warning("web beat failed, retrying error=%s", type(error).__name__)
        await asyncio.sleep(REPORT_EVERY)
