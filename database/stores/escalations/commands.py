"""What people and programs do to an open escalation: book, move, cancel, wrap up, rate, nudge, withdraw.

Each is one transaction, which makes the decision and writes the event that informs the workflow. Once given, the answer
is final, whatever happens to other processes. No command needs a worker or Temporal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.engine import is_conflict, is_down
from database.stores import booking, follow_up, rating, wrap_up
from database.stores.escalations.nudge import nudge
from database.stores.escalations.withdraw import withdraw
from database.stores.seats.availability import BookingRequest
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.selling.queue import SaleRequest, Sellers
from database.transaction import transaction
from domain.deadlines import SALE
from domain.escalation import Outcome
from domain.failure import Busy, Unreachable
from domain.ids import Tokens
from domain.wrap_up import WrapUp


class EscalationCommands:
    """All are idempotent: sending one again gives the same answer.

    Besides its own failures, each raises ``EscalationUnknown``, ``NotNow``, ``Busy`` and ``Unreachable``; after
    ``Unreachable``, it isn't known whether the command took effect, but sending it again is safe. ``now`` defaults to
    the database's clock.
    """

    def __init__(self, engine: AsyncEngine, tokens: Tokens) -> None:
        self._engine = engine
        self._tokens = tokens
        self._sellers = Sellers(engine)

    async def book(
        self, escalation_id: str, link_id: int, starts_at: datetime, now: datetime | None = None, zone: str = ""
    ) -> BookingWithCall:
        """Use up the link and take a seat in this zone. Raises the failures of ``database.stores.booking.book``."""
        moment = now or current_time()

        async def sale(conn: AsyncConnection, request: BookingRequest) -> BookingWithCall:
            return await booking.book(conn, escalation_id, link_id, starts_at, self._tokens, moment, request, zone)

        return await self._sell(sale, SaleRequest(escalation_id, starts_at, moment, link_id))

    async def take_held(
        self, escalation_id: str, link_id: int, starts_at: datetime, now: datetime | None = None, zone: str = ""
    ) -> BookingWithCall:
        """Book the slot that is held for this link, without queuing for it. Raises the failures of ``book``."""
        async with self._transaction() as conn:
            moment = now or current_time()
            return await booking.book(conn, escalation_id, link_id, starts_at, self._tokens, moment, zone=zone)

    async def move(
        self, escalation_id: str, starts_at: datetime, now: datetime | None = None, zone: str = ""
    ) -> BookingWithCall:
        """Take another seat for the same call. Raises the same failures as ``database.stores.booking.move``."""
        moment = now or current_time()

        async def sale(conn: AsyncConnection, request: BookingRequest) -> BookingWithCall:
            return await booking.move(conn, escalation_id, starts_at, moment, zone)

        return await self._sell(sale, SaleRequest(escalation_id, starts_at, moment))

    async def cancel(self, escalation_id: str, now: datetime | None = None) -> None:
        """Cancel a booking at the customer's request. Raises ``TooLate`` once the call has begun."""
        async with self._transaction() as conn:
            await booking.cancel(conn, escalation_id, now or current_time())

    async def wrap_up(
        self, escalation_id: str, call_id: str, person_id: int, form: WrapUp, now: datetime | None = None
    ) -> None:
        """Record how the agent wrapped up a call. Raises ``NotYours``."""
        async with self._transaction() as conn:
            await wrap_up.save_wrap_up(conn, escalation_id, call_id, person_id, form, now or current_time())

    async def rate(
        self,
        escalation_id: str,
        call_id: str,
        score: int,
        comment: str = "",
        now: datetime | None = None,
        replaces: int = 0,
    ) -> None:
        """Save the customer's rating, or another one instead of that with the revision ``replaces``.

        Raises ``AlreadyRated``, ``RatingFinal``, ``SurveyOver``.
        """
        moment, words = now or current_time(), comment.strip()
        async with self._transaction() as conn:
            await rating.save_rating(conn, escalation_id, call_id, score, words, moment, replaces)

    async def ask_for_call_back(self, escalation_id: str, call_id: str, now: datetime | None = None) -> None:
        """The customer wishes to be called back after a low score. Raises ``NoCallBack``."""
        async with self._transaction() as conn:
            await follow_up.ask_for_call_back(conn, escalation_id, call_id, now or current_time())

    async def finish_follow_up(self, call_id: str, person_id: int, note: str, now: datetime | None = None) -> None:
        """Mark that a customer was called back. Raises ``NotYourFollowUp``, ``FollowUpDone``."""
        async with self._transaction() as conn:
            await follow_up.finish_follow_up(conn, call_id, person_id, note.strip(), now or current_time())

    async def nudge(self, escalation_id: str, actor: str, now: datetime | None = None) -> str:
        """Nudge a waiting escalation; returns a sentence saying what was done."""
        async with self._transaction() as conn:
            return await nudge(conn, escalation_id, actor, now or current_time())

    async def withdraw(
        self,
        escalation_id: str,
        actor: str,
        outcome: Outcome = Outcome.WITHDRAWN,
        reason: str = "",
        now: datetime | None = None,
    ) -> None:
        """End the escalation early and release what it holds. Raises ``NotNow`` if it is over."""
        async with self._transaction() as conn:
            await withdraw(conn, escalation_id, outcome, actor, reason.strip(), now or current_time())

    async def _sell(
        self, sell: Callable[[AsyncConnection, BookingRequest], Awaitable[BookingWithCall]], sale_request: SaleRequest
    ) -> BookingWithCall:
        """Sell within ``SALE``, which includes queuing time, so that no sale happens after the caller has given up."""
        clock = asyncio.get_running_loop().time
        until = clock() + SALE.total_seconds()

        async def sale(request: BookingRequest) -> BookingWithCall:
            async with transaction(self._engine, until - clock()) as conn:
                return await sell(conn, request)

        try:
            with _as_failures():
                async with asyncio.timeout_at(until):
                    return await self._sellers.sell(sale_request, sale, until)
        except TimeoutError as error:
            raise Unreachable("Our database") from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        with _as_failures():
            async with transaction(self._engine) as conn:
                yield conn


@contextmanager
def _as_failures() -> Iterator[None]:
    """Turn the database's errors into failures, so that a form can show them without losing what was typed."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if is_conflict(error):
            raise Busy() from error
        if is_down(error):
            raise Unreachable("Our database") from error
        raise
