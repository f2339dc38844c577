"""Activities of the booking: sell a seat, move it, cancel it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import as_application_error, effect, transaction
from activities.messages import At, Booked, CallDue, HoldSeat, MoveSeat
from database.stores import booking
from database.stores.seats.availability import BookingRequest
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.selling.queue import SaleRequest, Sellers
from domain.deadlines import SALE


class BookingActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
        self._sellers = Sellers(dependencies.engine)

    @activity.defn
    async def hold_seat(self, slot: HoldSeat) -> Booked:
        async def book(conn: AsyncConnection, request: BookingRequest) -> BookingWithCall:
            return await booking.book(
                conn, slot.escalation_id, slot.link_id, slot.starts_at, self.dependencies.tokens, slot.now, request
            )

        return await self._sell(book, SaleRequest(slot.escalation_id, slot.starts_at, slot.now, slot.link_id))

    @activity.defn
    async def move_seat(self, slot: MoveSeat) -> Booked:
        async def move(conn: AsyncConnection, request: BookingRequest) -> BookingWithCall:
            return await booking.move(conn, slot.escalation_id, slot.starts_at, slot.now)

        return await self._sell(move, SaleRequest(slot.escalation_id, slot.starts_at, slot.now))

    @activity.defn
    async def cancel_booking(self, at: At) -> None:
        async with effect(self.dependencies) as conn:
            await booking.cancel(conn, at.escalation_id, at.now)

    async def _sell(
        self, sell: Callable[[AsyncConnection, BookingRequest], Awaitable[BookingWithCall]], sale: SaleRequest
    ) -> Booked:
        clock = asyncio.get_running_loop().time
        until = clock() + SALE.total_seconds()

        async def attempt(request: BookingRequest) -> BookingWithCall:
            async with transaction(self.dependencies, until - clock()) as conn:
                return await sell(conn, request)

        with as_application_error():
            async with asyncio.timeout_at(until):
                return _booked(await self._sellers.sell(sale, attempt, until))


def _booked(call: BookingWithCall) -> Booked:
    return Booked(CallDue(call.call_id, call.starts_at, call.muster_at))
