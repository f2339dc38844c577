"""A thousand calendars are read as an independent reading of RFC 5545 reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from random import Random

import pytest

from activities.integrations.calendar_reading import read
from tests.activities.generated_calendars import OWNER, PERSONS_ZONE, generate
from tests.activities.independent_calendar import busy_times

BOUNDS = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
PARTS = 20


@pytest.mark.parametrize("part", range(PARTS))
def test_calendars_are_read_as_they_are_meant_however_they_are_written(part: int) -> None:
    for seed in range(part, 1_000, PARTS):
        generated = generate(seed)
        meant = busy_times(generated.plain, *BOUNDS, PERSONS_ZONE)
        plain = read(generated.plain.encode(), BOUNDS, PERSONS_ZONE, OWNER)
        assert list(plain.busy) == meant, (seed, generated.plain)
        messy = read(generated.messy, BOUNDS, PERSONS_ZONE, OWNER)
        assert list(messy.busy) == meant, (seed, generated.messy)
        assert messy.unread == generated.broken, (seed, generated.messy)
        stored = busy_times(messy.content.decode(), *BOUNDS, PERSONS_ZONE)
        assert stored == meant, (seed, messy.content)


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_damaged_in_one_event_the_others_keep_their_times_busy(part: int) -> None:
    for seed in range(part, 400, PARTS):
        random = Random(seed)
        head, *events = re.split(r"(?=BEGIN:VEVENT)", generate(seed).plain.replace("END:VCALENDAR\r\n", ""))
        victim = random.randrange(len(events))
        lines = events[victim].split("\r\n")
        at = random.randrange(1, len(lines) - 2)
        lines[at] = _damaged(lines[at], random)
        uid = events[victim].split("\r\n")[1]
        others = [other for other in events if uid not in other]
        damaged = [*events[:victim], "\r\n".join(lines), *events[victim + 1 :]]
        found = read(_calendar(head, damaged), BOUNDS, PERSONS_ZONE, OWNER)
        for start, stop in read(_calendar(head, others), BOUNDS, PERSONS_ZONE, OWNER).busy:
            assert any(begin <= start and stop <= end for begin, end in found.busy), (seed, damaged)


def _calendar(head: str, events: list[str]) -> bytes:
    return (head + "".join(events) + "END:VCALENDAR\r\n").encode()


def _damaged(line: str, random: Random) -> str:
    cut = random.randrange(len(line))
    junk = random.choice(
        ["", ":", ";", "=", '"', "\x00", "999999999999", "T", "\\n", "ÿ", ";X=", "INTERVAL=0", ",,", "-"]
    )
    return random.choice([line[:cut], line[:cut] + junk + line[cut:], line[:cut] + junk, junk + line, line[::-1]])
