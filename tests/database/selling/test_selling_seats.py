"""Selling in the database: many sales at the same time, moves of witnesses, cached boards, and cancellations."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bench.seat_desks import SampleDesk, sample_desk
from bench.seat_judge import can_serve_all
from bench.seat_shop import FIRST_DAY, NOW, TOKENS, Buyer, buy, furnish, invite, sold_calls
from database.stores.at_risk.background_solver import SearchMemory, prepare_moves, recover
from database.stores.booking import book, cancel, move
from database.stores.seats import board_cache, load_board
from database.stores.seats.availability import free_starts
from database.stores.seats.change_impact import ReassignResult, set_pool_members, sparable
from database.stores.seats.pin_assignee import pin_taken
from database.stores.staff.schedule_changes import change_schedule
from domain.booking import SlotTaken
from domain.schedules.change import SetDay
from domain.seats.demand import Member

HOUR = timedelta(hours=1)
NINE = FIRST_DAY + 9 * HOUR
TALK = 1800


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Eight connections: further sales wait."""
    engine = create_async_engine(database_url, pool_size=8, max_overflow=0, pool_timeout=60)
    yield engine
    await engine.dispose()


def two_people() -> SampleDesk:
    """One person in both pools, one in the second only; both from nine to five."""
    shift = ((9 * 3600, 17 * 3600),)
    members = (Member(1, 1, 1, 2, shift), Member(2, 1, 1, 1, shift))
    return SampleDesk(members, {0: frozenset({1}), 1: frozenset({1, 2})}, 1)


async def opened(engine: AsyncEngine, desk: SampleDesk) -> SampleDesk:
    await furnish(engine, desk.members, desk.pools)
    return desk


async def witnesses(engine: AsyncEngine) -> dict[int, int]:
    async with engine.connect() as conn:
        rows = await conn.execute(text("SELECT booking, person FROM witness"))
        return {row.booking: row.person for row in rows}


async def free(engine: AsyncEngine, one: Buyer) -> list[float]:
    """Free starts in hours since midnight."""
    async with engine.connect() as conn:
        return [(start - FIRST_DAY) / HOUR for start in await free_starts(conn, one.escalation, NOW)]


async def test_the_last_seat_is_sold_once_to_two_hundred(crowd: AsyncEngine) -> None:
    await opened(crowd, two_people())
    asking = await invite(crowd, [(0, NINE + HOUR, TALK)] * 200)
    assert sum(await asyncio.gather(*(buy(crowd, one) for one in asking))) == 1


async def test_overlapping_pools_sell_exactly_what_can_be_served(crowd: AsyncEngine) -> None:
    """A hundred customers want the same two hours: what is sold can be served, and no sale deadlocks."""
    desk = await opened(crowd, sample_desk(12, 1, seed=5))
    rng = random.Random(3)
    requests = [(rng.choice(list(desk.pools)), NINE + rng.randrange(8) * HOUR / 4, TALK) for _ in range(100)]
    sold = await asyncio.gather(*(buy(crowd, one) for one in await invite(crowd, requests)))
    async with crowd.connect() as conn:
        calls = await sold_calls(conn)
    assert len(calls) == sum(sold) > 15
    assert can_serve_all(desk.members, desk.pools, calls) is True
    assert len(await witnesses(crowd)) == len(calls)


async def test_a_sale_moves_another_witness_where_it_must(database: AsyncEngine) -> None:
    await opened(database, two_people())
    one, two, three = await invite(database, [(1, NINE + HOUR, TALK), (1, NINE + HOUR, TALK), (0, NINE + HOUR, TALK)])
    assert await buy(database, one)
    async with database.begin() as conn:
        # As if its witness were the person whom the other pool needs.
        await conn.execute(text("UPDATE witness SET person = 1, version = version + 1"))
        await conn.execute(text("UPDATE desk_day SET version = version + 1"))
    assert 10.0 in await free(database, three)
    assert await buy(database, three)
    assert sorted((await witnesses(database)).values()) == [1, 2]
    assert 10.0 not in await free(database, two)
    assert not await buy(database, two)


async def test_a_cancelled_start_is_free_again_and_a_moved_call_frees_its_old_one(database: AsyncEngine) -> None:
    await opened(database, two_people())
    one, two = await invite(database, [(0, NINE + HOUR, TALK), (0, NINE + HOUR, TALK)])
    assert await buy(database, one)
    assert 10.0 not in await free(database, two)
    async with database.begin() as conn:
        await move(conn, one.escalation, NINE + 3 * HOUR, NOW)
    assert 10.0 in await free(database, two)
    assert 12.0 not in await free(database, two)
    async with database.begin() as conn:
        await move(conn, one.escalation, NINE + 3 * HOUR + HOUR / 4, NOW)
    async with database.begin() as conn:
        await cancel(conn, one.escalation, NOW)
    assert 12.0 in await free(database, two)
    assert await witnesses(database) == {}


async def test_a_sale_that_is_rolled_back_leaves_nothing_in_the_cache(database: AsyncEngine) -> None:
    await opened(database, two_people())
    one, two = await invite(database, [(0, NINE + HOUR, TALK), (0, NINE + HOUR, TALK)])
    assert 10.0 in await free(database, two)
    async with database.connect() as conn:
        await book(conn, one.escalation, one.link, one.start, TOKENS, NOW)
        assert 10.0 not in [(s - FIRST_DAY) / HOUR for s in await free_starts(conn, two.escalation, NOW)]
        await conn.rollback()
    assert 10.0 in await free(database, two)
    assert await buy(database, two)


async def test_a_witness_that_changed_behind_the_versions_is_noticed_under_the_lock(database: AsyncEngine) -> None:
    await opened(database, two_people())
    one, two = await invite(database, [(0, NINE + HOUR, TALK), (0, NINE + HOUR, TALK)])
    assert await buy(database, one)
    assert 10.0 not in await free(database, two)
    async with database.begin() as conn:
        await conn.execute(text("UPDATE booking SET state = 'done'"))
        await conn.execute(text("DELETE FROM witness"))
    assert await buy(database, two)


async def works(conn: AsyncConnection, *spans: tuple[int, int]) -> ReassignResult:
    """Give the second person these hours that day, in minutes."""
    return await change_schedule(conn, 2, SetDay(NINE.date(), spans, "UTC"), "test", NOW)


async def test_a_sick_call_moves_what_it_can_and_cancels_nothing(database: AsyncEngine) -> None:
    await opened(database, two_people())
    one, two, three = await invite(
        database, [(1, NINE + HOUR, TALK), (1, NINE + HOUR, TALK), (0, NINE + 5 * HOUR, TALK)]
    )
    assert await buy(database, one)
    async with database.begin() as conn:
        impact = await works(conn)
        await conn.rollback()
    assert (impact.moved, impact.at_risk) == (1, ())
    assert list((await witnesses(database)).values()) == [2]
    assert await buy(database, two)
    assert await buy(database, three)
    async with database.begin() as conn:
        done = await works(conn, (660, 780))
    assert [(lost.starts_at, lost.subject) for lost in done.at_risk] == [(NINE + HOUR, "s")]
    async with database.connect() as conn:
        states = text("SELECT array_agg(DISTINCT state ORDER BY state) FROM booking")
        assert (await conn.execute(states)).scalar_one() == ["at_risk", "sold"]
    assert await recover(database, SearchMemory(), NOW) == 0
    async with database.begin() as conn:
        await works(conn, (540, 780))
    assert await recover(database, SearchMemory(until=0), NOW) == 0, "no time is left"
    assert await recover(database, SearchMemory(), NOW) == 1
    assert len(await witnesses(database)) == 3


async def test_whoever_took_a_call_is_its_witness_and_their_other_call_is_reassigned(database: AsyncEngine) -> None:
    await opened(database, two_people())
    one, two = await invite(database, [(1, NINE + HOUR, TALK), (1, NINE + HOUR, TALK)])
    assert await buy(database, one)
    assert await buy(database, two)
    first, second = sorted(await witnesses(database))
    took = (await witnesses(database))[second]
    async with database.begin() as conn:
        taken = text("UPDATE call SET state = 'taken', person = :who WHERE booking = :one")
        await conn.execute(taken, {"who": took, "one": first})
    assert await pin_taken(database, NOW) == 1
    assert (await witnesses(database))[first] == took
    assert (await witnesses(database))[second] != took
    assert await pin_taken(database, NOW) == 0
    async with database.connect() as conn:
        pinned = text("SELECT booking FROM witness WHERE pinned")
        assert (await conn.execute(pinned)).scalars().all() == [first]
    other = (await witnesses(database))[second]
    await execute(database, f"UPDATE call SET person = {other} WHERE booking = {first}")
    assert await pin_taken(database, NOW) == 1, "somebody else has it now"
    assert await witnesses(database) == {first: other, second: took}
    await execute(database, f"UPDATE call SET state = 'waiting', person = NULL WHERE booking = {first}")
    assert await pin_taken(database, NOW) == 0
    async with database.connect() as conn:
        assert (await conn.execute(pinned)).scalars().all() == [], "it waits again, and may move again"
    assert await witnesses(database) == {first: other, second: took}


async def test_calls_taken_by_each_others_witnesses_swap_them_in_one_step(database: AsyncEngine) -> None:
    await opened(database, two_people())
    for link in await invite(database, [(1, NINE + HOUR, TALK), (1, NINE + HOUR, TALK), (1, NINE + 3 * HOUR, TALK)]):
        assert await buy(database, link)
    planned = await witnesses(database)
    first, second, later = sorted(planned)
    other = {planned[first]: planned[second], planned[second]: planned[first]}
    for booking in (first, second, later):
        taken_by = other[planned[booking]]
        await execute(database, f"UPDATE call SET state = 'taken', person = {taken_by} WHERE booking = {booking}")
    assert await pin_taken(database, NOW) == 3
    assert await witnesses(database) == {booking: other[person] for booking, person in planned.items()}
    async with database.connect() as conn:
        states = text("SELECT array_agg(DISTINCT state) FROM booking JOIN witness ON booking = id WHERE pinned")
        assert (await conn.execute(states)).scalar_one() == ["sold"], "none of them was lost on the way"


async def execute(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(text(statement))


async def test_concurrent_readers_load_the_board_once(
    database: AsyncEngine, crowd: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_board, "MANY", 1)
    await opened(database, two_people())
    (one,) = await invite(database, [(1, NINE + HOUR, TALK)])
    assert await buy(database, one)
    boards = board_cache.SeatBoards()

    async def look() -> load_board.Seats:
        async with crowd.connect() as conn:
            return await boards.current(conn, 1, NINE.date(), NINE.date())

    seen = await asyncio.gather(*(look() for _ in range(8)))
    assert len({id(seats) for seats in seen}) == 1
    assert list(seen[0].board.assignments) == list(await witnesses(database))


async def test_who_leaves_a_pool_leaves_its_seats_to_others(database: AsyncEngine) -> None:
    await opened(database, two_people())
    (one,) = await invite(database, [(1, NINE + HOUR, TALK)])
    assert await buy(database, one)
    async with database.begin() as conn:
        assert (await set_pool_members(conn, {2: [1]}, NOW)).moved == 1
        assert len((await set_pool_members(conn, {2: []}, NOW)).at_risk) == 1
        await conn.rollback()
    assert list((await witnesses(database)).values()) == [2]


async def test_who_can_be_spared_at_the_moment_of_a_round(database: AsyncEngine) -> None:
    await opened(database, two_people())
    during = (NINE + HOUR, NINE + 2 * HOUR)
    one, two = await invite(database, [(1, NINE + HOUR, TALK), (0, NINE + HOUR, TALK)])
    assert await buy(database, one)
    async with database.connect() as conn:
        assert await sparable(conn, [1, 2, 99], during, []) == {1, 2, 99}
        assert await sparable(conn, [1, 2, 99], during, [], until=0) == frozenset(), "no time is left"
    assert await buy(database, two)
    sold = await witnesses(database)
    async with database.connect() as conn:
        assert await sparable(conn, [1, 2], during, []) == frozenset()
        assert await sparable(conn, [1, 2], (during[0] + HOUR, during[1] + HOUR), []) == {1, 2}
        both = await sparable(conn, [1, 2], during, [one for one, who in sold.items() if who == 2])
        assert both == {2}


async def test_starts_that_short_moves_do_not_open_get_a_prepared_move(database: AsyncEngine) -> None:
    """A chain of five people, each call to be passed on to the next: too long for a page, short for the solver."""
    day = ((9 * 3600, 17 * 3600),)
    pools = {0: frozenset({1})} | {n: frozenset({n, n + 1}) for n in range(1, 5)}
    people = tuple(Member(n, 1, 1, 2, day) for n in range(1, 6))
    await opened(database, SampleDesk(people, pools, 1))
    chain = await invite(database, [(n, NINE + HOUR, TALK) for n in range(1, 5)])
    (last,) = await invite(database, [(0, NINE + HOUR, TALK)])
    for one in chain:
        assert await buy(database, one)
    async with database.begin() as conn:
        for row in (await conn.execute(text("SELECT booking, pool FROM witness ORDER BY pool DESC"))).all():
            await conn.execute(
                text("UPDATE witness SET person = :who, nth = 1, version = version + 9 WHERE booking = :one"),
                {"who": row.pool - 1, "one": row.booking},
            )
        await conn.execute(text("UPDATE desk_day SET version = version + 9"))
    assert 10.0 not in await free(database, last)
    assert not await buy(database, last)
    while await prepare_moves(database, SearchMemory(), NOW):
        pass
    assert 10.0 in await free(database, last)
    assert await buy(database, last)
    assert sorted((await witnesses(database)).values()) == [1, 2, 3, 4, 5]


async def test_a_refused_start_says_so(database: AsyncEngine) -> None:
    await opened(database, two_people())
    (one,) = await invite(database, [(0, NINE - HOUR, TALK)])
    async with database.begin() as conn:
        with pytest.raises(SlotTaken):
            await book(conn, one.escalation, one.link, one.start, TOKENS, NOW)
        await conn.rollback()
