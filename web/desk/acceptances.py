"""Acceptances: those of the same moment are written down in one transaction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds import answers
from database.stores.rounds.accept import AcceptRequest, take_many
from domain.ids import Tokens
from domain.offer import Acceptance
from web.batching import Batcher

AT_ONCE = 100
"""Written down in one transaction at most: nobody waits long for the others of it."""


class Acceptances:
    """Of the desks that this process serves."""

    def __init__(self, engine: AsyncEngine, tokens: Tokens) -> None:
        self._engine = engine
        self._tokens = tokens
        self._gathered = Batcher(self._take, most=AT_ONCE)

    async def accept(self, call_id: str, nth: int, person_id: int) -> Acceptance:
        """As ``offers.accept``. Whoever's row somebody else holds waits for it alone."""
        asked = AcceptRequest(call_id, nth, person_id)
        if (accepted := await self._gathered.get(asked)) is not None:
            return accepted
        async with self._engine.begin() as conn:
            return await answers.accept(conn, call_id, nth, person_id, self._tokens)

    async def _take(self, asked: Collection[AcceptRequest]) -> dict[AcceptRequest, Acceptance]:
        async with self._engine.begin() as conn:
            return await take_many(conn, list(asked), self._tokens)
