"""Selling seats: the last one, fifty over overlapping pools, a whole day; beside a bare counter and beside counters
a pool. Every case is judged by an exact program built from the bookings alone.

Two hundred customers ask at once through eight connections; times are what they wait, their turn included.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.booking import SELLING
from bench.seat_counters import CLIENTS, Run, Wanted, ask_all, bare_counter, deadlocks, demand, pool_counters
from bench.seat_counters import prepare as prepare_counters
from bench.seat_desks import SampleDesk, sample_desk
from bench.seat_judge import can_serve_all
from bench.seat_shop import NOON, NOW, TOKENS, Asking, furnish, invite, sold_calls
from cli.stack import postgres
from config.settings import with_driver
from database.engine import open_engine
from database.stores.booking import book
from database.stores.seats.availability import BookingRequest
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.selling.queue import SaleRequest, Sellers
from domain.booking import SlotRefused, SlotTaken
from domain.seats.demand import Demand, Member

CONNECTIONS = 8
TEN = NOON + timedelta(hours=10)
TALK = 1800
DAY = ((9 * 3600, 17 * 3600),)


async def measure(cluster: postgres.Cluster) -> str:
    """The table, as Markdown."""
    runs = [
        *await _case(cluster, "last seat", *_last_seat()),
        *await _case(cluster, "50 seats, 4 overlapping pools, one start", *_fifty_seats()),
        *await _case(cluster, "a day of 50 people, 1,000 requests", *_whole_day()),
    ]
    lines = [
        f"{CLIENTS} customers at once, {CONNECTIONS} connections, fsync on. *Too many* is what an exact solver, given"
        " the bookings alone, can't serve. A sale of ours is the whole effect: link, booking, witnesses, call, join"
        " links, event, letter.",
        "",
        "| case | way | sold | too many | waited p50 / p99 ms | requests a second | deadlocks |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *(run.row for run in runs),
    ]
    return "\n".join(lines)


def _last_seat() -> tuple[SampleDesk, Wanted]:
    return SampleDesk((Member(1, 1, 1, 1, DAY),), {0: frozenset({1})}, 1), [(0, TEN, TALK)] * CLIENTS


def _fifty_seats() -> tuple[SampleDesk, Wanted]:
    people = tuple(Member(person, 1, 1, 2, DAY) for person in range(1, 51))
    pools = {pool: frozenset(range(pool * 10 + 1, pool * 10 + 21)) for pool in range(4)}
    rng = random.Random(1)
    return SampleDesk(people, pools, 1), [(rng.randrange(4), TEN, TALK) for _ in range(CLIENTS)]


def _whole_day() -> tuple[SampleDesk, Wanted]:
    desk, rng = sample_desk(50, 1, seed=7), random.Random(2)
    wanted = [
        (
            rng.choice(list(desk.pools)),
            NOON + timedelta(hours=8, minutes=15 * rng.randrange(40)),
            rng.choice((900, 1800, 2700)),
        )
        for _ in range(1000)
    ]
    return desk, wanted


async def _case(cluster: postgres.Cluster, case: str, desk: SampleDesk, wanted: Wanted) -> list[Run]:
    engine, name = _fresh(cluster)
    await furnish(engine, desk.members, desk.pools)
    asking = await invite(engine, wanted)
    sellers = Sellers(engine)
    before = deadlocks(cluster, name)
    got, waits, seconds = await ask_all([_buy(engine, sellers, one) for one in asking])
    async with engine.connect() as conn:
        calls = await sold_calls(conn)
    if can_serve_all(desk.members, desk.pools, calls) is not True or len(calls) != sum(got):
        raise AssertionError(f"{case}: {len(calls)} seats are sold and can't all be served")
    ours = Run(case, "ours", len(calls), len(calls), waits, seconds, deadlocks(cluster, name) - before)
    more = _refused_for_nothing(desk, calls, [one for one, yes in zip(asking, got, strict=True) if not yes])
    await prepare_counters(engine)
    bare = await bare_counter(cluster, engine, name, case, len(calls), len(asking))
    pools = await pool_counters(cluster, engine, name, case, desk, wanted)
    await engine.dispose()
    print(f"{case}: refused though a call of {TALK // 60} minutes could be served beside all: {more}")
    return [ours, bare, pools]


def _buy(engine: AsyncEngine, sellers: Sellers, one: Asking) -> Callable[[], Awaitable[bool]]:
    clock = asyncio.get_running_loop().time

    async def sale(request: BookingRequest) -> BookingWithCall:
        async with engine.begin() as conn:
            return await book(conn, one.escalation, one.link, one.start, TOKENS, NOW, request)

    async def ask() -> bool:
        try:
            await sellers.sell(SaleRequest(one.escalation, one.start, NOW, one.link), sale, clock() + SELLING)
        except (SlotTaken, SlotRefused):
            return False
        return True

    return ask


def _refused_for_nothing(desk: SampleDesk, calls: list[Demand], refused: Sequence[Asking]) -> str:
    """Of those refused, how many could be served beside all that was sold in the end; a sample where they are many."""
    sample = random.Random(4).sample(list(refused), min(len(refused), 12))
    kinds = {(one.pool, one.start): one for one in sample}
    more = sum(
        can_serve_all(desk.members, desk.pools, [*calls, demand(-1, one.pool, one.start, TALK)], 8.0) is True
        for one in kinds.values()
    )
    return f"{more} of {len(kinds)} looked at"


def _fresh(cluster: postgres.Cluster) -> tuple[AsyncEngine, str]:
    name = f"seats_{random.randrange(10**9)}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE muster")
    return open_engine(with_driver(cluster.url(name)), connections=CONNECTIONS, connect_timeout=120), name
