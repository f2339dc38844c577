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
from database.stores.seats.availability import BookingRequest, answers_of, error_if_gone, proven_gone
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
SALES_AT_ONCE = 2
"""Sales of one day that are with the database at once: one sells, and the next stands ready."""
PRECHECKS_AT_ONCE = 2
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
        self._prechecks = asyncio.Semaphore(PRECHECKS_AT_ONCE)
        self._search_lock = asyncio.Lock()

    async def sell(
        self, sale_request: SaleRequest, sale: Callable[[BookingRequest], Awaitable[BookingWithCall]], until: float
    ) -> BookingWithCall:
        """Sell by ``sale``, a transaction of its own; where short moves find nobody, look further outside of it, once,
        and sell again. ``until`` is by the clock of the event loop: no look is begun that would end after it.

        Raises ``SlotTaken``, ``SlotRefused``, and what ``sale`` raises.
        """
        refuse_beyond(sale_request.start, sale_request.now)
        request = await self._precheck(sale_request)
        turns = self._turns_of(request, sale_request.start)
        try:
            return await self._in_turn(sale_request, request, turns, sale)
        except SlotTaken:
            if not await self._solver_found(sale_request, request, until - _AFTER_SEARCH):
                raise
        return await self._in_turn(sale_request, request, turns, sale)

    async def _in_turn(
        self,
        sale_request: SaleRequest,
        request: BookingRequest,
        turns: asyncio.Semaphore,
        sale: Callable[[BookingRequest], Awaitable[BookingWithCall]],
    ) -> BookingWithCall:
        async with turns:
            if self._probably_gone(request, sale_request.start):
                request = await self._precheck(sale_request)
            return await sale(request)

    def _probably_gone(self, request: BookingRequest, start: datetime) -> bool:
        """By the board in memory: worth a look at how it stands, before anything is locked."""
        kept = self._cached_board(request, start)
        return request.state == State.INVITED and kept is not None and proven_gone(kept, request, start)

    def _nothing_new(self, sale_request: SaleRequest, request: BookingRequest) -> bool:
        """Whether the solver need not be asked, by the board that the sale has just been tried on."""
        kept = self._cached_board(request, sale_request.start)
        if kept is None:
            return False
        known = answers_of(kept, request, sale_request.start.astimezone(request.local).date())
        return known.given_up(sale_request.start, sale_request.now) or proven_gone(kept, request, sale_request.start)

    def _cached_board(self, request: BookingRequest, start: datetime) -> Seats | None:
        day = start.astimezone(request.local).date()
        kept = BOARDS.kept(self._engine.url, request.desk)
        return kept if kept is not None and kept.has(day, day) else None

    def _turns_of(self, request: BookingRequest, start: datetime) -> asyncio.Semaphore:
        key = (request.desk, start.astimezone(request.local).date())
        turns = self._turns.get(key)
        if turns is None:
            turns = self._turns[key] = asyncio.Semaphore(SALES_AT_ONCE)
        return turns

    async def _precheck(self, sale_request: SaleRequest) -> BookingRequest:
        """What may be booked. Raises ``SlotTaken`` or ``SlotRefused`` where an open link asks for what is gone."""
        async with self._prechecks, self._reading.connect() as conn:
            request, stands = await read_precheck(
                conn, sale_request.escalation, sale_request.link, sale_request.start, sale_request.now
            )
            if request.state != State.INVITED or not stands.link_is_open:
                return request
            day = sale_request.start.astimezone(request.local).date()
            seats = BOARDS.standing(conn, request.desk, stands.seats)
            if seats is None:
                seats = await BOARDS.current(conn, request.desk, day, day, exact={day})
        if proven_gone(seats, request, sale_request.start):
            raise error_if_gone(request, sale_request.start, sale_request.now)
        return request

    async def _solver_found(self, sale_request: SaleRequest, request: BookingRequest, until: float) -> bool:
        """Whether the solver found an arrangement. One looks at a time: two hundred at the last seat must not all ask
        it at once.
        """
        clock = asyncio.get_running_loop().time
        if until - clock() < _SEARCH or self._nothing_new(sale_request, request):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(clock() + _TURN, until - _SEARCH)):
                await self._search_lock.acquire()
            try:
                async with asyncio.timeout_at(until):
                    return await prepare_move(self._engine, request, sale_request.start, sale_request.now)
            finally:
                self._search_lock.release()
        return False
