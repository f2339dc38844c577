"""The probe of a worker or ticker: it tells a part that is stuck from one that fails, and names it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import open_engine
from database.timeouts import TIMEOUTS
from tests.servers import free_port
from workers.probe import Probe, serving_probe
from workers.pulse import PULSES, Pulses
from workers.seat_keeper import run_seat_keeper


@dataclass
class Moment:
    """A clock that a test moves."""

    seconds: float = 1000.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def pulses(moment: Moment) -> Pulses:
    pulses = Pulses(moment.now)
    pulses.expect({"relay": 90, "polling": 30})
    return pulses


@pytest.fixture
def address(pulses: Pulses) -> Iterator[str]:
    with serving_probe(Probe("worker", pulses), "127.0.0.1", free_port()) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_process_that_has_just_begun_lives_but_is_not_ready(address: str) -> None:
    assert httpx.get(f"{address}/healthz").status_code == 200
    ready = httpx.get(f"{address}/readyz")
    assert ready.status_code == 503
    assert ready.json()["failing"] == ["relay", "polling"]
    assert ready.json()["process"] == "worker"


def test_it_is_ready_while_every_part_succeeds(address: str, pulses: Pulses, moment: Moment) -> None:
    pulses.worked("relay")
    moment.seconds += 29
    pulses.worked("polling")
    ready = httpx.get(f"{address}/readyz")
    assert ready.status_code == 200
    assert ready.json()["seconds_since_success"] == {"relay": 29, "polling": 0}


def test_a_part_that_tries_in_vain_fails_but_is_not_stuck(address: str, pulses: Pulses, moment: Moment) -> None:
    pulses.worked("relay")
    for _ in range(10):
        moment.seconds += 10
        pulses.worked("polling")
        pulses.tried("relay")
    assert httpx.get(f"{address}/healthz").status_code == 200, "a restart would change nothing"
    ready = httpx.get(f"{address}/readyz")
    assert (ready.status_code, ready.json()["failing"]) == (503, ["relay"])


def test_a_part_that_no_longer_tries_is_stuck(address: str, pulses: Pulses, moment: Moment) -> None:
    pulses.worked("relay")
    moment.seconds += 91
    pulses.worked("polling")
    stuck = httpx.get(f"{address}/healthz")
    assert (stuck.status_code, stuck.json()["stuck"]) == (503, ["relay"])


def test_a_part_that_runs_seldom_has_time_for_its_first_success(pulses: Pulses, moment: Moment) -> None:
    pulses.expect({"auditor": 900})
    moment.seconds += 899
    pulses.tried("auditor")
    assert pulses.failing() == []
    moment.seconds += 2
    assert pulses.failing() == ["auditor"]


def test_its_metrics_name_each_part(address: str, pulses: Pulses, moment: Moment) -> None:
    pulses.worked("relay")
    pulses.worked("relay")
    moment.seconds += 5
    figures = httpx.get(f"{address}/metrics").text
    for line in (
        'muster_part_working{part="relay"} 1.0',
        'muster_part_working{part="polling"} 0.0',
        'muster_part_seconds_since_success{part="relay"} 5.0',
        'muster_part_successes_total{part="relay"} 2.0',
    ):
        assert f"\n{line}\n" in figures
    assert 'seconds_since_success{part="polling"}' not in figures, "it has never succeeded"
    assert httpx.get(f"{address}/elsewhere").status_code == 404


async def test_it_answers_while_the_event_loop_stands_still(address: str, pulses: Pulses, moment: Moment) -> None:
    """This very test's event loop waits for the answer."""
    moment.seconds += 91
    assert status_of(f"{address}/healthz") == 503


def status_of(address: str) -> int:
    return httpx.get(address).status_code


def test_processes_on_one_machine_take_the_next_free_port(pulses: Pulses) -> None:
    probe, port = Probe("ticker", pulses), free_port()
    with serving_probe(probe, "127.0.0.1", port) as first, serving_probe(probe, "127.0.0.1", port) as second:
        assert first == port
        assert second is not None
        assert first < second <= port + 9
        assert httpx.get(f"http://127.0.0.1:{second}/metrics").is_success


def test_without_a_port_there_is_no_probe_and_the_work_goes_on(
    pulses: Pulses, caplog: pytest.LogCaptureFixture
) -> None:
    with serving_probe(Probe("ticker", pulses), "127.0.0.1", 0) as port:
        assert port is None
    with serving_probe(Probe("ticker", pulses), "203.0.113.1", free_port()) as port:
        assert port is None
    assert "probe not started" in caplog.text


async def test_a_loop_that_can_not_reach_the_database_reports_no_success(database_url: str) -> None:
    """Then the database is back, and it does."""
    PULSES.expect({"seat_keeper": 60})
    nowhere = open_engine(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", connections=1)
    here = open_engine(database_url, connections=3)
    try:
        await _keep_seats_for_a_moment(nowhere)
        assert PULSES.failing() == ["seat_keeper"]
        await _keep_seats_for_a_moment(here)
        assert PULSES.failing() == []
        assert PULSES.times() == {"seat_keeper": 1}
    finally:
        PULSES.expect({})
        await nowhere.dispose()
        await here.dispose()


async def _keep_seats_for_a_moment(engine: AsyncEngine) -> None:
    """One run: it ends before it looks at ``stop`` again."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_seat_keeper(engine, stop))
    await asyncio.sleep(0)
    stop.set()
    await running


async def test_time_outs_at_the_database_are_counted_by_kind(database_url: str) -> None:
    before = TIMEOUTS.by_kind.copy()
    engine = open_engine(database_url, connections=2)
    async with engine.connect() as holder, holder.begin():
        await holder.execute(text("LOCK TABLE desk IN ACCESS EXCLUSIVE MODE"))
        for setting, statement in (
            ("statement_timeout", "SELECT pg_sleep(9)"),
            ("lock_timeout", "SELECT * FROM desk"),
            ("transaction_timeout", "SELECT pg_sleep(9)"),
            ("lock_timeout", "SELECT 1 / 0"),
        ):
            with pytest.raises(SQLAlchemyError):
                await _run_within(engine, setting, statement)
    await engine.dispose()
    assert TIMEOUTS.by_kind - before == {"statement": 1, "lock": 1, "transaction": 1}


async def _run_within(engine: AsyncEngine, setting: str, statement: str) -> None:
    async with engine.begin() as conn:
        await conn.execute(text(f"SET LOCAL {setting} = '50ms'"))
        await conn.execute(text(statement))


async def test_a_server_that_says_nothing_is_counted_as_a_time_out_of_the_connection() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    before, port = TIMEOUTS.by_kind.copy(), free_port()
    engine = open_engine(f"postgresql://nobody@127.0.0.1:{port}/nothing", connections=1, connect_timeout=2)
    async with await asyncio.start_server(say_nothing, "127.0.0.1", port):
        with pytest.raises(SQLAlchemyError):
            async with engine.connect():
                pass
        await engine.dispose()
    assert TIMEOUTS.by_kind - before == {"connection": 1}
