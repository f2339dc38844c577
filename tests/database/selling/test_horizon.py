"""The sale itself limits how far ahead a call can be booked, whatever a page has shown."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.booking import book, move
from database.stores.seats.availability import BookingRequest, free_starts
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.selling.queue import SaleRequest, Sellers
from database.tables.customer_link import customer_link
from domain.booking import SlotRefused
from domain.escalation import Mode
from tests.database.rounds.round_floor import Floor

GRID = timedelta(minutes=5)
REASON = "it is further ahead than calls are booked"


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    """Open around the clock; a call starts every five minutes, and is booked up to five days ahead."""
    floor = Floor(database)
    await floor.furnish()
    return floor


async def invited(floor: Floor, ticket: str = "7") -> tuple[str, int]:
    """An escalation and its link."""
    one = await floor.open(ticket, Mode.BOOKING)
    return one, (await floor.one(select(customer_link).where(customer_link.c.escalation == one))).id


async def test_the_last_start_that_is_shown_is_the_last_that_is_sold(floor: Floor) -> None:
    one, _ = await invited(floor)
    last = floor.now + timedelta(days=5)
    async with floor.engine.connect() as conn:
        assert (await free_starts(conn, one, floor.now))[-1] == last
    with pytest.raises(SlotRefused) as refused:
        await floor.book("8", last + GRID)
    assert (refused.value.starts_at, refused.value.reason) == (last + GRID, REASON)
    floor.later(minutes=5)
    await floor.book("9", last + GRID)


async def test_whoever_sells_in_turn_keeps_the_horizon(floor: Floor) -> None:
    one, link = await invited(floor)
    sellers = Sellers(floor.engine)

    async def sell(start: datetime) -> BookingWithCall:
        async def sale(request: BookingRequest) -> BookingWithCall:
            async with floor.engine.begin() as conn:
                return await book(conn, one, link, start, floor.tokens, floor.now, request)

        sale_request = SaleRequest(one, start, floor.now, link)
        return await sellers.sell(sale_request, sale, asyncio.get_running_loop().time() + 3.5)

    last = floor.now + timedelta(days=5)
    with pytest.raises(SlotRefused, match=REASON):
        await sell(last + GRID)
    assert (await sell(last)).starts_at == last


async def test_a_booked_call_moves_within_the_horizon_only(floor: Floor) -> None:
    one = await floor.book("7", floor.now + timedelta(hours=2))
    last = floor.now + timedelta(days=5)
    async with floor.engine.connect() as conn:
        with pytest.raises(SlotRefused, match=REASON):
            await move(conn, one, last + GRID, floor.now)
    async with floor.engine.begin() as conn:
        assert (await move(conn, one, last, floor.now)).starts_at == last
