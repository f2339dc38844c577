"""A thousand calendars are read as an independent reading of RFC 5545 reads them."""

from __future__ import annotations

from datetime import UTC, datetime

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
