"""Selling seats: the last one, fifty over overlapping pools, a whole day; beside a bare counter and beside counters
a pool. Every case is judged by an exact program built from the bookings alone.

Two hundred customers ask at once through eight connections; times are what they wait, their turn included.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.booking import TURN
from bench.seat_desks import SampleDesk, sample_desk
from bench.seat_judge import can_serve_all, most_served
from bench.seat_shop import NOON, NOW, Asking, buy, furnish, invite, sold_calls
from cli.stack import postgres
from config.settings import with_driver
from database.engine import open_engine
from database.stores.making_room import make_room, worth_looking
from domain.seat_terms import Demand, Member, Terms

CLIENTS, CONNECTIONS = 200, 8
TEN = NOON + timedelta(hours=10)
TALK = 1800
DAY = ((9 * 3600, 17 * 3600),)
_COUNT = text("UPDATE counter SET taken = taken + 1 WHERE name = :name AND taken < cap")


@dataclass(frozen=True)
class Run:
    """What one way of selling did in one case."""

    case: str
    way: str
    sold: int
    can_be_served: int
    waits: Sequence[float]
    seconds: float
    deadlocks: int

    @property
    def row(self) -> str:
        ordered = sorted(self.waits)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return (
            f"| {self.case} | {self.way} | {self.sold} | {self.sold - self.can_be_served} |"
            f" {statistics.median(ordered):.0f} / {p99:.0f} | {len(ordered) / self.seconds:.0f} | {self.deadlocks} |"
        )


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


Wanted = list[tuple[int, datetime, int]]


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
    before = _deadlocks(cluster, name)
    got, waits, seconds = await _ask([_buy(engine, one) for one in asking])
    async with engine.connect() as conn:
        calls = await sold_calls(conn)
    if can_serve_all(desk.members, desk.pools, calls) is not True or len(calls) != sum(got):
        raise AssertionError(f"{case}: {len(calls)} seats are sold and can't all be served")
    ours = Run(case, "ours", len(calls), len(calls), waits, seconds, _deadlocks(cluster, name) - before)
    more = _refused_for_nothing(desk, calls, [one for one, yes in zip(asking, got, strict=True) if not yes])
    await _prepare_counters(engine)
    bare = await _counter(cluster, engine, name, case, len(calls), len(asking))
    pools = await _pool_counters(cluster, engine, name, case, desk, wanted)
    await engine.dispose()
    print(f"{case}: refused though a call of {TALK // 60} minutes could be served beside all: {more}")
    return [ours, bare, pools]


def _buy(engine: AsyncEngine, one: Asking) -> Callable[[], Awaitable[bool]]:
    looking = _LOOKING

    async def ask() -> bool:
        if await buy(engine, one):
            return True
        if not await worth_looking(engine, one.escalation, one.start, NOW):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN):
                await looking.acquire()
            try:
                found = await make_room(engine, one.escalation, one.start, NOW)
            finally:
                looking.release()
            return found and await buy(engine, one)
        return False

    return ask


_LOOKING = asyncio.Lock()


async def _ask(asks: Sequence[Callable[[], Awaitable[bool]]]) -> tuple[list[bool], list[float], float]:
    """What each was answered, how long each waited in ms, and how many seconds all took; ``CLIENTS`` at a time."""
    turn = asyncio.Semaphore(CLIENTS)
    waits = [0.0] * len(asks)

    async def one(place: int) -> bool:
        async with turn:
            began = time.perf_counter()
            answer = await asks[place]()
            waits[place] = (time.perf_counter() - began) * 1000
            return answer

    began = time.perf_counter()
    got = await asyncio.gather(*(one(place) for place in range(len(asks))))
    return list(got), waits, time.perf_counter() - began


async def _prepare_counters(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE counter (name text PRIMARY KEY, taken int NOT NULL, cap int NOT NULL)"))


async def _counter(
    cluster: postgres.Cluster, engine: AsyncEngine, name: str, case: str, seats: int, clients: int
) -> Run:
    """The limit: one row counted up, and nothing else."""
    async with engine.begin() as conn:
        await conn.execute(text("INSERT INTO counter VALUES ('bare', 0, :cap)"), {"cap": seats})

    async def ask() -> bool:
        async with engine.begin() as conn:
            return (await conn.execute(_COUNT, {"name": "bare"})).rowcount == 1

    before = _deadlocks(cluster, name)
    got, waits, seconds = await _ask([ask] * clients)
    return Run(case, "bare counter", sum(got), sum(got), waits, seconds, _deadlocks(cluster, name) - before)


async def _pool_counters(
    cluster: postgres.Cluster, engine: AsyncEngine, name: str, case: str, desk: SampleDesk, wanted: Wanted
) -> Run:
    """As is often done: so many of each pool at each quarter of an hour as there are people of it on shift."""
    calls = [_demand(number, *one) for number, one in enumerate(wanted)]
    cells = {cell for call in calls for cell in _cells(call)}
    rows = [
        {"name": f"{pool}/{cell}", "cap": sum(_on(member, cell) for member in desk.members if member.person in people)}
        for pool, people in desk.pools.items()
        for cell in cells
    ]
    async with engine.begin() as conn:
        await conn.execute(text("INSERT INTO counter VALUES (:name, 0, :cap)"), rows)
    sold: list[Demand] = []

    def asker(call: Demand) -> Callable[[], Awaitable[bool]]:
        async def ask() -> bool:
            async with engine.connect() as conn:
                for cell in _cells(call):
                    if (await conn.execute(_COUNT, {"name": f"{call.pool}/{cell}"})).rowcount == 0:
                        return False
                await conn.commit()
            sold.append(call)
            return True

        return ask

    before = _deadlocks(cluster, name)
    _, waits, seconds = await _ask([asker(call) for call in calls])
    served = most_served(desk.members, desk.pools, sold)
    return Run(case, "counters a pool", len(sold), served, waits, seconds, _deadlocks(cluster, name) - before)


def _demand(number: int, pool: int, start: datetime, talk: int) -> Demand:
    begin = int((start - NOON).total_seconds())
    return Demand(number, pool, begin - 300, begin + talk + 300, 0, Terms())


def _cells(call: Demand) -> list[int]:
    return list(range(call.begin // 900, -(-call.end // 900)))


def _on(member: Member, cell: int) -> bool:
    return any(begin <= cell * 900 and (cell + 1) * 900 <= end for begin, end in member.shifts)


def _refused_for_nothing(desk: SampleDesk, calls: list[Demand], refused: Sequence[Asking]) -> str:
    """Of those refused, how many could be served beside all that was sold in the end; a sample where they are many."""
    sample = random.Random(4).sample(list(refused), min(len(refused), 12))
    kinds = {(one.pool, one.start): one for one in sample}
    more = sum(
        can_serve_all(desk.members, desk.pools, [*calls, _demand(-1, one.pool, one.start, TALK)], 8.0) is True
        for one in kinds.values()
    )
    return f"{more} of {len(kinds)} looked at"


def _fresh(cluster: postgres.Cluster) -> tuple[AsyncEngine, str]:
    name = f"seats_{random.randrange(10**9)}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE muster")
    return open_engine(with_driver(cluster.url(name)), connections=CONNECTIONS, connect_timeout=120), name


def _deadlocks(cluster: postgres.Cluster, name: str) -> int:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        row = admin.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name]).fetchone()
    return int(row[0]) if row else 0
