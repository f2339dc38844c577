"""The servers for benchmarks: PostgreSQL with fsync on, and Temporal's development server with a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import statistics
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.dependencies import Dependencies
from cli.stack import postgres, temporal
from cli.stack.home import choose_ports
from cli.stack.process import die_with_parent
from config.settings import with_driver
from config.temporal import DATA_CONVERTER
from database.engine import open_engine
from database.migrate import upgrade
from database.stores.rules.versions import publish
from database.stores.staff.seed import seed_directory
from domain.ids import Tokens
from rules_dsl.directory import Directory

EXAMPLES = Path(__file__).parents[1] / "examples"
ROUND_THE_CLOCK = [{"days": "Mon-Sun", "from": "00:00", "to": "24:00", "time_zone": "Europe/Copenhagen"}]


@dataclass(frozen=True)
class Bench:
    engine: AsyncEngine
    client: Client
    dependencies: Dependencies
    cluster: postgres.Cluster
    temporal: subprocess.Popen[bytes]

    def url_of(self, database: str) -> str:
        return with_driver(self.cluster.url(database))

    def copy_database(self, name: str) -> None:
        """Copy the database, to which nobody may be connected."""
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as connection:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE muster")
            connection.execute(copy.format(sql.Identifier(name)))

    def stop_temporal(self) -> None:
        self.temporal.kill()
        self.temporal.wait()


@contextlib.contextmanager
def running(command: tuple[str, ...], log: Path, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` as a child with its output in ``log`` until the block ends. ``options`` are of ``Popen``."""
    with log.open("wb") as out:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=die_with_parent(postgres.STOP_SIGNAL),
            **{"cwd": "/", **options},  # type: ignore[call-overload]
        )
    try:
        yield process
    finally:
        process.send_signal(postgres.STOP_SIGNAL)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            # Results matter more than a clean exit of a worker with thousands of workflows in memory.
            process.kill()
            process.wait(30)


@contextlib.asynccontextmanager
async def benched(folder: Path, people: int) -> AsyncIterator[Bench]:
    """Run the servers with a new database: ``people`` advisors on shift around the clock, and quick.rules."""
    ports = choose_ports(("postgres", "temporal", "ui"), 19000, {})
    cluster = postgres.Cluster(folder / "postgres", ports["postgres"], secrets.token_urlsafe(16))
    server = temporal.Server(folder / "temporal.db", ports["temporal"], ports["ui"])
    postgres.initialise(cluster)
    environment = {**os.environ, **temporal.ENVIRONMENT}
    with (
        running(postgres.command(cluster), folder / "postgres.log", **postgres.run_as()),
        running(temporal.command(server), folder / "temporal.log", env=environment) as serving,
    ):
        await until_it_answers(cluster)
        postgres.ensure_database(cluster, "muster")
        url = with_driver(cluster.url("muster"))
        upgrade(url)
        engine = open_engine(url, connections=20)
        await furnish(engine, people)
        client = await _connected(server.address)
        yield Bench(engine, client, Dependencies(engine, Tokens(secrets.token_bytes(32))), cluster, serving)
        await engine.dispose()


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


async def until_it_answers(cluster: postgres.Cluster) -> None:
    for _ in range(300):
        if postgres.answers(cluster.url("postgres")):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("PostgreSQL did not start")


async def furnish(engine: AsyncEngine, people: int) -> None:
    """Seed ``people`` advisors on shift around the clock, and publish quick.rules."""
    data = json.loads((EXAMPLES / "small_team.directory.json").read_text())
    pattern = next(person for person in data["people"] if person["title"] == "Advisor")
    advisors = [
        {**pattern, "name": f"Advisor {number}", "email": f"advisor{number}@harborboats.example"}
        for number in range(people)
    ]
    data["people"] += advisors
    for person in data["people"]:
        person["shifts"] = ROUND_THE_CLOCK
    now = datetime.now(UTC)
    async with engine.begin() as conn:
        await seed_directory(conn, Directory.from_json(data), [], now)
        await publish(conn, (EXAMPLES / "quick.rules").read_text(), "bench", "seeded", None, now)


async def _connected(address: str) -> Client:
    while True:
        try:
            return await Client.connect(address, data_converter=DATA_CONVERTER)
        except RuntimeError:
            await asyncio.sleep(0.2)
