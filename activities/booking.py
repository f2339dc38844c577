"""The hands of booking: a seat held, moved, given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.messages import At, Booked, CallDue, HoldSeat, MoveSeat
from activities.refusals import effect
from activities.world import World
from database.stores import booking
from database.stores.booked_calls import Held
from database.stores.making_room import SECONDS_A_START, make_room, worth_looking
from domain.booking import SlotTaken

TURN = 1.0
"""Seconds that a sale waits for its turn at the solver."""
SELLING = 3.5
"""Seconds that a sale may take in all, so that it can't come about after it was given up."""
AGAIN = 0.7
"""Seconds of them that are kept for selling what the solver has opened."""
LOOKING = SECONDS_A_START + 0.3
"""Seconds that a look takes at most, with what it reads and writes."""


class BookingActivities:
    def __init__(self, world: World) -> None:
        self.world = world
        self._looking = asyncio.Lock()

    @activity.defn
    async def hold_seat(self, slot: HoldSeat) -> Booked:
        async def book(conn: AsyncConnection) -> Held:
            return await booking.book(
                conn, slot.escalation_id, slot.link_id, slot.starts_at, self.world.tokens, slot.now
            )

        return await self._sell(book, slot)

    @activity.defn
    async def move_seat(self, slot: MoveSeat) -> Booked:
        async def move(conn: AsyncConnection) -> Held:
            return await booking.move(conn, slot.escalation_id, slot.starts_at, slot.now)

        return await self._sell(move, slot)

    @activity.defn
    async def cancel_booking(self, at: At) -> None:
        async with effect(self.world) as conn:
            await booking.cancel(conn, at.escalation_id, at.now)

    async def _sell(self, sell: Callable[[AsyncConnection], Awaitable[Held]], slot: HoldSeat | MoveSeat) -> Booked:
        """Sell; where short moves find nobody, look further outside the lock, once, and sell again."""
        clock = asyncio.get_running_loop().time
        until = clock() + SELLING
        async with asyncio.timeout_at(until):
            try:
                async with effect(self.world, SELLING) as conn:
                    return _booked(await sell(conn))
            except ApplicationError as refused:
                if refused.type != SlotTaken.__name__ or not await self._room_made(slot, until - AGAIN):
                    raise
            async with effect(self.world, until - clock()) as conn:
                return _booked(await sell(conn))

    async def _room_made(self, slot: HoldSeat | MoveSeat, until: float) -> bool:
        """One looks at a time: two hundred at the last seat must not all ask the solver at once.

        Nobody looks where too little time is left for it; ``until`` is by the clock of the event loop.
        """
        clock = asyncio.get_running_loop().time
        asked = (self.world.engine, slot.escalation_id, slot.starts_at, slot.now)
        if until - clock() < LOOKING or not await worth_looking(*asked):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(clock() + TURN, until - LOOKING)):
                await self._looking.acquire()
            try:
                async with asyncio.timeout_at(until):
                    return await make_room(*asked)
            finally:
                self._looking.release()
        return False


def _booked(held: Held) -> Booked:
    return Booked(CallDue(held.call_id, held.starts_at, held.muster_at))
