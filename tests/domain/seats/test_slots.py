"""Which starts the rules offer: the grid through clock changes, and the nearest ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.seats.slots import nearest, starts_of

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = 15 * 60


@pytest.mark.parametrize(
    ("day", "zone", "quarters"),
    [
        (date(2026, 3, 28), BERLIN, 96),
        (date(2026, 3, 29), BERLIN, 92),
        (date(2026, 10, 25), BERLIN, 100),
        (date(2026, 4, 5), ZoneInfo("Australia/Lord_Howe"), 98),
        (date(2026, 6, 1), ZoneInfo("Asia/Kathmandu"), 96),
    ],
)
def test_a_day_has_as_many_quarter_hours_as_it_lasts(day: date, zone: ZoneInfo, quarters: int) -> None:
    starts = list(starts_of(day, QUARTER, zone))
    assert len(starts) == quarters
    assert starts == sorted(set(starts))
    assert {start.astimezone(zone).date() for start in starts} == {day}
    assert all(start.astimezone(zone).minute % 15 == 0 for start in starts)


def test_the_doubled_hour_has_two_starts_of_one_wall_time() -> None:
    doubled = [start for start in starts_of(date(2026, 10, 25), QUARTER, BERLIN) if start.astimezone(BERLIN).hour == 2]
    assert len(doubled) == 8


def test_the_nearest_starts_are_around_the_target_in_order() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    starts = [noon + timedelta(minutes=minutes) for minutes in (-90, -20, 40, 60, 200)]
    assert nearest(starts, noon) == (starts[1], starts[2], starts[3])
