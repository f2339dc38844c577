"""Calendars of many years, calendars that come compressed, and compressed ones that unpack to far too much."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest

from activities.integrations.calendar_reading import read, read_calendar
from activities.integrations.calendar_text import CHUNK, LONGEST_LINE, split_calendars
from domain.schedules.calendar_feed import LARGEST, LARGEST_UNPACKED, FeedDelayed, FeedUnread
from tests.activities.calendars import calendar, event

BOUNDS = (datetime(2026, 11, 26, tzinfo=UTC), datetime(2027, 1, 30, tzinfo=UTC))
ZONE = "Europe/Copenhagen"
COMING = event("DTSTART:20261203T080000Z", "DTEND:20261203T090000Z")


class Tape(BytesIO):
    """A file of equal pieces that are made when they are read."""

    def __init__(self, head: bytes, piece: bytes, number: int, tail: bytes) -> None:
        super().__init__()
        self._pieces = self._made(head, piece, number, tail)
        self._rest = b""

    @staticmethod
    def _made(head: bytes, piece: bytes, number: int, tail: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(number):
            yield piece
        yield tail

    def read(self, size: int | None = -1) -> bytes:
        wanted = size or 0
        parts, length = [self._rest], len(self._rest)
        while length < wanted and (piece := next(self._pieces, b"")):
            parts.append(piece)
            length += len(piece)
        whole = b"".join(parts)
        self._rest = whole[wanted:]
        return whole[:wanted]


def past(number: int) -> str:
    day = f"{2016 + number % 10}{1 + number % 12:02}{1 + number % 28:02}"
    return event(f"DTSTART:{day}T100000Z", "DURATION:PT1H", f"DESCRIPTION:{'Join the meeting here. ' * 33}")


async def test_ten_years_of_a_work_calendar_are_read_and_what_is_over_is_dropped() -> None:
    content = calendar(*(past(number) for number in range(3500)), COMING)
    assert len(content) > 3_000_000
    reading = await read_calendar(content, BOUNDS, ZONE)
    assert (len(reading.busy), reading.entries, reading.unread) == (1, 3501, 0)
    assert len(reading.content) < 400
    parts = gzip.compress(content[:999]) + gzip.compress(content[999:])
    for packed in (gzip.compress(content), zlib.compress(content), parts):
        assert len(packed) < len(content) / 5
        assert (await read_calendar(packed, BOUNDS, ZONE)).busy == reading.busy


async def test_the_largest_calendar_is_read_within_a_readers_limits() -> None:
    begin, end = calendar(COMING).split(b"END:VCALENDAR")
    piece = "".join(past(number) for number in range(100)).encode()
    number = (LARGEST_UNPACKED - 10_000) // len(piece)
    content = b"".join([begin, piece * number, b"END:VCALENDAR", end])
    packed = gzip.compress(content)
    assert len(packed) < LARGEST
    reading = await read_calendar(packed, BOUNDS, ZONE)
    assert (len(reading.busy), reading.entries) == (1, number * 100 + 1)


def test_a_compressed_calendar_that_unpacks_to_too_much_is_refused_without_being_unpacked() -> None:
    bomb = gzip.compress(b"BEGIN:VCALENDAR\r\n") + gzip.compress(b"X" * 1_000_000) * 2_000
    source = BytesIO(bomb)
    with pytest.raises(FeedUnread, match="50 MB"):
        read(source, BOUNDS, ZONE)
    assert source.tell() < len(bomb), "the rest is not looked at"


@pytest.mark.parametrize("cut", [10, 100, -20])
def test_a_compressed_calendar_that_breaks_off_is_refused(cut: int) -> None:
    with pytest.raises(FeedUnread, match=r"breaks off|damaged"):
        read(gzip.compress(calendar(COMING))[:cut], BOUNDS, ZONE)


def test_a_calendar_of_which_too_much_is_still_to_come_is_refused() -> None:
    piece = event("DTSTART:20261203T080000Z", "DURATION:PT1H").encode() * 1000
    begin, end = calendar().split(b"END:VCALENDAR")
    with pytest.raises(FeedUnread, match="current and future entries"):
        read(Tape(begin, piece, 400, b"END:VCALENDAR" + end), BOUNDS, ZONE)


def test_of_a_line_without_an_end_only_the_beginning_is_kept() -> None:
    head, tail = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:", b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    for piece in (b"x" * CHUNK, b"x\r\n " * (CHUNK // 4)):
        [found] = split_calendars(Tape(head, piece, 100, tail), lambda component: True)
        [component] = found.entries
        assert len(component.lines[0]) < LONGEST_LINE + 2 * CHUNK


async def test_a_reader_that_uses_up_its_processor_time_is_stopped() -> None:
    begin, end = calendar().split(b"END:VCALENDAR")
    piece = event("DTSTART:20200101T000000Z", "DTEND:20200101T010000Z").encode() * 1000
    content = gzip.compress(b"".join([begin, piece * (LARGEST_UNPACKED // len(piece) - 1), b"END:VCALENDAR", end]))
    with pytest.raises(FeedUnread, match="too long") as stopped:
        await read_calendar(content, BOUNDS, ZONE, cpu_seconds=2)
    assert not isinstance(stopped.value, FeedDelayed), "trying again would not help"
