"""A complete embedded stack under load: `muster up` in its own home, with many agents."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import psutil
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from bench.stack import EXAMPLES, ROUND_THE_CLOCK
from cli.stack.home import Home, choose_ports
from config.settings import with_driver
from config.temporal import DATA_CONVERTER
from database.engine import open_engine
from database.stores.access.sessions import begin_session
from database.stores.escalations.commands import EscalationCommands
from database.stores.escalations.open import open_or_refuse
from database.stores.seats.availability import free_starts
from database.tables.customer_link import customer_link
from domain.escalation import Customer, Mode, Opening, Ticket
from domain.ids import Tokens

RULES = """rules for "Harbor Boats support"
  time zone Europe/Copenhagen
  currency EUR

hours "always" are Mon to Sun 00:00 to 24:00

by default
  order by least busy, then longest idle

rule "Engines"
  when product area is engine
  require skill "diesel"
  send to team "Support", title "Advisor"

otherwise
  send to team "Support", title "Advisor"

booking
  slots of 10 minutes
  start every 10 minutes
  notice of 10 seconds
  up to 12 hours ahead
  during hours "always"

calls
  prepare 1 minute before
  offer for 45 seconds
  wait 10 minutes for the customer
  wrap-up of 5 minutes
"""
SCARCE = 0.4
"""The share of calls that require a skill, and of advisors who have it."""
FACTS = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 7200}
IN_FLIGHT = 8


@dataclass(frozen=True)
class Stack:
    home: Home
    port: int
    engine: AsyncEngine
    client: Client

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens((self.home.folder / "secret").read_text().strip().encode())

    @cached_property
    def commands(self) -> EscalationCommands:
        return EscalationCommands(self.engine, self.tokens)

    def busy(self) -> dict[str, float]:
        """CPU seconds so far, by child, each with its own children."""
        return {name: _seconds(running.pid) for name, running in self.home.read_record().children.items()}


def _seconds(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        return sum(sum(process.cpu_times()[:2]) for process in (parent, *parent.children(recursive=True)))
    return 0.0


@contextlib.contextmanager
def _up(folder: Path, port: int) -> Iterator[Home]:
    rules, directory = folder / "flock.rules", folder / "flock.json"
    rules.write_text(RULES)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "TEMPORAL_"))}
    home = Home(folder / "home")
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", f"--rules={rules}", f"--directory={directory}"],
            env={**environment, "MUSTER_HOME": str(home.folder), "MUSTER_PORT": str(port)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 180
        while not home.read_record().ready:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "up.log").read_text())
            time.sleep(0.1)
        yield home
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.asynccontextmanager
async def running(folder: Path, advisors: int) -> AsyncIterator[Stack]:
    """Run a stack with this many advisors on shift around the clock; yields once it is ready."""
    folder.chmod(0o755)  # noqa: ASYNC240
    (folder / "flock.json").write_text(json.dumps(_directory(advisors)))
    port = choose_ports(("web",), 19500, {})["web"]
    with _up(folder, port) as home:
        record = home.read_record()
        engine = open_engine(with_driver(record.database_url), connections=16)
        client = await Client.connect(record.temporal_address, data_converter=DATA_CONVERTER)
        yield Stack(home, port, engine, client)
        await engine.dispose()


def has_scarce_skill(number: int) -> bool:
    """Whether the call with this number requires the scarce skill, or the advisor has it."""
    return number % 5 < 5 * SCARCE


def _directory(advisors: int) -> object:
    data = json.loads((EXAMPLES / "small_team.directory.json").read_text())
    pattern = next(person for person in data["people"] if person["title"] == "Advisor")
    people = [person for person in data["people"] if person["title"] != "Advisor"]
    people += [
        {**pattern, "name": f"Advisor {number}", "email": f"advisor{number}@harborboats.example"}
        | {"skills": {"diesel": 3} if has_scarce_skill(number) else {"sails": 3}}
        for number in range(advisors)
    ]
    data["people"] = [{**person, "shifts": ROUND_THE_CLOCK} for person in people]
    return data


async def sessions(stack: Stack, count: int) -> list[str]:
    """Session cookies of this many advisors."""
    now = datetime.now(UTC)
    async with stack.engine.begin() as conn:
        query = text("SELECT id FROM person WHERE name LIKE 'Advisor %' ORDER BY id LIMIT :count")
        cookies = []
        for person in (await conn.execute(query, {"count": count})).scalars().all():
            cookies.append(secrets.token_urlsafe(32))
            await begin_session(conn, person, cookies[-1], now, now + timedelta(hours=2))
    return cookies


async def open_many(stack: Stack, name: str, numbers: Iterable[int]) -> list[str]:
    """Open escalations with these numbers, if they aren't open, with customer links; returns the ids of all.

    Their workflows may not have started yet.
    """
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def open_one(number: int) -> str:
        area = {"product area": "engine"} if has_scarce_skill(number) else {}
        opening = Opening(
            Ticket("bench", f"{name}-{number}", "https://bench.example/1", "A call", FACTS | area),
            Customer(f"Customer {number}", f"{name}{number}@example.com", "Europe/Copenhagen"),
            Mode.BOOKING,
            "api:bench",
        )
        async with gate:
            opened = await open_or_refuse(stack.engine, opening, stack.tokens, datetime.now(UTC))
        return opened.escalation_id

    return list(await asyncio.gather(*(open_one(number) for number in numbers)))


async def book(stack: Stack, name: str, count: int) -> list[str]:
    """Open and book this many escalations, as customers do; returns their ids."""
    gate = asyncio.Semaphore(IN_FLIGHT)
    escalations = await open_many(stack, name, range(count))
    await until_relayed(stack)
    start = await _start(stack, escalations[0])

    async def take(escalation: str) -> None:
        async with gate:
            async with stack.engine.connect() as conn:
                query = select(customer_link.c.id).where(customer_link.c.escalation == escalation)
                link = (await conn.execute(query)).scalar_one()
            await stack.commands.book(escalation, link, start)

    await asyncio.gather(*(take(escalation) for escalation in escalations))
    return escalations


async def until_relayed(stack: Stack) -> None:
    """Wait until the relay has sent every event, so that every workflow has started."""
    while True:
        async with stack.engine.connect() as conn:
            unrelayed = await conn.execute(text("SELECT count(*) FROM escalation_event WHERE told_at IS NULL"))
            if not unrelayed.scalar_one():
                return
        await asyncio.sleep(0.3)


async def _start(stack: Stack, escalation: str) -> datetime:
    """A start late enough that nothing else becomes due during the run."""
    now = datetime.now(UTC)
    async with stack.engine.connect() as conn:
        starts = await free_starts(conn, escalation, now)
    return next(start for start in starts if start > now + timedelta(hours=3))


async def all_due(stack: Stack, escalations: Sequence[str], at: datetime) -> None:
    """Make the search for these calls begin at the same time."""
    async with stack.engine.begin() as conn:
        await conn.execute(
            text(
                "UPDATE call SET muster_at = :at, starts_at = :at WHERE escalation = ANY(:which) AND state = 'waiting'"
            ),
            {"at": at, "which": list(escalations)},
        )
