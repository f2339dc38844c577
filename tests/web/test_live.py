"""Live streams: everything first, then notifications, lost connections, and a prompt end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.listening import EVERYTHING
from database.stores.journal.timeline import notify
from domain.ids import LIVE_CHANNEL
from web import live as live_module
from web.live import Live, StreamEvent, event_stream


@pytest.fixture
async def live(database_url: str, database: AsyncEngine) -> AsyncIterator[Live]:
    started = Live(database_url)
    await started.start()
    yield started
    await started.stop()


async def tell(engine: AsyncEngine, payload: str) -> None:
    async with engine.begin() as conn:
        await notify(conn, LIVE_CHANNEL, payload)


async def until(queue: asyncio.Queue[str | None], wanted: str | None) -> None:
    async with asyncio.timeout(10):
        while await queue.get() != wanted:
            pass


async def listening(engine: AsyncEngine) -> None:
    """Return once the process listens."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
    async with asyncio.timeout(10):
        while True:
            async with engine.connect() as conn:
                if (await conn.execute(query)).scalar_one():
                    return
            await asyncio.sleep(0.02)


async def test_a_stream_begins_with_everything(live: Live, database: AsyncEngine) -> None:
    with live.subscribe() as queue:
        assert await queue.get() == EVERYTHING
        await listening(database)
        await tell(database, "person:7")
        await until(queue, "person:7")


async def test_a_lost_connection_is_renewed_and_everything_read_again(live: Live, database: AsyncEngine) -> None:
    with live.subscribe() as queue:
        assert await queue.get() == EVERYTHING
        await listening(database)
        await tell(database, "person:7")
        await until(queue, "person:7")
        async with database.begin() as conn:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'muster listening'"
            await conn.execute(text(ended + " AND datname = current_database()"))
        await until(queue, EVERYTHING)
        await tell(database, "person:8")
        await until(queue, "person:8")


async def frames(live: Live, allowed: list[bool], draws: Sequence[StreamEvent] = ()) -> AsyncIterator[bytes]:
    async def draw(payload: str) -> Sequence[StreamEvent]:
        return [StreamEvent("told", payload), *draws]

    async def still_allowed() -> bool:
        return allowed.pop(0)

    async for frame in event_stream(live.subscribe(), draw, still_allowed).body_iterator:
        assert isinstance(frame, bytes)
        yield frame


async def test_a_stream_frames_each_line_and_ends_when_the_server_stops(live: Live) -> None:
    found = frames(live, [], [StreamEvent("two", "<p>\nlines")])
    assert await anext(found) == b"retry: 1000\n\n"
    assert await anext(found) == b"event: told\ndata: *\n\n"
    assert await anext(found) == b"event: two\ndata: <p>\ndata: lines\n\n"
    live.hush()
    async with asyncio.timeout(2):
        rest = [frame async for frame in found]
    assert all(frame.startswith(b"event: ") for frame in rest)


async def test_a_stream_is_kept_alive_and_ends_with_its_session(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "KEEP_ALIVE", 0.3)
    async with asyncio.timeout(10):
        seen = [frame async for frame in frames(live, [True, False])]
    assert seen.count(b": still here\n\n") == 1


async def test_a_reader_that_lags_behind_reads_everything_once(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "_WAITING_AT_MOST", 3)
    with live.subscribe() as slow, live.subscribe() as other:
        for number in range(3):
            live._publish(f"person:{number}")
        assert slow.qsize() <= 3
        assert EVERYTHING in [slow.get_nowait() for _ in range(slow.qsize())]
        assert other.qsize() >= 1
