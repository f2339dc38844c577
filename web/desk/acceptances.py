"""Acceptances that arrive at about the same time are written in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds import answers
from database.stores.rounds.accept import AcceptRequest, take_many
from domain.ids import Tokens
from domain.offer import Acceptance
from web.batching import Batcher
from web.dependencies import from_state

AT_ONCE = 100
"""Acceptances per transaction, few enough that nobody waits long for the others."""


class Acceptances:
    """The acceptances from this process's desks."""

    def __init__(self, engine: AsyncEngine, tokens: Tokens) -> None:
        self._engine = engine
        self._tokens = tokens
        self._batcher = Batcher(self._take, most=AT_ONCE)

    async def accept(self, call_id: str, nth: int, person_id: int) -> Acceptance:
        """Accept an offer as ``answers.accept`` does. If its row is locked, wait for it and accept it separately."""
        request = AcceptRequest(call_id, nth, person_id)
        if (accepted := await self._batcher.get(request)) is not None:
            return accepted
        async with self._engine.begin() as conn:
            return await answers.accept(conn, call_id, nth, person_id, self._tokens)

    async def _take(self, requests: Collection[AcceptRequest]) -> dict[AcceptRequest, Acceptance]:
        async with self._engine.begin() as conn:
            return await take_many(conn, list(requests), self._tokens)


DeskAcceptances = Annotated[Acceptances, from_state("acceptances")]
