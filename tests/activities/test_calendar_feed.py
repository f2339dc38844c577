"""Calendars fetched from real servers that hang, lie, redirect or never end; and how the worker stores the result."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.integrations.calendar_feed import fetch_calendar
from activities.integrations.calendar_reading import CPU_SECONDS
from database.stores.journal.message_queue import take_due
from database.stores.queries.letter_context import letter_context
from database.stores.staff.calendar_feeds import CalendarFeedEntry, add_feed, feeds_of
from database.stores.staff.schedule_changes import change_schedule
from database.stores.staff.shifts import shifts_of, update_all_shifts
from database.stores.staff.unread_calendars import feeds_never_read
from database.tables.booking import booking
from database.tables.directory import person
from database.tables.escalation import message
from domain.letter import Channel, reason_obsolete
from domain.schedules.calendar_feed import FEEDS_AT_MOST, LARGEST, FeedUnread
from domain.schedules.change import AddTimeOff, RemoveFeed, ScheduleRefused
from domain.schedules.schedule import TimeOffKind
from tests.activities.calendars import answer, calendar, event
from tests.activities.receiver import Receiver, listening
from tests.database.seats.sold import DAY, FIVE, NINE, furnish, plan_of, sold
from tests.servers import free_port
from workers.calendars import CONCURRENT_FEEDS, read_due_calendars, run_calendars

HOUR = timedelta(hours=1)
TEN_TO_ELEVEN = calendar(event("DTSTART:20261201T100000Z", "DTEND:20261201T110000Z", "SUMMARY:Dentist"))
EMPTY = calendar()


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    async with listening(Receiver()) as running:
        yield running


async def fetched(server: Receiver, *answers: bytes, etag: str = "", time_limit: float = 5) -> bytes | None:
    server.answers = list(answers)
    result = await fetch_calendar(server.url, etag=etag, private_addresses=True, time_limit=time_limit)
    return result.content


async def unread(server: Receiver, *answers: bytes, time_limit: float = 5) -> str:
    with pytest.raises(FeedUnread) as failed:
        await fetched(server, *answers, time_limit=time_limit)
    return failed.value.reason


async def test_a_calendar_is_fetched_and_asked_for_again_only_if_it_changed(server: Receiver) -> None:
    assert await fetched(server, answer(TEN_TO_ELEVEN, headers='etag: "1"\r\n')) == TEN_TO_ELEVEN
    assert await fetched(server, answer(b"", status="304 Not Modified"), etag='"1"') is None
    assert server.received[1].headers["if-none-match"] == '"1"'
    assert "cookie" not in server.received[1].headers


@pytest.mark.parametrize("etag", ['"é"', '"' + "x" * 300 + '"', '"a\tb"'])
async def test_an_etag_that_can_not_be_sent_back_is_not_stored(server: Receiver, etag: str) -> None:
    server.answers = [answer(TEN_TO_ELEVEN, headers=f"etag: {etag}\r\n")]
    assert (await fetch_calendar(server.url, private_addresses=True)).etag == ""


async def test_answers_of_bad_servers_are_refused(server: Receiver) -> None:
    assert "within" in await unread(server, b"", time_limit=0.3)
    assert "10 MB" in await unread(server, answer(b"x" * LARGEST * 5), time_limit=60)
    assert server.written < LARGEST * 4, "the rest isn't downloaded"
    endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert await unread(server, endless, time_limit=1)
    assert "404" in await unread(server, answer(b"", status="404 Not Found"))
    for encoding in ("zstd", "deflate"):
        packed = answer(b"x", headers=f"content-encoding: {encoding}\r\n")
        assert "compressed in an unsupported way" in await unread(server, packed)
    assert await unread(server, b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    assert await unread(server, b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000 + b"\r\n")
    for bad_port in ("a.b:70000000000000000000000", "127.0.0.1:99999", "127.0.0.1:0"):
        redirect = answer(b"", status="302 Found", headers=f"location: http://{bad_port}/\r\n")
        assert "port" in await unread(server, redirect)


async def test_a_slow_drip_is_not_waited_for() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        with contextlib.suppress(OSError):
            while not writer.is_closing():
                writer.write(b"B")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()

    dripping = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{dripping.sockets[0].getsockname()[1]}/"
    began = time.monotonic()
    with pytest.raises(FeedUnread, match="within"):
        await fetch_calendar(url, private_addresses=True, time_limit=0.5)
    assert time.monotonic() - began < 20, "a dripping calendar is given up"
    dripping.close()
    await dripping.wait_closed()


async def test_a_few_redirects_are_followed_and_each_is_checked(server: Receiver) -> None:
    redirect = answer(b"", status="302 Found", headers="location: /elsewhere\r\n")
    assert await fetched(server, redirect, redirect, answer(EMPTY)) == EMPTY
    assert [request.path for request in server.received] == ["/hook", "/elsewhere", "/elsewhere"]
    assert "redirects" in await unread(server, *[redirect] * 9)
    to_file = answer(b"", status="302 Found", headers="location: file:///etc/passwd\r\n")
    assert "http" in await unread(server, to_file)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::ffff:127.0.0.1]", "0"]
)
async def test_private_addresses_are_not_called(server: Receiver, host: str) -> None:
    with pytest.raises(FeedUnread):
        await fetch_calendar(f"http://{host}:{server.port}/", time_limit=5)
    assert server.received == []


async def test_an_unreachable_server_is_reported() -> None:
    with pytest.raises(FeedUnread, match="reached"):
        await fetch_calendar(f"http://127.0.0.1:{free_port()}/", private_addresses=True)
    with pytest.raises(FeedUnread, match="address") as unreached:
        await fetch_calendar("http://a..b/")
    assert "Error" not in unreached.value.reason


async def look(engine: AsyncEngine, now: datetime = NINE) -> CalendarFeedEntry:
    assert await read_due_calendars(engine, now, private_addresses=True) == 1
    async with engine.connect() as conn:
        [feed] = await feeds_of(conn, 1, now)
    return feed


async def hours(engine: AsyncEngine) -> list[float]:
    begin = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    async with engine.connect() as conn:
        shifts = await shifts_of(conn, [1], (begin, begin + timedelta(days=1)))
    return [(stop - start) / HOUR for start, stop in shifts[1]]


async def give(engine: AsyncEngine, url: str = "", content: bytes | None = None) -> None:
    async with engine.begin() as conn:
        await add_feed(conn, 1, "Work", "person:1", NINE, url=url, content=content)


async def test_busy_times_count_and_while_reading_fails_those_of_the_last_good_copy(
    database: AsyncEngine, server: Receiver
) -> None:
    await furnish(database)
    await give(database, url=server.url)
    server.answers = [answer(TEN_TO_ELEVEN)]
    first = await look(database)
    assert (first.error, first.busy, first.read_at) == ("", 1, NINE)
    assert await hours(database) == [1, 6]
    server.answers = [answer(b"<html>", status="200 OK")]
    broken = await look(database, NINE + HOUR)
    assert (broken.error, broken.read_at) == ("it is not a calendar", NINE)
    assert await hours(database) == [1, 6]
    server.answers = [answer(TEN_TO_ELEVEN)]
    assert (await look(database, NINE + 4 * HOUR)).read_at == NINE + 4 * HOUR
    server.answers = [answer(EMPTY)]
    assert (await look(database, NINE + 8 * HOUR)).error == ""
    assert await hours(database) == [8]


async def test_the_last_copy_of_a_dead_calendar_still_counts_for_later_days(
    database: AsyncEngine, server: Receiver
) -> None:
    await furnish(database)
    await give(database, url=server.url)
    daily = calendar(event("DTSTART:20261201T100000Z", "DTEND:20261201T110000Z", "RRULE:FREQ=DAILY"))
    server.answers = [answer(daily)]
    await look(database)
    later = NINE + timedelta(days=40)
    server.answers = [answer(b"", status="500 No")]
    feed = await look(database, later)
    assert (feed.error, feed.read_at) == ("the server answered 500", NINE)
    assert feed.busy > 55
    async with database.begin() as conn:
        await update_all_shifts(conn, later)
        shifts = await shifts_of(conn, [1], (later + timedelta(days=30), later + timedelta(days=31)))
    assert [(stop - start) / HOUR for start, stop in shifts[1]] == [1, 6]


async def test_an_uploaded_file_is_expanded_further_as_time_passes(database: AsyncEngine) -> None:
    await furnish(database)
    await give(database, content=calendar(event("DTSTART:20261201T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")))
    first = await look(database)
    later = NINE + timedelta(days=30)
    assert (await look(database, later)).busy > 55
    assert first.busy > 55
    assert await read_due_calendars(database, later) == 0


async def test_a_fault_while_reading_stays_with_its_calendar(
    database: AsyncEngine, server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    await furnish(database)
    await give(database, url="http://a.b:1/")
    async with database.begin() as conn:
        # A time zone unknown to this machine.
        await conn.execute(text("UPDATE desk SET time_zone = 'Nowhere/At_All'"))
        await conn.execute(text("UPDATE calendar_feed SET url = :url"), {"url": server.url})
    server.answers = [answer(TEN_TO_ELEVEN)]
    feed = await look(database)
    assert feed.error == "something went wrong while reading it; the operators can find out what"
    assert "unexpected error, retrying part=calendars step=calendar " in caplog.text


async def test_a_calendar_that_comes_compressed_is_read(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await give(database, url=server.url)
    server.answers = [answer(gzip.compress(TEN_TO_ELEVEN), headers="content-encoding: gzip\r\n")]
    feed = await look(database)
    assert (feed.error, feed.busy) == ("", 1)
    assert await hours(database) == [1, 6]


async def test_what_could_not_be_read_is_counted_and_counts_as_busy(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await give(database, url=server.url)
    broken = event("DTSTART:20261201T140000Z", "DURATION:PT1H", "RRULE:FREQ=SOMETIMES")
    server.answers = [answer(calendar(broken, event("DTSTART:x"), event("DTSTART:20261201T100000Z", "DURATION:PT1H")))]
    feed = await look(database)
    two = datetime(2026, 12, 1, 14, tzinfo=UTC)
    assert (feed.error, feed.entries, feed.unread, feed.first_unread) == ("", 3, 2, two)
    assert await hours(database) == [1, 3, 2]
    server.answers = [answer(b"", status="500 No")]
    later = await look(database, NINE + timedelta(days=30))
    assert (later.entries, later.unread, later.first_unread) == (3, 2, two)


async def test_an_invitation_that_the_person_declined_keeps_no_time(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await give(database, url=server.url)
    async with database.connect() as conn:
        email = (await conn.execute(select(person.c.email).where(person.c.id == 1))).scalar_one()
    invited = ("DTSTART:20261201T100000Z", "DURATION:PT1H", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{email}")
    server.answers = [answer(calendar(event(*invited)))]
    assert (await look(database)).busy == 0
    assert await hours(database) == [8]


async def test_a_calendar_that_the_machine_had_no_time_for_is_tried_again_soon(
    database: AsyncEngine, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await furnish(database)
    await give(database, content=TEN_TO_ELEVEN)
    limits = {"time_limit": 0.01, "cpu_seconds": CPU_SECONDS}
    monkeypatch.setattr("activities.integrations.calendar_reading.read_calendar.__kwdefaults__", limits)
    delayed = await look(database)
    assert (delayed.error, delayed.read_at) == ("", None)
    monkeypatch.undo()
    assert await read_due_calendars(database, NINE + timedelta(seconds=30)) == 0
    assert (await look(database, NINE + timedelta(minutes=3))).busy == 1
    assert await hours(database) == [1, 6]


async def test_calendars_that_were_never_read_are_listed(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await give(database, url=server.url)
    async with database.connect() as conn:
        assert await feeds_never_read(conn, NINE + timedelta(minutes=30)) == []
        [waiting] = await feeds_never_read(conn, NINE + timedelta(hours=2))
        assert (waiting.person, waiting.name, waiting.error) == (1, "Work", "")
    server.answers = [answer(b"", status="404 Not Found")]
    await look(database)
    async with database.connect() as conn:
        [failed] = await feeds_never_read(conn, NINE)
        assert failed.error == "the server answered 404"
    server.answers = [answer(TEN_TO_ELEVEN)]
    await look(database, NINE + HOUR)
    async with database.connect() as conn:
        assert await feeds_never_read(conn, NINE + timedelta(days=9)) == []


async def test_a_file_that_is_no_calendar_stays_unread(database: AsyncEngine) -> None:
    await furnish(database)
    await give(database, content=b"holiday photos")
    assert (await look(database)).error == "it is not a calendar"
    assert (await look(database, NINE + timedelta(days=2))).error == "it is not a calendar"
    assert await hours(database) == [8]


async def test_managers_are_alerted_if_a_calendar_puts_calls_at_risk(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await sold(database, await plan_of(database), who=1)
    async with database.begin() as conn:
        await change_schedule(conn, 2, AddTimeOff(TimeOffKind.LEAVE, (NINE, FIVE)), "person:2", NINE)
        await conn.execute(person.insert().values(id=9, name="Boss", email="boss@example.com", roles=["manager"]))
    await give(database, url=server.url)
    server.answers = [answer(TEN_TO_ELEVEN)]
    await look(database)
    async with database.connect() as conn:
        assert (await conn.execute(select(booking.c.state))).scalar_one() == "at_risk"
        letters = (await conn.execute(select(message.c.kind, message.c.recipient).order_by(message.c.channel))).all()
        events = (await conn.execute(text("SELECT kind FROM escalation_event"))).scalars().all()
    assert [tuple(letter) for letter in letters] == [
        ("manager_seat_lost", "boss@example.com"),
        ("manager_seat_lost", "alerts"),
    ]
    assert events == ["seat_lost"]


async def test_managers_hear_once_of_a_calendar_that_was_never_read(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    async with database.begin() as conn:
        await conn.execute(person.insert().values(id=9, name="Boss", email="boss@example.com", roles=["manager"]))
    await give(database, url=server.url)
    moments = [NINE + timedelta(hours=7 * nth) for nth in range(6)]
    told = [("manager_calendar", "alerts"), ("manager_calendar", "boss@example.com")]
    for moment, expected in zip(moments[:3], ([], told, told), strict=True):
        server.answers = [answer(b"", status="404 Not Found")]
        assert (await look(database, moment)).error == "the server answered 404"
        assert await letters(database) == expected
    async with database.connect() as conn:
        [queued, *_] = await take_due(conn, Channel.MAIL, 1, HOUR)
        context = await letter_context(conn, queued)
    assert context.calendar is not None
    assert (context.recipient, context.calendar.error) == ("boss@example.com", "the server answered 404")
    server.answers = [answer(EMPTY)]
    assert (await look(database, moments[3])).error == ""
    async with database.connect() as conn:
        assert reason_obsolete(await letter_context(conn, queued)) != "", "it was read before the mail went out"
    for moment in moments[4:]:
        server.answers = [answer(b"", status="404 Not Found")]
        assert (await look(database, moment)).error == "the server answered 404"
    assert await letters(database) == told, "what was read once still counts"


async def letters(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as conn:
        rows = await conn.execute(select(message.c.kind, message.c.recipient).order_by(message.c.recipient))
        return [(row.kind, row.recipient) for row in rows]


async def test_removing_a_calendar_frees_its_busy_times(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await give(database, url=server.url)
    server.answers = [answer(TEN_TO_ELEVEN)]
    feed = await look(database)
    async with database.begin() as conn:
        await change_schedule(conn, 1, RemoveFeed(feed.id), "person:1", NINE)
    assert await hours(database) == [8]
    assert await read_due_calendars(database, NINE + timedelta(days=1)) == 0


async def test_two_workers_never_read_one_calendar_concurrently(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    await give(database, url=server.url)
    server.answers = [answer(EMPTY)]
    counts = await asyncio.gather(*(read_due_calendars(database, NINE, private_addresses=True) for _ in range(3)))
    assert sorted(counts) == [0, 0, 1]
    assert len(server.received) == 1


async def test_the_number_of_calendars_per_person_is_limited(database: AsyncEngine) -> None:
    await furnish(database)
    for _ in range(FEEDS_AT_MOST):
        await give(database, url="https://calendar.example/a")
    with pytest.raises(ScheduleRefused):
        await give(database, url="https://calendar.example/a")


async def test_a_calendar_that_hangs_does_not_delay_the_others(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(3600), "127.0.0.1", 0)
    async with database.begin() as conn:
        hanging = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
        await add_feed(conn, 2, "Hangs", "person:2", NINE - HOUR, url=hanging)
    await give(database, url=server.url)
    server.answers = [answer(TEN_TO_ELEVEN)]
    running = asyncio.create_task(read_due_calendars(database, NINE, private_addresses=True))
    async with asyncio.timeout(15):
        while await hours(database) != [1, 6]:  # noqa: ASYNC110  another task writes it into the database
            await asyncio.sleep(0.1)
    assert not running.done(), "the hanging one is still being read"
    running.cancel()
    await asyncio.wait([running])
    silent.close()


async def test_the_worker_reads_due_calendars_and_stops_when_asked(database: AsyncEngine, server: Receiver) -> None:
    await furnish(database)
    async with database.begin() as conn:
        await add_feed(conn, 1, "Work", "person:1", datetime.now(UTC), url=server.url)
    server.answers = [answer(EMPTY)]
    stop = asyncio.Event()
    running = asyncio.create_task(run_calendars(database, stop, private_addresses=True))
    async with asyncio.timeout(20):
        while not (await feeds(database))[0].read_at:  # noqa: ASYNC110  another task writes it into the database
            await asyncio.sleep(0.1)
    stop.set()
    async with asyncio.timeout(5):
        await running


async def test_calendars_that_hang_delay_no_others_and_are_abandoned_on_stop(
    database: AsyncEngine, server: Receiver
) -> None:
    await furnish(database)
    now = datetime.now(UTC)
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(3600), "127.0.0.1", 0)
    hanging = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    async with database.begin() as conn:
        for _ in range(CONCURRENT_FEEDS - 1):
            await add_feed(conn, 2, "Hangs", "person:2", now - 2 * HOUR, url=hanging)
        for nth in range(3):
            await add_feed(conn, 1, f"Work {nth}", "person:1", now - HOUR, url=server.url)
    server.answers = [answer(EMPTY)] * 3
    stop = asyncio.Event()
    running = asyncio.create_task(run_calendars(database, stop, private_addresses=True))
    async with asyncio.timeout(15):
        while not all(feed.read_at for feed in await feeds(database)):  # noqa: ASYNC110  another task writes it
            await asyncio.sleep(0.1)
    stop.set()
    async with asyncio.timeout(5):
        await running
    silent.close()


async def test_a_calendar_whose_reader_is_killed_each_time_is_said_to_be_too_much_and_its_last_times_count(
    database: AsyncEngine, server: Receiver
) -> None:
    await furnish(database)
    await give(database, url=server.url)
    server.answers = [answer(TEN_TO_ELEVEN)]
    assert (await look(database)).busy == 1
    later = NINE + timedelta(minutes=20)
    for times in (1, 2, 3):
        server.answers = [answer(calendar(event("DTSTART:20261201T120000Z", f"DURATION:PT{times}H")))]
        killing = asyncio.create_task(asyncio.to_thread(kill_reader))
        feed = await look(database, later)
        await killing
        said = "its reader was stopped by the machine, 3 times in a row: it may be too large for this machine"
        assert feed.error == (said if times == 3 else "")
        assert feed.busy == 1
        later += timedelta(minutes=3)
    assert await hours(database) == [1, 6], "the times read earlier"
    server.answers = [answer(calendar(event("DTSTART:20261201T120000Z", "DURATION:PT1H")))]
    assert (await look(database, later + HOUR)).error == ""


def kill_reader() -> None:
    """Kill the calendar reader that this process starts, as a machine without memory does."""
    while True:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == os.getpid() and b"calendar_reading" in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
                    return
        time.sleep(0.01)


async def feeds(engine: AsyncEngine) -> list[CalendarFeedEntry]:
    async with engine.connect() as conn:
        return await feeds_of(conn, 1, NINE)
