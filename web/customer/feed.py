"""Tells open customers' pages when to look again. Each process asks once for all of its pages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.engine import DATABASE_DOWN
from database.listening import EVERYTHING
from database.stores.queries.customer_changes import page_digests
from domain.failure import Failure
from web.live import Live

LOOK_EVERY = 2.0
"""Seconds between looks at all pages: a place in line and a moment that passes are announced by nobody."""
COLLECTED_FOR = 0.05
"""Seconds to collect notifications, so that one statement answers many."""
PAGES_OF_LINK = 8
"""Streams that one link may have open in one process."""
DRAWN_AT_ONCE = 3
"""Pages drawn at the same time for streams: half of the customers' connections stay free for whoever opens one."""
_WAITING_AT_MOST = 4

log = logging.getLogger(__name__)
Pages = set[asyncio.Queue[str | None]]


@dataclass
class TooManyPages(Failure):
    """This link is open in too many windows."""

    status = 429
    title = "This page is open too often"

    @property
    def detail(self) -> str:
        return "Close it in other windows, and load it again."


class CustomerFeed:
    """Runs alongside the application. A page that watches receives ``EVERYTHING`` whenever it may look different."""

    def __init__(self, live: Live, engine: AsyncEngine) -> None:
        self._live = live
        self._engine = engine
        self._pages: defaultdict[int, Pages] = defaultdict(set)
        self._links: defaultdict[str, set[int]] = defaultdict(set)
        self._digests: dict[int, str] = {}
        self._changed: set[int] = set()
        self._woken = asyncio.Event()
        self._stopped = False
        self.drawing = asyncio.Semaphore(DRAWN_AT_ONCE)

    def admit(self, link_id: int) -> None:
        """Raises ``TooManyPages`` if this link has as many streams as one may have."""
        if len(self._pages.get(link_id, ())) >= PAGES_OF_LINK:
            raise TooManyPages

    @contextlib.contextmanager
    def watch(self, link_id: int, escalation_id: str) -> Iterator[asyncio.Queue[str | None]]:
        """A queue that starts with ``EVERYTHING``; None means that the server is stopping."""
        pages = self._pages[link_id]
        queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING_AT_MOST)
        queue.put_nowait(None if self._stopped else EVERYTHING)
        pages.add(queue)
        self._links[escalation_id].add(link_id)
        try:
            yield queue
        finally:
            pages.discard(queue)
            if not pages:
                self._forget(link_id, escalation_id)

    def look_again(self, link_id: int) -> None:
        """Have this link's pages drawn once more, because the last time failed."""
        self._digests.pop(link_id, None)

    def _forget(self, link_id: int, escalation_id: str) -> None:
        self._pages.pop(link_id, None)
        self._digests.pop(link_id, None)
        self._links[escalation_id].discard(link_id)
        if not self._links[escalation_id]:
            del self._links[escalation_id]

    async def run(self) -> None:
        """Distribute changes until the server stops."""
        looking = asyncio.create_task(self._look_regularly(), name="customers' pages")
        try:
            with self._live.subscribe() as notifications:
                while (payload := await notifications.get()) is not None:
                    self._receive(payload)
        finally:
            looking.cancel()
            self._stopped = True
            for link_id in list(self._pages):
                self._publish(link_id, None)

    def _receive(self, payload: str) -> None:
        kind, _, name = payload.partition(":")
        if payload == EVERYTHING:
            changed = set(self._pages)
        else:
            changed = self._links.get(name, set()) if kind in ("escalation", "story") else set()
        if changed:
            self._changed |= changed
            self._woken.set()

    async def _look_regularly(self) -> None:
        clock = asyncio.get_running_loop().time
        all_at = clock()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), max(all_at - clock(), 0.0))
            await asyncio.sleep(COLLECTED_FOR)
            looked_at, self._changed = self._changed, set()
            self._woken.clear()
            if clock() >= all_at:
                looked_at, all_at = set(self._pages), clock() + LOOK_EVERY
            if looked_at:
                await self._look(looked_at)

    async def _look(self, link_ids: set[int]) -> None:
        """Wake the pages whose digest has changed. While the database doesn't answer, they keep what they show."""
        try:
            async with self._engine.connect() as conn:
                digests = await page_digests(conn, link_ids, current_time())
        except DATABASE_DOWN as error:
            log.info("customers' pages not looked at pages=%d error=%s", len(link_ids), type(error).__name__)
            return
        for link_id in link_ids & set(self._pages):
            digest = digests.get(link_id, "")
            if self._digests.get(link_id) != digest:
                self._digests[link_id] = digest
                self._publish(link_id, EVERYTHING)

    def _publish(self, link_id: int, payload: str | None) -> None:
        for queue in self._pages.get(link_id, ()):
            # Whoever is behind is told once: a page is drawn from the rows as they are then.
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(payload)
