"""Who was on shift in the past: weekly hours as they were, and recorded days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.backtest.columns import NEVER, instant_of
from domain.backtest.on_shift import OnShift, RecordedSchedules
from domain.schedules.schedule import (
    DayChange,
    DayKind,
    KeptFree,
    Repeating,
    Schedule,
    TimeOff,
    TimeOffKind,
    WeeklyHours,
    available_spans,
    covering,
)
from rules_dsl import Directory
from rules_dsl.directory import Person, WeeklyShift
from tests.rules_dsl.desks import directory

COPENHAGEN = "Europe/Copenhagen"
OFFICE = WeeklyShift((0, 1, 2, 3, 4), 8 * 60, 16 * 60, COPENHAGEN)
NIGHT = WeeklyShift((4,), 22 * 60, 6 * 60, COPENHAGEN)
MIRA = Person(7, "Mira", "", 1, 1, shifts=(OFFICE,))
MONDAY = date(2026, 2, 2)


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    """Wall time in Copenhagen, in winter."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 1, minutes=minute)


def there(moment: datetime | None, *people: Person, recorded: Mapping[int, Schedule] | None = None) -> list[int]:
    """The ids of those on shift."""
    on_shift = OnShift(Directory("", "UTC", "EUR", people=people), RecordedSchedules(recorded or {}))
    numbers = on_shift.numbers(np.array([NEVER if moment is None else instant_of(moment)]))
    mask = on_shift.masks[numbers[0]]
    return [person.id for position, person in enumerate(people) if mask is not None and mask >> position & 1]


def recorded(**fields: object) -> dict[int, Schedule]:
    return {MIRA.id: replace(Schedule(MIRA.id), **fields)}  # type: ignore[arg-type]  # fields of a schedule


def test_shifts_are_half_open() -> None:
    assert [there(at(*moment), MIRA) for moment in ((7, 59), (8, 0), (15, 59), (16, 0))] == [[], [7], [7], []]
    assert there(None, MIRA) == []


def test_a_night_shift_belongs_to_its_first_day() -> None:
    night = replace(MIRA, shifts=(NIGHT,))
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    assert there(at(23, day=friday), night) == [7]
    assert there(at(5, day=saturday), night) == [7]
    assert there(at(5, day=friday), night) == []


def test_days_off_holidays_and_time_off_count() -> None:
    noon = at(12)
    off = DayChange(1, MONDAY, DayKind.OFF, 0, 0, COPENHAGEN)
    assert there(noon, MIRA, recorded=recorded(day_changes=(off,))) == []
    assert there(noon, MIRA, recorded=recorded(holidays={MONDAY: "a holiday"})) == []
    sick = TimeOff(1, TimeOffKind.SICK, (at(11), at(13)))
    assert [there(at(hour), MIRA, recorded=recorded(time_off=(sick,))) for hour in (10, 12, 13)] == [[7], [], [7]]
    training = KeptFree(1, "training", Repeating((0,), 12 * 60, 13 * 60, COPENHAGEN))
    assert [there(at(hour), MIRA, recorded=recorded(kept_free=(training,))) for hour in (11, 12, 13)] == [[7], [], [7]]


def test_other_hours_of_a_day_count_instead_or_as_well() -> None:
    late = DayChange(1, MONDAY, DayKind.INSTEAD, 14 * 60, 20 * 60, COPENHAGEN)
    assert [there(at(hour), MIRA, recorded=recorded(day_changes=(late,))) for hour in (12, 19)] == [[], [7]]
    also = replace(late, kind=DayKind.ALSO)
    assert [there(at(hour), MIRA, recorded=recorded(day_changes=(also,))) for hour in (12, 19)] == [[7], [7]]


def test_weekly_hours_keep_their_dates() -> None:
    dated = Repeating(OFFICE.days, OFFICE.start_minute, OFFICE.end_minute, COPENHAGEN, MONDAY + timedelta(days=2))
    since_wednesday = recorded(weekly=(WeeklyHours(1, dated),))
    days = [MONDAY + timedelta(days=number) for number in range(4)]
    assert [there(at(12, day=day), MIRA, recorded=since_wednesday) for day in days] == [[], [], [7], [7]]
    # Different hours today say nothing about those that the directory had.
    other = replace(dated, start_minute=6 * 60)
    assert there(at(12), MIRA, recorded=recorded(weekly=(WeeklyHours(1, other),))) == [7]


def test_busy_times_of_calendars_do_not_count() -> None:
    assert there(at(12), MIRA, recorded=recorded(busy=((at(9), at(15)),))) == [7]


@pytest.mark.parametrize("desk", ["small_team", "forty_agents", "follow_the_sun"])
def test_masks_equal_the_spans_of_schedules(desk: str) -> None:
    """Across a clock change and a boundary of blocks, for all people of a directory together."""
    desk_directory = directory(desk)
    first = datetime(2026, 3, 20, tzinfo=UTC)
    moments = [first + timedelta(minutes=45 * number - number % 2) for number in range(32 * 30)]
    on_shift = OnShift(desk_directory, RecordedSchedules({}))
    numbers = on_shift.numbers(np.array([instant_of(moment) for moment in moments]))
    masks = [on_shift.masks[number] for number in numbers]
    for position, person in enumerate(desk_directory.people):
        weekly = (
            Repeating(shift.days, shift.start_minute, shift.end_minute, shift.time_zone) for shift in person.shifts
        )
        schedule = Schedule(person.id, tuple(WeeklyHours(0, when) for when in weekly))
        spans = available_spans(schedule, date(2026, 3, 17), date(2026, 4, 30))
        for moment, mask in zip(moments, masks, strict=True):
            assert mask is not None
            assert (covering(spans, moment) is not None) == bool(mask >> position & 1)
    assert len(set(masks)) > 2
