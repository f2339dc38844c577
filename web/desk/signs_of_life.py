"""Desks say every few seconds that they are there; what many say at about the same time is written down together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.queries.desk_changes import DeskChanges, DeskMoment, read_many_desk_changes
from database.stores.rounds.presence import heartbeats
from web.batching import Batcher

PAUSE = 0.2
"""Seconds between two writings at least: a desk's sign of life is kept this much later at most."""


@dataclass(frozen=True)
class SignOfLife:
    person_id: int
    time_zone: str


class SignsOfLife:
    """Of the desks that this process serves."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._gathered = Batcher(self._keep, pause=PAUSE)

    async def keep(self, person_id: int, time_zone: str) -> DeskChanges | None:
        """Once it is kept: the desk's pulse, in the zone where its person reads times."""
        return await self._gathered.get(SignOfLife(person_id, time_zone))

    async def _keep(self, signs: Collection[SignOfLife]) -> dict[SignOfLife, DeskChanges]:
        now, changes_by_person = datetime.now(UTC), dict[SignOfLife, DeskChanges]()
        async with self._engine.begin() as conn:
            await heartbeats(conn, {sign.person_id for sign in signs}, now)
            for zone in {sign.time_zone for sign in signs}:
                people = [sign.person_id for sign in signs if sign.time_zone == zone]
                read = await read_many_desk_changes(conn, people, DeskMoment.of(now, zone))
                changes_by_person |= {SignOfLife(person, zone): changes for person, changes in read.items()}
        return changes_by_person
