"""Whether this process can serve: shared by everybody who asks within a second."""

from __future__ import annotations

import asyncio
from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncEngine

from database.writing import Writing, try_writing
from web.dependencies import from_state

FRESH = 1.0
"""For how many seconds an answer holds, so that many probes cost no more than one."""


class Readiness:
    """Tries to write, at most once a second however many probes there are."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._trying = asyncio.Lock()
        self._found: Writing | None = None
        self._fresh_until = 0.0

    async def check(self) -> Writing:
        """What the last trial found, or a new one finds."""
        clock = asyncio.get_running_loop().time
        async with self._trying:
            if self._found is None or clock() > self._fresh_until:
                self._found = await try_writing(self._engine)
                self._fresh_until = clock() + FRESH
            return self._found


AppReadiness = Annotated[Readiness, from_state("readiness")]
