"""Signs of life: heartbeats, which every staff page sends, and whatever else an agent does while signed in.

One transaction writes those of many people.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.engine import DATABASE_DOWN
from database.stores.queries.desk_changes import DeskChanges, DeskMoment, read_many_desk_changes
from database.stores.rounds.presence import heartbeats
from web.batching import Batcher
from web.dependencies import from_state

log = logging.getLogger(__name__)

PAUSE = 0.2
"""Minimum seconds between two transactions, and therefore the longest time a heartbeat waits to be written."""


@dataclass(frozen=True)
class SignOfLife:
    person_id: int
    time_zone: str


class SignsOfLife:
    """The signs of life of the agents whom this process serves."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._batcher = Batcher(self._keep, pause=PAUSE)
        self._noted: set[int] = set()
        self._wake = asyncio.Event()

    def note(self, person_id: int) -> None:
        """Have ``run`` write a sign of life a moment later, so that no request waits for it."""
        self._noted.add(person_id)
        self._wake.set()

    async def run(self) -> None:
        """Write what was noted, until cancelled. Survives an outage of the database."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            people, self._noted = self._noted, set()
            try:
                async with self._engine.begin() as conn:
                    await heartbeats(conn, people, current_time())
            except DATABASE_DOWN as error:
                log.warning("signs of life not written people=%s error=%s", len(people), type(error).__name__)
            await asyncio.sleep(PAUSE)

    async def keep(self, person_id: int, time_zone: str) -> DeskChanges | None:
        """Write a heartbeat and return the desk's current fingerprints.

        ``time_zone`` decides which calls count as today's.
        """
        return await self._batcher.get(SignOfLife(person_id, time_zone))

    async def _keep(self, signs: Collection[SignOfLife]) -> dict[SignOfLife, DeskChanges]:
        now, changes_by_sign = current_time(), dict[SignOfLife, DeskChanges]()
        async with self._engine.begin() as conn:
            await heartbeats(conn, {sign.person_id for sign in signs}, now)
            for zone in {sign.time_zone for sign in signs}:
                people = [sign.person_id for sign in signs if sign.time_zone == zone]
                changes = await read_many_desk_changes(conn, people, DeskMoment.of(now, zone))
                changes_by_sign |= {SignOfLife(person, zone): change for person, change in changes.items()}
        return changes_by_sign


Heartbeats = Annotated[SignsOfLife, from_state("signs_of_life")]
