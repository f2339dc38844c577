"""A part of a process: whatever fails in it is logged, counted and tried again, and the other parts go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import open_engine
from workers.part import Part, keep_running
from workers.pulse import PULSES
from workers.seat_keeper import run_seat_keeper


@pytest.fixture(autouse=True)
def expected() -> Iterator[None]:
    PULSES.expect({"part": 60, "seat_keeper": 60})
    yield
    PULSES.expect({})


def fail(error: Exception) -> None:
    raise error


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.exc_info]


def test_a_run_has_worked_only_if_each_step_has(caplog: pytest.LogCaptureFixture) -> None:
    part, done = Part("part"), list[str]()
    with part.run():
        for step in ("one", "two", "three"):
            with part.step(step):
                if step == "two":
                    fail(OSError("no space"))
                done.append(step)
    assert done == ["one", "three"]
    assert (PULSES.times()["part"], PULSES.failures()["part"]) == (0, 1)
    assert "part failed, retrying part=part step=two error=OSError" in caplog.text
    with part.run(), part.step("two"):
        pass
    assert (PULSES.times()["part"], PULSES.failures()["part"]) == (1, 1)


def test_an_unexpected_error_is_logged_with_its_traceback_once_and_counted_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    part = Part("part")
    for _ in range(3):
        with part.run():
            fail(LookupError("a bug"))
    with part.run():
        fail(AttributeError("another"))
    with part.run():
        fail(ConnectionError("an outage"))
    assert [line.partition(" error=")[2].partition("@")[0] for line in tracebacks(caplog)] == [
        "LookupError",
        "AttributeError",
    ]
    assert PULSES.failures()["part"] == 5


async def test_after_unexpected_errors_news_do_not_shorten_the_pause() -> None:
    part, stop, news = Part("part"), asyncio.Event(), asyncio.Event()
    news.set()
    with part.run():
        fail(ConnectionError("an outage"))
    await part.pause(stop, 3600, news)
    with part.run():
        fail(LookupError("a bug"))
    pausing = asyncio.create_task(part.pause(stop, 3600, news))
    await asyncio.sleep(0.05)
    assert not pausing.done()
    stop.set()
    await pausing


async def test_work_that_an_error_ends_is_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    begun, stop = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            fail(LookupError("a bug"))

    async with asyncio.TaskGroup() as group:
        group.create_task(keep_running(Part("part"), work, stop))
    assert begun == 2
    assert len(tracebacks(caplog)) == 1


async def test_a_seat_keeper_of_which_one_step_fails_has_not_worked(database: AsyncEngine, database_url: str) -> None:
    async with database.begin() as conn:
        await conn.execute(text("ALTER TABLE witness RENAME TO elsewhere"))
    stop, engine = asyncio.Event(), open_engine(database_url, connections=3)
    running = asyncio.create_task(run_seat_keeper(engine, stop))
    await asyncio.sleep(0)
    stop.set()
    await running
    await engine.dispose()
    assert PULSES.times()["seat_keeper"] == 0
    assert PULSES.failures()["seat_keeper"] > 0
