"""Selling seats: the last one, fifty in overlapping pools, a whole day; compared with a bare counter and with counters
per pool. An exact program, built from the bookings only, checks every case.

Two hundred customers send requests concurrently through eight connections; times include waiting for their turn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.seat_counters import CLIENTS, Run, SeatRequests, bare_counter, deadlocks, demand, pool_counters, send_all
from bench.seat_counters import prepare as prepare_counters
from bench.seat_desks import SampleDesk, sample_desk
from bench.seat_judge import can_serve_all
from bench.seat_shop import FIRST_DAY, NOW, TOKENS, Buyer, furnish, invite, sold_calls
from cli.stack import postgres
from config.settings import with_driver
from database.engine import open_engine
from database.stores.booking import book
from database.stores.seats.availability import BookingRequest
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.selling.queue import SaleRequest, Sellers
from domain.booking import SlotRefused, SlotTaken
from domain.deadlines import SALE
from domain.seats.demand import Demand, Member

CONNECTIONS = 8
TEN = FIRST_DAY + timedelta(hours=10)
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
        f"{CLIENTS} concurrent customers, {CONNECTIONS} connections, fsync on. *Oversold* are the seats that an exact"
        " solver, given only the bookings, can't serve. A sale by Muster is the complete effect: link, booking,"
        " witnesses, call, join links, event, letter.",
        "",
        "| case | way | sold | oversold | waited p50 / p99 ms | requests per second | deadlocks |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *(run.row for run in runs),
    ]
    return "\n".join(lines)


def _last_seat() -> tuple[SampleDesk, SeatRequests]:
    return SampleDesk((Member(1, 1, 1, 1, DAY),), {0: frozenset({1})}, 1), [(0, TEN, TALK)] * CLIENTS


def _fifty_seats() -> tuple[SampleDesk, SeatRequests]:
    people = tuple(Member(person, 1, 1, 2, DAY) for person in range(1, 51))
    pools = {pool: frozenset(range(pool * 10 + 1, pool * 10 + 21)) for pool in range(4)}
    rng = random.Random(1)
    return SampleDesk(people, pools, 1), [(rng.randrange(4), TEN, TALK) for _ in range(CLIENTS)]


def _whole_day() -> tuple[SampleDesk, SeatRequests]:
    desk, rng = sample_desk(50, 1, seed=7), random.Random(2)
    requests = [
        (
            rng.choice(list(desk.pools)),
            FIRST_DAY + timedelta(hours=8, minutes=15 * rng.randrange(40)),
            rng.choice((900, 1800, 2700)),
        )
        for _ in range(1000)
    ]
    return desk, requests


async def _case(cluster: postgres.Cluster, case: str, desk: SampleDesk, requests: SeatRequests) -> list[Run]:
    engine, name = _fresh(cluster)
    await furnish(engine, desk.members, desk.pools)
    buyers = await invite(engine, requests)
    sellers = Sellers(engine)
    before = deadlocks(cluster, name)
    answers, waits, seconds = await send_all([_buy(engine, sellers, buyer) for buyer in buyers])
    async with engine.connect() as conn:
        calls = await sold_calls(conn)
    if can_serve_all(desk.members, desk.pools, calls) is not True or len(calls) != sum(answers):
        raise AssertionError(f"{case}: not all of the {len(calls)} sold seats can be served")
    ours = Run(case, "Muster", len(calls), len(calls), waits, seconds, deadlocks(cluster, name) - before)
    refused = [buyer for buyer, sold in zip(buyers, answers, strict=True) if not sold]
    servable = _wrongly_refused(desk, calls, refused)
    await prepare_counters(engine)
    bare = await bare_counter(cluster, engine, name, case, len(calls), len(buyers))
    pools = await pool_counters(cluster, engine, name, case, desk, requests)
    await engine.dispose()
    print(f"{case}: refused, although a call of {TALK // 60} minutes could be added: {servable}")
    return [ours, bare, pools]


def _buy(engine: AsyncEngine, sellers: Sellers, buyer: Buyer) -> Callable[[], Awaitable[bool]]:
    clock = asyncio.get_running_loop().time

    async def sale(request: BookingRequest) -> BookingWithCall:
        async with engine.begin() as conn:
            return await book(conn, buyer.escalation, buyer.link, buyer.start, TOKENS, NOW, request)

    async def sell() -> bool:
        try:
            await sellers.sell(
                SaleRequest(buyer.escalation, buyer.start, NOW, buyer.link), sale, clock() + SALE.total_seconds()
            )
        except (SlotTaken, SlotRefused):
            return False
        return True

    return sell


def _wrongly_refused(desk: SampleDesk, calls: list[Demand], refused: Sequence[Buyer]) -> str:
    """How many of those refused could be served in addition to everything sold in the end; checks a sample."""
    sample = random.Random(4).sample(list(refused), min(len(refused), 12))
    kinds = {(buyer.pool, buyer.start) for buyer in sample}
    servable = sum(
        can_serve_all(desk.members, desk.pools, [*calls, demand(-1, pool, start, TALK)], 8.0) is True
        for pool, start in kinds
    )
    return f"{servable} of {len(kinds)} checked"


def _fresh(cluster: postgres.Cluster) -> tuple[AsyncEngine, str]:
    name = f"seats_{random.randrange(10**9)}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE muster")
    return open_engine(with_driver(cluster.url(name)), connections=CONNECTIONS, connect_timeout=120), name
