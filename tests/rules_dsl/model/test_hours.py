from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules_dsl import is_open, wall_instant, working_days_after
from rules_dsl.model.decision import OpenHours

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
OFFICE = OpenHours("office", "Europe/Copenhagen", tuple((day, 510, 990) for day in range(5)), "DK")
MOMENTS = st.integers(0, 15 * 366 * 86400).map(
    lambda second: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)
ALWAYS = OpenHours("always", "Europe/Copenhagen", tuple((day, 0, 1440) for day in range(7)))


def at(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=COPENHAGEN)


def test_hours_are_half_open() -> None:
    assert not is_open(OFFICE, at(2026, 3, 2, 8, 29, 59))
    assert is_open(OFFICE, at(2026, 3, 2, 8, 30))
    assert is_open(OFFICE, at(2026, 3, 2, 16, 29, 59))
    assert not is_open(OFFICE, at(2026, 3, 2, 16, 30))
    assert not is_open(OFFICE, at(2026, 3, 1, 12))


def test_holidays_are_closed() -> None:
    assert not is_open(OFFICE, at(2026, 12, 25, 12))
    assert is_open(OFFICE, at(2026, 12, 28, 12))


def test_a_skipped_wall_time_moves_forward() -> None:
    assert wall_instant(COPENHAGEN, date(2026, 3, 29), 2 * 3600 + 1800) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    early = OpenHours("early", "Europe/Copenhagen", ((6, 150, 240),))
    assert not is_open(early, datetime(2026, 3, 29, 1, 29, tzinfo=UTC))
    assert is_open(early, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))


def test_a_repeated_wall_time_means_the_first() -> None:
    early = OpenHours("early", "Europe/Copenhagen", ((6, 60, 150),))
    assert is_open(early, datetime(2026, 10, 25, 0, 29, tzinfo=UTC))
    assert not is_open(early, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert not is_open(early, datetime(2026, 10, 25, 1, 15, tzinfo=UTC))


@given(MOMENTS)
def test_round_the_clock_is_always_open(moment: datetime) -> None:
    assert is_open(ALWAYS, moment)


@given(MOMENTS)
def test_opening_hours_have_their_length(moment: datetime) -> None:
    """Eight hours on a working day, even if the clock changes."""
    day = moment.astimezone(COPENHAGEN).date()
    opening, closing = wall_instant(COPENHAGEN, day, 510 * 60), wall_instant(COPENHAGEN, day, 990 * 60)
    assert closing - opening == timedelta(hours=8)
    assert is_open(OFFICE, opening) is is_open(OFFICE, closing - timedelta(seconds=1))


def test_working_days_skip_weekends_and_holidays() -> None:
    zone = "Europe/Copenhagen"
    assert working_days_after(OFFICE, zone, at(2026, 3, 6, 15), 1) == at(2026, 3, 9, 15)
    assert working_days_after(OFFICE, zone, at(2026, 3, 7, 12), 1) == at(2026, 3, 9, 12)
    assert working_days_after(OFFICE, zone, at(2026, 4, 1, 9), 1) == at(2026, 4, 7, 9)
    assert working_days_after(None, zone, at(2026, 3, 6, 15), 5) == at(2026, 3, 13, 15)
    assert working_days_after(OFFICE, zone, at(2026, 3, 6, 15), 0) == at(2026, 3, 6, 15)


def test_working_days_keep_the_wall_time_over_a_clock_change() -> None:
    assert working_days_after(OFFICE, "Europe/Copenhagen", at(2026, 3, 27, 9), 1) == at(2026, 3, 30, 9)
