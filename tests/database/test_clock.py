"""The clock by which processes decide: their own, corrected to the database's."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import PROCESS_CLOCK, CorrectedClock, current_time
from database.clock_reading import keep_clock, read_clock
from database.engine import open_engine
from tests.servers import free_port

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Machine:
    """A machine whose clock is ahead of the true time."""

    ahead: timedelta = timedelta(0)
    true_time: datetime = NOON

    def now(self) -> datetime:
        return self.true_time + self.ahead

    def read(self, clock: CorrectedClock, round_trip: timedelta = timedelta(0)) -> None:
        clock.learn(self.now(), self.true_time + round_trip / 2, round_trip)


def test_before_the_first_reading_the_machines_clock_counts() -> None:
    machine = Machine(ahead=timedelta(days=3))
    clock = CorrectedClock(machine.now)
    assert clock.now() == NOON + timedelta(days=3)
    assert clock.offset is None


@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(days=-3), 3 * SECOND])
def test_a_clock_that_is_off_is_corrected_however_long_the_answer_took(ahead: timedelta) -> None:
    machine = Machine(ahead)
    clock = CorrectedClock(machine.now)
    machine.read(clock, round_trip=0.8 * SECOND)
    assert clock.now() == NOON
    assert clock.offset == -ahead
    machine.true_time += timedelta(hours=1)
    assert clock.now() == NOON + timedelta(hours=1), "the last reading counts while the database is away"


def test_a_small_difference_is_measured_and_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(ahead=1.5 * SECOND)
    clock = CorrectedClock(machine.now)
    machine.read(clock)
    assert clock.now() == machine.now()
    assert clock.offset == -1.5 * SECOND
    assert caplog.text == ""


def test_a_slow_answer_proves_no_difference() -> None:
    machine = Machine()
    clock = CorrectedClock(machine.now)
    clock.learn(NOON, NOON, 6 * SECOND)  # the answer may be as old as the question
    assert not clock.differs


def test_a_difference_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(ahead=2.5 * SECOND)
    clock = CorrectedClock(machine.now)
    for ahead in (2.5, 2.4, 1.9, 2.1, 2.5):
        machine.ahead = ahead * SECOND
        machine.read(clock)
    assert [record.getMessage() for record in caplog.records] == [
        "clock differs, using the database's offset=-2.5 s",
    ]
    machine.ahead = 0 * SECOND
    machine.read(clock)
    machine.read(clock)
    assert [record.getMessage() for record in caplog.records][1:] == ["clock agrees with the database's again"]
    assert clock.now() == NOON


def test_a_clock_that_jumps_is_followed_and_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(ahead=timedelta(days=3))
    clock = CorrectedClock(machine.now)
    machine.read(clock)
    machine.ahead = timedelta(hours=-1)
    machine.read(clock)
    assert clock.now() == NOON
    assert len(caplog.records) == 2


def test_jitter_does_not_move_time_back_and_forth() -> None:
    machine = Machine(ahead=timedelta(days=3))
    clock = CorrectedClock(machine.now)
    machine.read(clock)
    for jitter in (-0.2, 0.1, -0.05):
        clock.learn(machine.now(), machine.true_time + jitter * SECOND, timedelta(0))
        assert clock.now() == NOON


async def test_the_databases_clock_is_read_on_the_first_connection(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PROCESS_CLOCK, "_system", lambda: datetime.now(UTC) + timedelta(days=3))
    engine = open_engine(database_url, connections=1)
    try:
        async with engine.connect() as conn:
            truth = (await conn.execute(text("SELECT clock_timestamp()"))).scalar_one()
            assert abs(current_time() - truth) < timedelta(hours=1)
        monkeypatch.undo()
        await read_clock(engine)
        assert abs(current_time() - truth) < timedelta(hours=1)
    finally:
        await engine.dispose()


async def test_readings_go_on_after_an_outage(database: AsyncEngine) -> None:
    stop, clock = asyncio.Event(), CorrectedClock()
    nowhere = open_engine(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing", connections=1)
    away = asyncio.create_task(keep_clock(nowhere, stop, clock))
    await asyncio.sleep(0.7)
    assert clock.offset is None
    assert not away.done(), "an unreachable database stops nothing"
    back = asyncio.create_task(keep_clock(database, stop, clock))
    deadline = time.monotonic() + 20
    while clock.offset is None:
        assert time.monotonic() < deadline, "the clock is not read"
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(away, back)
    await nowhere.dispose()
