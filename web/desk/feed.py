"""Tells desks what concerns them. Each process looks this up once, no matter how many of its desks are open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import DATABASE_DOWN
from database.listening import EVERYTHING
from database.stores.queries.desk import CallCard, ringing_since
from database.stores.queries.desk_changes import people_in_hand
from rules_dsl.directory import FactType
from web.dependencies import from_state
from web.desk.areas import declared_facts
from web.live import Live

COLLECTED_FOR = 0.05
"""Seconds to collect notifications, so that two about the same event wake a desk only once. Offers don't wait."""
ROUNDS_KEPT = 8
REFRESH_TIME = 0.01
"""Seconds reserved for each desk that is woken: if there are many, they refresh one after another."""
OFFER_TIME = 0.003
"""Seconds reserved for each offer and its answer. Desks that a large round has woken refresh only after that."""
BUSY = 0.5
"""Once this many seconds are reserved, heartbeats no longer refresh desks."""
DRAWN_AT_ONCE = 6
"""Desks rendered concurrently: fewer than there are connections, so that no other page waits for them."""
TIMEOUT = 2.0
"""For how many seconds a desk waits for its turn to be rendered; after that, it is woken again later."""
_WAITING_AT_MOST = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoundOffers:
    """A round's offers, keyed by person, with the fact types needed to render them."""

    cards: Mapping[int, CallCard]
    declared: tuple[FactType, ...]


class Feed:
    """Runs alongside the application. Each desk subscribes, and receives ``EVERYTHING`` or ``round:`` with a number."""

    def __init__(self, live: Live, engine: AsyncEngine) -> None:
        self._live = live
        self._engine = engine
        self._desks: defaultdict[int, set[asyncio.Queue[str | None]]] = defaultdict(set)
        self._rounds: dict[int, RoundOffers] = {}
        self._people: set[int] = set()
        self._escalations: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flushing = False
        self._stopped = False
        self._next_turn = 0.0
        self._drawing = asyncio.Semaphore(DRAWN_AT_ONCE)

    @contextlib.contextmanager
    def subscribe(self, person_id: int) -> Iterator[asyncio.Queue[str | None]]:
        """A queue of what concerns this person: ``EVERYTHING`` first, and None when the server stops."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING_AT_MOST)
        queue.put_nowait(None if self._stopped else EVERYTHING)
        self._desks[person_id].add(queue)
        try:
            yield queue
        finally:
            self._desks[person_id].discard(queue)
            if not self._desks[person_id]:
                del self._desks[person_id]

    def offers_of(self, round_id: int) -> RoundOffers | None:
        """The offers made in a recent round; None if the round is no longer kept."""
        return self._rounds.get(round_id)

    def turn(self) -> float:
        """How many seconds a desk should wait before refreshing if it is woken now: 0, unless many others are too."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next_turn, now)
        self._next_turn = turn + REFRESH_TIME
        return turn - now

    def busy(self) -> bool:
        """Whether many woken desks have yet to refresh."""
        return self._next_turn > asyncio.get_running_loop().time() + BUSY

    @contextlib.asynccontextmanager
    async def drawing(self, person_id: int) -> AsyncIterator[bool]:
        """Wait until this person's desk may be rendered. After ``TIMEOUT``, yields False and wakes the desk again."""
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._drawing.acquire()
        except TimeoutError:
            self.receive(f"person:{person_id}")
            yield False
            return
        try:
            yield True
        finally:
            self._drawing.release()

    async def run(self) -> None:
        """Distribute notifications until the server stops."""
        with self._live.subscribe() as notifications:
            while (payload := await notifications.get()) is not None:
                self.receive(payload)
        self._stopped = True
        for person in list(self._desks):
            self._publish(person, None)

    def receive(self, payload: str) -> None:
        """Handle one notification: offers immediately, others with all that arrive within ``COLLECTED_FOR``."""
        kind, _, name = payload.partition(":")
        if payload == EVERYTHING:
            self._people.update(self._desks)
        elif kind == "round" and _is_number(name):
            self._start(self._send_offers(int(name)))
        elif kind == "person" and _is_number(name) and int(name) in self._desks:
            self._people.add(int(name))
        elif kind == "escalation" and self._desks:
            self._escalations.add(name)
        if (self._people or self._escalations) and not self._flushing:
            self._flushing = True
            self._start(self._flush())

    async def _flush(self) -> None:
        await asyncio.sleep(COLLECTED_FOR)
        people, escalations = self._people, self._escalations
        self._people, self._escalations, self._flushing = set(), set(), False
        if escalations:
            try:
                people |= await self._in_hand(escalations)
            except DATABASE_DOWN:
                # The desks still refresh, and the response tells them that the database is unreachable.
                people = set(self._desks)
        for person in people:
            self._publish(person, EVERYTHING)

    async def _in_hand(self, escalations: Collection[str]) -> set[int]:
        async with self._engine.connect() as conn:
            return await people_in_hand(conn, escalations)

    async def _send_offers(self, round_id: int) -> None:
        try:
            async with self._engine.connect() as conn:
                cards = await ringing_since(conn, round_id)
                self._rounds[round_id] = RoundOffers(cards, await declared_facts(conn) if cards else ())
        except DATABASE_DOWN:
            self.receive(EVERYTHING)
            return
        for old in list(self._rounds)[:-ROUNDS_KEPT]:
            del self._rounds[old]
        now = asyncio.get_running_loop().time()
        self._next_turn = max(self._next_turn, now) + OFFER_TIME * sum(person in self._desks for person in cards)
        for person in cards:
            self._publish(person, f"round:{round_id}")

    def _publish(self, person: int, payload: str | None) -> None:
        for queue in self._desks.get(person, ()):
            # A desk this far behind refreshes everything once instead.
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
            log.error("desk notification failed, desks refresh with their next heartbeat", exc_info=problem)


def _is_number(text: str) -> bool:
    return len(text) < 19 and text.isascii() and text.isdigit()


DeskFeed = Annotated[Feed, from_state("desk_feed")]
