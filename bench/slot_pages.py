"""The slot page: how long its free starts take, cold and warm, and how many of the sellable starts it offers."""

from __future__ import annotations

import random
import secrets
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from bench import seats
from bench.seat_desks import SampleDesk, fill, sample_desk, starts_of_day
from bench.seat_judge import can_serve_all
from bench.seat_shop import FIRST_DAY, NOW, Buyer, buy, furnish, invite, plain_decision
from bench.stack import running, until_it_answers
from cli.garbage_collection import collect_seldom
from cli.stack import postgres
from cli.stack.home import choose_ports
from config.settings import with_driver
from database.engine import open_engine
from database.migrate import upgrade
from database.stores.seats.availability import TRIES_A_PAGE, free_starts
from database.stores.seats.board_cache import BOARDS
from domain.seats.answers import TRIES_A_START
from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Member, Placement
from domain.seats.prepared_moves import find_prepared_moves
from domain.seats.search import Answer, find_place
from rules_dsl.model.decision import Decision, OpenHours

DAYS, ROUNDS = 14, 5
SIZES = (10, 100, 1000)
SHARES = (0.3, 0.7)
DAY_SECONDS = 24 * 3600
WITH_PREPARED_MOVES = "page with the seat keeper's prepared moves"


@asynccontextmanager
async def migrated(folder: Path) -> AsyncIterator[postgres.Cluster]:
    """Run PostgreSQL in this folder; its database ``muster`` is migrated and can be cloned."""
    port = choose_ports(("postgres",), 19600, {})["postgres"]
    cluster = postgres.Cluster(folder / "postgres", port, secrets.token_urlsafe(16))
    postgres.initialise(cluster)
    with running(postgres.command(cluster), folder / "postgres.log", **postgres.run_as()):
        await until_it_answers(cluster)
        postgres.ensure_database(cluster, "muster")
        upgrade(with_driver(cluster.url("muster")))
        yield cluster


async def selling_table(folder: Path) -> str:
    """What selling costs, as Markdown."""
    async with migrated(folder) as cluster:
        return await seats.measure(cluster)


async def pages_table(folder: Path) -> str:
    """What a page of free starts costs, as Markdown. Collects garbage as rarely as the web process does."""
    collect_seldom()
    async with migrated(folder) as cluster:
        pages = [await _page(cluster, agents, share) for agents in SIZES for share in SHARES]
    return _pages_table(pages)


def _pages_table(rows: list[str]) -> str:
    return "\n".join(
        [
            f"The free starts of {DAYS} days, a start every quarter of an hour from 8 to 18, one pool with two of five"
            f" people in it; medians of {ROUNDS} with the slowest, and the lowest CPU time of this process."
            " *Cold*: nothing cached. *After a sale*: one day has changed. *Warm*: nothing has changed. All times"
            " include the database.",
            "",
            "| people | sold | seats sold | cold ms | CPU | after a sale ms | CPU | warm ms | CPU | starts offered |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
        ]
    )


def _opening_hours() -> Decision:
    """A plan with starts from 8 to 18 every day."""
    plain = plain_decision()
    hours = OpenHours("Every day", "UTC", tuple((day, 8 * 60, 18 * 60) for day in range(7)))
    until = int((FIRST_DAY - NOW).total_seconds()) + DAYS * DAY_SECONDS
    return replace(plain, booking=replace(plain.booking, hours=hours, horizon=until))


async def _page(cluster: postgres.Cluster, agents: int, share: float) -> str:
    desk = sample_desk(agents, DAYS, seed=agents)
    name = f"pages_{secrets.token_hex(4)}"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE muster")
    engine = open_engine(with_driver(cluster.url(name)), connections=2, connect_timeout=60)
    await furnish(engine, desk.members, desk.pools)
    sold = _sell_days(cluster.url(name), desk, share)
    buyers = await invite(engine, [(1, FIRST_DAY + timedelta(days=1, hours=10), 1800)] * (ROUNDS + 1), _opening_hours())
    cold, again, warm = list[Timed](), list[Timed](), list[Timed]()
    await _timed(engine, buyers[-1])
    for round_ in range(ROUNDS):
        async with engine.connect() as conn:
            BOARDS.forget(conn, 1)
        cold.append(await _timed(engine, buyers[-1]))
        warm.append(await _timed(engine, buyers[-1]))
        await _sell_something(engine, buyers[round_])
        again.append(await _timed(engine, buyers[-1]))
    await engine.dispose()
    figures = " | ".join(
        f"{statistics.median(page.wall for page in pages):.0f} ({max(page.wall for page in pages):.0f})"
        f" | {min(page.cpu for page in pages):.0f}"
        for pages in (cold, again, warm)
    )
    return f"| {agents} | {share:.0%} | {sold} | {figures} | {again[-1].starts} |"


@dataclass(frozen=True)
class Timed:
    """One page: milliseconds of wall time and of this process's CPU time, and the number of starts."""

    wall: float
    cpu: float
    starts: int


async def _timed(engine: AsyncEngine, buyer: Buyer) -> Timed:
    async with engine.connect() as conn:
        began, cpu_before = time.perf_counter(), time.process_time()
        starts = await free_starts(conn, buyer.escalation, NOW)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu_before
        return Timed(wall * 1000, cpu * 1000, len(starts))


async def _sell_something(engine: AsyncEngine, buyer: Buyer) -> None:
    async with engine.connect() as conn:
        starts = await free_starts(conn, buyer.escalation, NOW)
    if starts:
        await buy(engine, replace(buyer, start=random.Random(5).choice(starts)))


def _sell_days(url: str, desk: SampleDesk, share: float) -> int:
    """Sell one day by the seat search and store it for every day, bypassing constraints: only reading is timed."""
    one_day = SampleDesk(tuple(_first_day(member) for member in desk.members), desk.pools, 1)
    board = one_day.board()
    fill(one_day, board, share, seed=11, solver=False, tries=0)
    rows = [
        (call, board.members[index].person, day) for day in range(DAYS) for call, index in board.assignments.values()
    ]
    day_slots: dict[tuple[int, int], int] = {}
    with psycopg.connect(url) as conn, conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("INSERT INTO seat_terms (terms) VALUES ('{}')")
        bookings = "COPY booking (id, escalation, link, pool, starts_at, seconds, occupies, booked_at) FROM STDIN"
        with cursor.copy(bookings) as copy:
            for number, (call, _, day) in enumerate(rows, 1):
                span = _span(call, day)
                escalation_id = f"00000000-0000-0000-0000-{number:012d}"
                copy.write_row((number, escalation_id, 10**6 + number, call.pool + 1, FIRST_DAY, 1800, span, FIRST_DAY))
        witnesses = "COPY witness (booking, pool, person, during, day, nth, version, terms) FROM STDIN"
        with cursor.copy(witnesses) as copy:
            for number, (call, person, day) in enumerate(rows, 1):
                nth = day_slots[person, day] = day_slots.get((person, day), 0) + 1
                date = FIRST_DAY.date() + timedelta(days=day)
                copy.write_row((number, call.pool + 1, person, _span(call, day), date, nth, 1, 1))
        for day in range(DAYS):
            cursor.execute("INSERT INTO desk_day VALUES (1, %s, 1)", [FIRST_DAY.date() + timedelta(days=day)])
        cursor.execute("SELECT setval('booking_id_seq', %s)", [len(rows) + 1])
        conn.commit()
        cursor.execute("ANALYZE")
        conn.commit()
    return len(rows)


def _first_day(member: Member) -> Member:
    shifts = tuple(span for span in member.shifts if span[0] < DAY_SECONDS)
    return Member(member.person, member.team, member.title, member.flexibility, shifts)


def _span(call: Demand, day: int) -> str:
    begin, end = (FIRST_DAY + timedelta(days=day, seconds=edge) for edge in (call.begin, call.end))
    return f"[{begin.isoformat()},{end.isoformat()})"


def share_table(agents: int = 40, share: float = 0.7, seeds: int = 3) -> str:
    """The share of the sellable starts that is offered, by the page alone and with the seat keeper's prepared moves."""
    pools = [_shares(agents, share, seed, pool) for seed in range(seeds) for pool in (0, 1, 6)]
    sellable, starts = sum(pool["sellable"] for pool in pools), sum(pool["starts"] for pool in pools)
    lines = [
        f"One day of {agents} people, {share:.0%} sold, {seeds} desks, three pools each: an exact solver finds"
        f" {sellable} of {starts} starts sellable, each on its own. The worst pool in brackets.",
        "",
        "| method | starts offered | share of the sellable |",
        "| --- | ---: | ---: |",
    ]
    for way in ("direct test", "one move", "page alone", WITH_PREPARED_MOVES):
        worst = min(pool[way] / pool["sellable"] for pool in pools if pool["sellable"])
        number = sum(pool[way] for pool in pools)
        lines.append(f"| {way} | {number} | {number / sellable:.0%} ({worst:.0%}) |")
    seconds = sum(pool["ms"] for pool in pools) / 1000
    maybe = sum(pool["maybe"] for pool in pools)
    lines += ["", f"The seat keeper searched {maybe} starts for {seconds:.1f} s in total."]
    return "\n".join(lines)


def _shares(agents: int, share: float, seed: int, pool: int) -> dict[str, int]:
    desk = sample_desk(agents, 1, seed)
    board = desk.board()
    fill(desk, board, share, seed)
    starts = starts_of_day(desk, 0, pool)
    direct = sum(board.can_take(start) != 0 for start in starts)
    alone, tries_left, answers = 0, TRIES_A_PAGE, {}
    for start in starts:
        depth = 1 if tries_left > 0 else 0
        found, spent = find_place(board, start, depth=depth, tries=min(tries_left, TRIES_A_START))
        tries_left -= spent
        alone += isinstance(found, Placement)
        answers[start] = find_place(board, start, depth=1, tries=TRIES_A_START)[0]
    maybe = [start for start, answer in answers.items() if answer is Answer.MAYBE]
    began = time.perf_counter()
    moves = find_prepared_moves(board, maybe, seconds=1.0, days={0})
    took = time.perf_counter() - began
    moved = sum(isinstance(answer, Placement) for answer in answers.values())
    return {
        "starts": len(starts),
        "direct test": direct,
        "page alone": alone,
        "one move": moved,
        WITH_PREPARED_MOVES: moved + len(moves),
        "sellable": moved + len(moves) + _missed(desk, board, [start for start in maybe if start not in moves]),
        "maybe": len(maybe),
        "ms": int(took * 1000),
    }


def _missed(desk: SampleDesk, board: SeatBoard, undecided: list[Demand]) -> int:
    """How many of these starts are sellable after all; those that the exact solver can't decide count too."""
    calls = [call for call, _ in board.assignments.values()]
    return sum(can_serve_all(desk.members, desk.pools, [*calls, start], 10.0) is not False for start in undecided)
