"""What happens, told to the desks whom it concerns: found out once a process, however many desks are open there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import DATABASE_DOWN
from database.listening import EVERYTHING
from database.stores.queries.desk import CallCard, ringing_since
from database.stores.queries.desk_changes import people_in_hand
from rules_dsl.directory import FactType
from web.desk.areas import declared_facts
from web.live import Live

GATHERED_FOR = 0.05
"""Seconds for which what happens is gathered, so that one thing in two words wakes a desk once. Offers don't wait."""
ROUNDS_KEPT = 8
ASKING = 0.01
"""Seconds that a process is given to answer one desk that was woken: where many are, they ask one after the other."""
ANSWERING = 0.003
"""Seconds that it is given to bring one offer and to take its answer: desks of a large round ask after these."""
BUSY = 0.5
"""Seconds of turns given out from which on nothing else is drawn for desks."""
DRAWN_AT_ONCE = 6
"""Desks; fewer than there are connections, so that no other page has to wait for them."""
TIMEOUT = 2.0
"""Seconds for which a desk that asks waits for its turn; it is woken later then, and asks anew."""
_WAITING_AT_MOST = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoundOffers:
    """A round's offers by person, and what is needed to draw them."""

    cards: Mapping[int, CallCard]
    declared: tuple[FactType, ...]


class Feed:
    """``run`` beside the application. Each desk ``subscribe``s; it hears ``EVERYTHING`` or ``round:`` and a number."""

    def __init__(self, live: Live, engine: AsyncEngine) -> None:
        self._live = live
        self._engine = engine
        self._desks: defaultdict[int, set[asyncio.Queue[str | None]]] = defaultdict(set)
        self._rounds: dict[int, RoundOffers] = {}
        self._people: set[int] = set()
        self._escalations: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flushing = False
        self._over = False
        self._next_turn = 0.0
        self._drawing = asyncio.Semaphore(DRAWN_AT_ONCE)

    @contextlib.contextmanager
    def subscribe(self, person_id: int) -> Iterator[asyncio.Queue[str | None]]:
        """What concerns this person, ``EVERYTHING`` at first; None says that the server is stopping."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING_AT_MOST)
        queue.put_nowait(None if self._over else EVERYTHING)
        self._desks[person_id].add(queue)
        try:
            yield queue
        finally:
            self._desks[person_id].discard(queue)
            if not self._desks[person_id]:
                del self._desks[person_id]

    def asked(self, round_id: int) -> RoundOffers | None:
        """What one of the last rounds offered."""
        return self._rounds.get(round_id)

    def turn(self) -> float:
        """In how many seconds a desk that is woken now should ask: at once, unless many are woken with it."""
        now = asyncio.get_running_loop().time()
        mine = max(self._next_turn, now)
        self._next_turn = mine + ASKING
        return mine - now

    def busy(self) -> bool:
        """Whether desks that were woken have yet to ask."""
        return self._next_turn > asyncio.get_running_loop().time() + BUSY

    @contextlib.asynccontextmanager
    async def drawing(self, person_id: int) -> AsyncIterator[bool]:
        """Wait for the turn of this person's desk to be drawn; False where it comes too late."""
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._drawing.acquire()
        except TimeoutError:
            self.hear(f"person:{person_id}")
            yield False
            return
        try:
            yield True
        finally:
            self._drawing.release()

    async def run(self) -> None:
        """Until the server stops."""
        with self._live.subscribe() as heard:
            while (payload := await heard.get()) is not None:
                self.hear(payload)
        self._over = True
        for person in list(self._desks):
            self._tell(person, None)

    def hear(self, payload: str) -> None:
        """Find out, at once or in a moment, whom this concerns."""
        kind, _, name = payload.partition(":")
        if payload == EVERYTHING:
            self._people.update(self._desks)
        elif kind == "round" and _is_number(name):
            self._start(self._bring(int(name)))
        elif kind == "person" and _is_number(name) and int(name) in self._desks:
            self._people.add(int(name))
        elif kind == "escalation" and self._desks:
            self._escalations.add(name)
        if (self._people or self._escalations) and not self._flushing:
            self._flushing = True
            self._start(self._wake())

    async def _wake(self) -> None:
        await asyncio.sleep(GATHERED_FOR)
        people, escalations = self._people, self._escalations
        self._people, self._escalations, self._flushing = set(), set(), False
        if escalations:
            try:
                people |= await self._in_hand(escalations)
            except DATABASE_DOWN:
                # The desks ask, and are told by the answer that the database is away.
                people = set(self._desks)
        for person in people:
            self._tell(person, EVERYTHING)

    async def _in_hand(self, escalations: Collection[str]) -> set[int]:
        async with self._engine.connect() as conn:
            return await people_in_hand(conn, escalations)

    async def _bring(self, round_id: int) -> None:
        try:
            async with self._engine.connect() as conn:
                cards = await ringing_since(conn, round_id)
                self._rounds[round_id] = RoundOffers(cards, await declared_facts(conn) if cards else ())
        except DATABASE_DOWN:
            self.hear(EVERYTHING)
            return
        for old in list(self._rounds)[:-ROUNDS_KEPT]:
            del self._rounds[old]
        now = asyncio.get_running_loop().time()
        self._next_turn = max(self._next_turn, now) + ANSWERING * sum(person in self._desks for person in cards)
        for person in cards:
            self._tell(person, f"round:{round_id}")

    def _tell(self, person: int, payload: str | None) -> None:
        for queue in self._desks.get(person, ()):
            # A desk that lags this far asks for everything once instead.
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(EVERYTHING)
            queue.put_nowait(payload)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a desk may not have been told", exc_info=problem)


def _is_number(text: str) -> bool:
    return len(text) < 19 and text.isascii() and text.isdigit()
