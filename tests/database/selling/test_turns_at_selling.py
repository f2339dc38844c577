"""Sales of one process: refused by the precheck or in turn, and no search is repeated while the seats are unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.seat_desks import SampleDesk
from bench.seat_shop import FIRST_DAY, NOW, TOKENS, Buyer, buy, furnish, invite
from database.stores.at_risk import background_solver
from database.stores.at_risk.background_solver import prepare_move
from database.stores.booking import book, cancel
from database.stores.seats import availability
from database.stores.seats.assignments import lock_days
from database.stores.seats.availability import BookingRequest, read_booking_request
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.selling.queue import SaleRequest, Sellers
from domain.booking import SlotTaken
from domain.customer_link import LinkUsed
from domain.seats.demand import Member

TEN = FIRST_DAY + timedelta(hours=10)
DAY = ((9 * 3600, 17 * 3600),)
TALK = 1800


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Eight connections: further sales wait."""
    engine = create_async_engine(database_url, pool_size=8, max_overflow=0, pool_timeout=60)
    yield engine
    await engine.dispose()


async def sell(engine: AsyncEngine, sellers: Sellers, one: Buyer) -> BookingWithCall:
    async def sale(request: BookingRequest) -> BookingWithCall:
        async with engine.begin() as conn:
            return await book(conn, one.escalation, one.link, one.start, TOKENS, NOW, request)

    request = SaleRequest(one.escalation, one.start, NOW, one.link)
    return await sellers.sell(request, sale, asyncio.get_running_loop().time() + 3.5)


async def chained(engine: AsyncEngine) -> tuple[list[Buyer], Buyer]:
    """Five people, four calls to be passed along a chain before a fifth has a seat: too long for short moves."""
    pools = {0: frozenset({1})} | {n: frozenset({n, n + 1}) for n in range(1, 5)}
    await furnish(engine, tuple(Member(n, 1, 1, 2, DAY) for n in range(1, 6)), pools)
    chain = await invite(engine, [(n, TEN, TALK) for n in range(1, 5)])
    (last,) = await invite(engine, [(0, TEN, TALK)])
    for one in chain:
        assert await buy(engine, one)
    async with engine.begin() as conn:
        await conn.execute(text("UPDATE witness SET person = pool - 1, nth = 1, version = version + 9"))
        await conn.execute(text("UPDATE desk_day SET version = version + 9"))
    return chain, last


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[object]:
    """Record the calls of this function from now on; it still works as before."""
    calls, original = list[object](), getattr(module, name)

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, counting)
    return calls


async def test_two_hundred_want_the_last_seat_and_a_start_that_is_gone_needs_no_lock(crowd: AsyncEngine) -> None:
    desk = SampleDesk((Member(1, 1, 1, 1, DAY),), {0: frozenset({1})}, 1)
    await furnish(crowd, desk.members, desk.pools)
    asking, sellers = await invite(crowd, [(0, TEN, TALK)] * 200), Sellers(crowd)
    got = await asyncio.gather(*(sell(crowd, sellers, one) for one in asking), return_exceptions=True)
    sold = [(one, booked) for one, booked in zip(asking, got, strict=True) if isinstance(booked, BookingWithCall)]
    assert len(sold) == 1
    assert sum(isinstance(one, SlotTaken) for one in got) == 199
    (winner, booked), loser = sold[0], next(one for one in asking if one != sold[0][0])
    assert await sell(crowd, sellers, winner) == booked, "booked again, the same answer"
    with pytest.raises(LinkUsed):
        await sell(crowd, sellers, Buyer(winner.escalation, winner.link, winner.pool, TEN + timedelta(hours=2)))
    async with crowd.begin() as conn, asyncio.timeout(5):
        await lock_days(conn, 1, [TEN.date()])
        with pytest.raises(SlotTaken):
            await sell(crowd, sellers, loser)


async def test_a_search_is_not_repeated_while_the_seats_are_unchanged(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, last = await chained(database)
    searches = counted(monkeypatch, availability, "place_for_sale")
    assert not await buy(database, last)
    assert len(searches) == 1
    assert not await buy(database, last)
    assert len(searches) == 1, "nothing has changed"
    async with database.begin() as conn:
        await cancel(conn, chain[0].escalation, NOW)
    assert await buy(database, last), "the cached failure is valid for one version only"
    assert len(searches) == 2


async def test_the_solver_is_not_run_again_while_the_seats_are_unchanged(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, last = await chained(database)
    async with database.connect() as conn:
        request = await read_booking_request(conn, last.escalation, NOW)
    monkeypatch.setattr(background_solver, "place_by_window", lambda *_args, **_named: None)
    looks = counted(monkeypatch, background_solver, "place_by_window")
    for _ in range(2):
        assert not await prepare_move(database, request, TEN, NOW)
    assert len(looks) == 1
    async with database.begin() as conn:
        await conn.execute(text("UPDATE desk_day SET version = version + 1"))
    assert not await prepare_move(database, request, TEN, NOW)
    assert len(looks) == 2


async def test_a_start_that_short_moves_do_not_open_is_sold_after_the_solver_has_run(database: AsyncEngine) -> None:
    _, last = await chained(database)
    assert (await sell(database, Sellers(database), last)).starts_at == TEN


async def test_a_transaction_increments_the_version_of_the_roster_once(database: AsyncEngine) -> None:
    await furnish(database, (Member(1, 1, 1, 1, DAY),), {0: frozenset({1})})
    version, changes = text("SELECT version FROM roster"), [text("DELETE FROM shift"), text("DELETE FROM pool_agent")]
    async with database.begin() as conn:
        before = (await conn.execute(version)).scalar_one()
        for change in changes:
            await conn.execute(change)
    async with database.begin() as conn:
        assert (await conn.execute(version)).scalar_one() == before + 1
        await conn.execute(text("UPDATE person SET active = false"))
        assert (await conn.execute(version)).scalar_one() == before + 2
