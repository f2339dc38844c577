"""How a process sells seats: a precheck refuses start times proven to be gone; all other sales for a day take turns.

In the database, the day's lock keeps sales apart (``assignments.lock_days``). This queue comes before it, so that
waiting sales hold no connection.
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
from database.stores.seats.availability import BookingRequest, answers_of, failure_if_gone
from database.stores.seats.board_cache import BOARDS
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.seats.load_board import Seats
from database.stores.selling.statements import read_precheck
from domain.booking import SlotTaken
from domain.deadlines import AFTER_SEARCH, SEARCH, SEARCH_ROUND_TRIP, TURN
from domain.escalation import State
from domain.seats.infeasibility import proven_gone
from domain.seats.slots import refuse_beyond

_TURN, _AFTER_SEARCH = TURN.total_seconds(), AFTER_SEARCH.total_seconds()
_SEARCH = (SEARCH + SEARCH_ROUND_TRIP).total_seconds()
CONCURRENT_SALES = 2
"""How many sales for one day are in the database at the same time: one is selling, and the next is ready."""
CONCURRENT_PRECHECKS = 2
"""How many prechecks run at the same time; few, so that sales already under way needn't wait for a connection."""


@dataclass(frozen=True)
class SaleRequest:
    """The start time that a customer asks for. With a ``link``, it is booked; without one, the booked call is moved
    there.
    """

    escalation: str
    start: datetime
    now: datetime
    link: int | None = None


class Sellers:
    """Sells seats within one process."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # Each precheck is a single statement, so no transaction is needed around it.
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turns: WeakValueDictionary[tuple[int, date], asyncio.Semaphore] = WeakValueDictionary()
        self._prechecks = asyncio.Semaphore(CONCURRENT_PRECHECKS)
        self._search_lock = asyncio.Lock()

    async def sell(
        self, sale_request: SaleRequest, sale: Callable[[BookingRequest], Awaitable[BookingWithCall]], until: float
    ) -> BookingWithCall:
        """Sell by calling ``sale``, which is one transaction. If no short chain of moves opens the seat, run the solver
        once outside the transaction, and try again.

        ``until`` is a time on the event loop's clock: a search that would end later isn't started. Raises
        ``SlotTaken``, ``SlotRefused``, or what ``sale`` raises.
        """
        refuse_beyond(sale_request.start, sale_request.now)
        request = await self._precheck(sale_request)
        turns = self._turns_of(request, sale_request.start)
        try:
            return await self._in_turn(sale_request, request, turns, sale)
        except SlotTaken:
            if not await self._solver_finds_move(sale_request, request, until - _AFTER_SEARCH):
                raise
        return await self._in_turn(sale_request, request, turns, sale)

    async def _in_turn(
        self,
        sale_request: SaleRequest,
        request: BookingRequest,
        turns: asyncio.Semaphore,
        sale: Callable[[BookingRequest], Awaitable[BookingWithCall]],
    ) -> BookingWithCall:
        must_wait = turns.locked()
        async with turns:
            # Other sales may have gone through. The cached board may be stale: the precheck decides, before any lock.
            if must_wait and request.state == State.INVITED and self._proven_gone_in_cache(request, sale_request.start):
                request = await self._precheck(sale_request)
            return await sale(request)

    async def _precheck(self, sale_request: SaleRequest) -> BookingRequest:
        """What may be booked. Raises ``SlotTaken`` or ``SlotRefused`` if the link is open and the start time is proven
        to be gone.
        """
        start, now = sale_request.start, sale_request.now
        async with self._prechecks, self._reading.connect() as conn:
            request, precheck = await read_precheck(conn, sale_request.escalation, sale_request.link, start, now)
            if request.state != State.INVITED or not precheck.link_is_open:
                return request
            day = request.day_of(start)
            seats = BOARDS.if_current(conn, request.desk, precheck.seats)
            if seats is None:
                seats = await BOARDS.current(conn, request.desk, day, day, exact={day})
        if proven_gone(seats.board, request.demand(start, day)):
            raise failure_if_gone(request, start, now)
        return request

    def _turns_of(self, request: BookingRequest, start: datetime) -> asyncio.Semaphore:
        key = (request.desk, request.day_of(start))
        turns = self._turns.get(key)
        if turns is None:
            turns = self._turns[key] = asyncio.Semaphore(CONCURRENT_SALES)
        return turns

    async def _solver_finds_move(self, sale_request: SaleRequest, request: BookingRequest, until: float) -> bool:
        """Whether the solver found a move that opens the start time.

        Each process runs one search at a time, because two hundred sales of the last seat must not each start their
        own.
        """
        clock = asyncio.get_running_loop().time
        if until - clock() < _SEARCH or self._search_is_futile(sale_request, request):
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

    def _search_is_futile(self, sale_request: SaleRequest, request: BookingRequest) -> bool:
        """Whether a search is certain to fail, judging by the cached board on which the sale was just tried."""
        start = sale_request.start
        seats = self._cached_board(request, start)
        if seats is None:
            return False
        answers = answers_of(seats, request, request.day_of(start))
        return answers.recently_unsolved(start, sale_request.now) or self._proven_gone_in_cache(request, start)

    def _proven_gone_in_cache(self, request: BookingRequest, start: datetime) -> bool:
        """Whether the cached board, however old, proves the start time to be gone; nothing is read."""
        seats = self._cached_board(request, start)
        return seats is not None and proven_gone(seats.board, request.demand(start, request.day_of(start)))

    def _cached_board(self, request: BookingRequest, start: datetime) -> Seats | None:
        day = request.day_of(start)
        seats = BOARDS.cached(self._engine.url, request.desk)
        return seats if seats is not None and seats.covers(day, day) else None
