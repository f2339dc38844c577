"""Webhooks without a valid signature: a few are listed in the inbox, the others are only counted.

Anybody can send them, so neither the table nor the database's connections may fill up with them: once a source's minute
is full, this process counts in memory, and adds the number to the last one listed every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.access.webhook_deliveries import WebhookDelivery, count_unlisted, keep_unsigned
from web.dependencies import from_state

log = logging.getLogger(__name__)

COUNTED_EVERY = 5.0
"""Seconds between additions of what was counted in memory."""
FULL_FOR = timedelta(seconds=10)
"""For how long a source whose minute is full isn't looked up again."""


class UnsignedDeliveries:
    """Its memory is bounded by the number of sources: all unknown names are one source, the empty one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._full_until: dict[str, datetime] = {}
        self._unlisted: Counter[str] = Counter()

    async def note(self, one: WebhookDelivery) -> None:
        """List the delivery or count it. An outage of the database is logged."""
        until = self._full_until.get(one.source)
        if until is None or until <= one.at:
            try:
                async with self._engine.begin() as conn:
                    if await keep_unsigned(conn, one):
                        return
            except (SQLAlchemyError, OSError) as error:
                log.warning("webhook not in inbox source=%s error=%s", one.source, type(error).__name__)
            self._full_until[one.source] = one.at + FULL_FOR
        self._unlisted[one.source] += 1

    async def run(self) -> None:
        """Write what was counted, every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(COUNTED_EVERY)
            await self.write_counts()

    async def write_counts(self) -> None:
        counted, self._unlisted = self._unlisted, Counter()
        for source, number in counted.items():
            try:
                async with self._engine.begin() as conn:
                    await count_unlisted(conn, source, number)
            except (SQLAlchemyError, OSError) as error:
                self._unlisted[source] += number
                log.warning("webhooks not counted source=%s error=%s", source, type(error).__name__)


Unsigned = Annotated[UnsignedDeliveries, from_state("unsigned_deliveries")]
