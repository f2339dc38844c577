"""Desks say every few seconds that they are there; what many say at about the same time is written down together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.queries.desk_changes import DeskMoment, Pulse, read_pulses
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

    async def keep(self, person_id: int, time_zone: str) -> Pulse | None:
        """Once it is kept: the desk's pulse, in the zone where its person reads times."""
        return await self._gathered.get(SignOfLife(person_id, time_zone))

    async def _keep(self, signs: Collection[SignOfLife]) -> dict[SignOfLife, Pulse]:
        now, pulses = datetime.now(UTC), dict[SignOfLife, Pulse]()
        async with self._engine.begin() as conn:
            await heartbeats(conn, {sign.person_id for sign in signs}, now)
            for zone in {sign.time_zone for sign in signs}:
                people = [sign.person_id for sign in signs if sign.time_zone == zone]
                read = await read_pulses(conn, people, DeskMoment.of(now, zone))
                pulses |= {SignOfLife(person, zone): pulse for person, pulse in read.items()}
        return pulses
