"""The peers of selling seats: one bare counter, and counters per pool; and the results of each run."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.seat_desks import SampleDesk
from bench.seat_judge import most_served
from bench.seat_shop import FIRST_DAY
from cli.stack import postgres
from domain.seats.demand import Demand, Member, Terms

CLIENTS = 200
SeatRequests = list[tuple[int, datetime, int]]
"""By customer: pool, start, seconds of talk."""
_COUNT = text("UPDATE counter SET taken = taken + 1 WHERE name = :name AND taken < cap")


@dataclass(frozen=True)
class Run:
    """The result of one way of selling in one case."""

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


async def send_all(requests: Sequence[Callable[[], Awaitable[bool]]]) -> tuple[list[bool], list[float], float]:
    """Send all, ``CLIENTS`` at a time: the answers, the wait of each in ms, and the seconds of all together."""
    turn = asyncio.Semaphore(CLIENTS)
    waits = [0.0] * len(requests)

    async def send(index: int) -> bool:
        async with turn:
            began = time.perf_counter()
            answer = await requests[index]()
            waits[index] = (time.perf_counter() - began) * 1000
            return answer

    began = time.perf_counter()
    answers = await asyncio.gather(*(send(index) for index in range(len(requests))))
    return list(answers), waits, time.perf_counter() - began


async def prepare(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE counter (name text PRIMARY KEY, taken int NOT NULL, cap int NOT NULL)"))


async def bare_counter(
    cluster: postgres.Cluster, engine: AsyncEngine, name: str, case: str, seats: int, clients: int
) -> Run:
    """The limit: incrementing one row, and nothing else."""
    async with engine.begin() as conn:
        await conn.execute(text("INSERT INTO counter VALUES ('bare', 0, :cap)"), {"cap": seats})

    async def increment() -> bool:
        async with engine.begin() as conn:
            return (await conn.execute(_COUNT, {"name": "bare"})).rowcount == 1

    before = deadlocks(cluster, name)
    answers, waits, seconds = await send_all([increment] * clients)
    return Run(case, "bare counter", sum(answers), sum(answers), waits, seconds, deadlocks(cluster, name) - before)


async def pool_counters(
    cluster: postgres.Cluster, engine: AsyncEngine, name: str, case: str, desk: SampleDesk, requests: SeatRequests
) -> Run:
    """The usual approach: in each quarter of an hour, sell as many seats of a pool as it has people on shift."""
    calls = [demand(number, *request) for number, request in enumerate(requests)]
    cells = {cell for call in calls for cell in _cells(call)}
    rows = [
        {"name": f"{pool}/{cell}", "cap": sum(_on(member, cell) for member in desk.members if member.person in people)}
        for pool, people in desk.pools.items()
        for cell in cells
    ]
    async with engine.begin() as conn:
        await conn.execute(text("INSERT INTO counter VALUES (:name, 0, :cap)"), rows)
    sold: list[Demand] = []

    def seller(call: Demand) -> Callable[[], Awaitable[bool]]:
        async def sell() -> bool:
            async with engine.connect() as conn:
                for cell in _cells(call):
                    if (await conn.execute(_COUNT, {"name": f"{call.pool}/{cell}"})).rowcount == 0:
                        return False
                await conn.commit()
            sold.append(call)
            return True

        return sell

    before = deadlocks(cluster, name)
    _, waits, seconds = await send_all([seller(call) for call in calls])
    served = most_served(desk.members, desk.pools, sold)
    return Run(case, "counters per pool", len(sold), served, waits, seconds, deadlocks(cluster, name) - before)


def demand(number: int, pool: int, start: datetime, talk: int) -> Demand:
    begin = int((start - FIRST_DAY).total_seconds())
    return Demand(number, pool, begin - 300, begin + talk + 300, 0, Terms())


def _cells(call: Demand) -> list[int]:
    return list(range(call.begin // 900, -(-call.end // 900)))


def _on(member: Member, cell: int) -> bool:
    return any(begin <= cell * 900 and (cell + 1) * 900 <= end for begin, end in member.shifts)


def deadlocks(cluster: postgres.Cluster, name: str) -> int:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        row = admin.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name]).fetchone()
    return int(row[0]) if row else 0
