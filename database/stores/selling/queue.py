"""How a process sells seats: what is gone for certain is refused on the way in, the others take turns a desk and day.

The queue of the database keeps sales apart (``sold_seats.queue``). This one stands before it, so that those who wait
hold no connection, and whoever asks for what is gone need not wait at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.at_risk.background_solver import prepare_move
from database.stores.seats.availability import BookingRequest, answers_of, gone_for_certain, refused_for_good
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.seats.load_board import Seats
from database.stores.selling.statements import read_precheck
from domain.booking import SlotTaken
from domain.deadlines import AFTER_SEARCH, SEARCH, SEARCH_ROUND_TRIP, TURN
from domain.escalation import State
from domain.seats.slots import refuse_beyond

_TURN, _AFTER_SEARCH = TURN.total_seconds(), AFTER_SEARCH.total_seconds()
_SEARCH = (SEARCH + SEARCH_ROUND_TRIP).total_seconds()
AT_ONCE = 2
"""Sales of one day that are with the database at once: one sells, and the next stands ready."""
ON_THE_WAY_IN = 2
"""Those who are looked at on the way in at once: sales that have begun must not wait for a connection behind them."""


@dataclass(frozen=True)
class SaleRequest:
    """The start that one escalation wants; ``link`` books it, without one a booked call moves there."""

    escalation: str
    start: datetime
    now: datetime
    link: int | None = None


class Sellers:
    """Those who sell seats in one process."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # One statement is one transaction: nothing to begin and nothing to end.
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turns: WeakValueDictionary[tuple[int, date], asyncio.Semaphore] = WeakValueDictionary()
        self._door = asyncio.Semaphore(ON_THE_WAY_IN)
        self._looking = asyncio.Lock()

    async def sell(
        self, asked: SaleRequest, sale: Callable[[BookingRequest], Awaitable[BookingWithCall]], until: float
    ) -> BookingWithCall:
        """Sell by ``sale``, a transaction of its own; where short moves find nobody, look further outside of it, once,
        and sell again. ``until`` is by the clock of the event loop: no look is begun that would end after it.

        Raises ``SlotTaken``, ``SlotRefused``, and what ``sale`` raises.
        """
        refuse_beyond(asked.start, asked.now)
        wish = await self._on_the_way_in(asked)
        turns = self._turns_of(wish, asked.start)
        try:
            return await self._in_turn(asked, wish, turns, sale)
        except SlotTaken:
            if not await self._solver_found(asked, wish, until - _AFTER_SEARCH):
                raise
        return await self._in_turn(asked, wish, turns, sale)

    async def _in_turn(
        self,
        asked: SaleRequest,
        wish: BookingRequest,
        turns: asyncio.Semaphore,
        sale: Callable[[BookingRequest], Awaitable[BookingWithCall]],
    ) -> BookingWithCall:
        async with turns:
            if self._looks_gone(wish, asked.start):
                wish = await self._on_the_way_in(asked)
            return await sale(wish)

    def _looks_gone(self, wish: BookingRequest, start: datetime) -> bool:
        """By the board in memory: worth a look at how it stands, before anything is locked."""
        kept = self._kept(wish, start)
        return wish.state == State.INVITED and kept is not None and gone_for_certain(kept, wish, start)

    def _in_vain(self, asked: SaleRequest, wish: BookingRequest) -> bool:
        """Whether the solver need not be asked, by the board that the sale has just been tried on."""
        kept = self._kept(wish, asked.start)
        if kept is None:
            return False
        known = answers_of(kept, wish, asked.start.astimezone(wish.local).date())
        return known.given_up(asked.start, asked.now) or gone_for_certain(kept, wish, asked.start)

    def _kept(self, wish: BookingRequest, start: datetime) -> Seats | None:
        day = start.astimezone(wish.local).date()
        kept = BOARDS.kept(self._engine.url, wish.desk)
        return kept if kept is not None and kept.has(day, day) else None

    def _turns_of(self, wish: BookingRequest, start: datetime) -> asyncio.Semaphore:
        key = (wish.desk, start.astimezone(wish.local).date())
        turns = self._turns.get(key)
        if turns is None:
            turns = self._turns[key] = asyncio.Semaphore(AT_ONCE)
        return turns

    async def _on_the_way_in(self, asked: SaleRequest) -> BookingRequest:
        """What may be booked. Raises ``SlotTaken`` or ``SlotRefused`` where an open link asks for what is gone."""
        async with self._door, self._reading.connect() as conn:
            wish, stands = await read_precheck(conn, asked.escalation, asked.link, asked.start, asked.now)
            if wish.state != State.INVITED or not stands.link_is_open:
                return wish
            day = asked.start.astimezone(wish.local).date()
            seats = BOARDS.standing(conn, wish.desk, stands.seats)
            if seats is None:
                seats = await BOARDS.current(conn, wish.desk, day, day, exact={day})
        if gone_for_certain(seats, wish, asked.start):
            raise refused_for_good(wish, asked.start, asked.now)
        return wish

    async def _solver_found(self, asked: SaleRequest, wish: BookingRequest, until: float) -> bool:
        """Whether the solver found an arrangement. One looks at a time: two hundred at the last seat must not all ask
        it at once.
        """
        clock = asyncio.get_running_loop().time
        if until - clock() < _SEARCH or self._in_vain(asked, wish):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(clock() + _TURN, until - _SEARCH)):
                await self._looking.acquire()
            try:
                async with asyncio.timeout_at(until):
                    return await prepare_move(self._engine, wish, asked.start, asked.now)
            finally:
                self._looking.release()
        return False
