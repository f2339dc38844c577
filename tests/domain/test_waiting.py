"""Reminders and shifts as instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.schedules.shifts import shift_spans
from domain.waiting import reminders_of
from rules_dsl.directory import WeeklyShift

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_reminders_are_in_order_and_never_in_the_past() -> None:
    now = START - timedelta(hours=2)
    found = reminders_of(START, now, customer=(86_400, 3600), agent=(600,))
    assert [(one.side, START - one.at) for one in found] == [
        ("customer", timedelta(hours=1)),
        ("agent", timedelta(minutes=10)),
    ]
    assert len({one.step for one in found}) == 2


def test_a_shift_across_a_clock_change_has_its_real_length() -> None:
    night = WeeklyShift((6,), 22 * 60, 6 * 60, "Europe/Berlin")
    plain = date(2026, 3, 22)
    assert [stop - start for start, stop in shift_spans([night], plain, plain)] == [timedelta(hours=8)]
    changing = WeeklyShift((5,), 22 * 60, 6 * 60, "Europe/Berlin")
    spring_night = shift_spans([changing], date(2026, 3, 28), date(2026, 3, 28))
    autumn_night = shift_spans([changing], date(2026, 10, 24), date(2026, 10, 24))
    assert [stop - start for start, stop in (*spring_night, *autumn_night)] == [timedelta(hours=7), timedelta(hours=9)]


def test_shifts_that_touch_are_one() -> None:
    always = WeeklyShift(tuple(range(7)), 0, 24 * 60, "Europe/Copenhagen")
    assert len(shift_spans([always], date(2026, 3, 1), date(2026, 4, 30))) == 1
