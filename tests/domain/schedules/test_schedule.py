"""Schedules, compared with a slow oracle that goes minute by minute; and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.booking import Span
from domain.schedules.change import AddTimeOff, AddWeekly, Change, KeepFree, ScheduleRefused, SetDay, SetHolidays, check
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
    whole_shifts,
    working_spans,
)

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "UTC")
"""Lord Howe changes its clocks by half an hour; Chatham is three quarters off."""
FIRST, LAST = date(2026, 3, 27), date(2026, 4, 6)
"""Europe's clocks go forward on 29 March, Lord Howe's and Chatham's back on 5 April."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WALK_FROM = datetime(2026, 3, 25, tzinfo=UTC)
WALK_MINUTES = 16 * 1440


@cache
def wall_clock(zone: str) -> dict[datetime, datetime]:
    """The first instant of each wall time, found by reading the clock each minute."""
    instants: dict[datetime, datetime] = {}
    local = ZoneInfo(zone)
    last_wall, last = None, WALK_FROM
    for step in range(WALK_MINUTES):
        moment = WALK_FROM + step * MINUTE
        wall = moment.astimezone(local).replace(tzinfo=None)
        if last_wall is not None and wall - last_wall > MINUTE:
            # Skipped wall times count as if the clock had not changed.
            skipped = int((wall - last_wall) / MINUTE)
            for minute in range(1, skipped):
                instants.setdefault(last_wall + minute * MINUTE, last + minute * MINUTE)
        instants.setdefault(wall, moment)
        last_wall, last = wall, moment
    return instants


def span_by_clock(day: date, start: int, end: int, zone: str) -> Span:
    midnight = datetime.combine(day, time())
    clock = wall_clock(zone)
    stop = end if end > start else end + 1440
    return clock[midnight + start * MINUTE], clock[midnight + stop * MINUTE]


def days(first: date, last: date) -> list[date]:
    return [first + step * DAY for step in range((last - first).days + 1)]


def spans_of(when: Repeating) -> list[Span]:
    """Including those that reach in from adjacent days."""
    around = days(FIRST - DAY, LAST + DAY)
    return [span_by_clock(day, when.start_minute, when.end_minute, when.time_zone) for day in around if when.on(day)]


def oracle(schedule: Schedule) -> set[datetime]:
    """The minutes in which a call can be served."""
    working: list[Span] = []
    for day in days(FIRST, LAST):
        changes = [change for change in schedule.day_changes if change.day == day]
        weekly_counts = day not in schedule.holidays and all(change.kind is DayKind.ALSO for change in changes)
        if weekly_counts:
            for hours in schedule.weekly:
                if hours.when.on(day):
                    when = hours.when
                    working.append(span_by_clock(day, when.start_minute, when.end_minute, when.time_zone))
        for change in changes:
            if change.kind is not DayKind.OFF:
                working.append(span_by_clock(day, change.start_minute, change.end_minute, change.time_zone))
    away = [off.during for off in schedule.time_off] + list(schedule.busy)
    away += [span for kept_free in schedule.kept_free for span in spans_of(kept_free.when)]
    return minutes(working) - minutes(away)


def minutes(spans: list[Span]) -> set[datetime]:
    found: set[datetime] = set()
    for start, stop in spans:
        while start < stop:
            found.add(start)
            start += MINUTE
    return found


minute_of_day = st.integers(0, 95).map(lambda quarter: quarter * 15)
days_of_week = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))
some_date = st.integers(0, (LAST - FIRST).days).map(lambda step: FIRST + step * DAY)
moments = st.integers(0, 13 * 96).map(lambda quarter: datetime(2026, 3, 26, tzinfo=UTC) + quarter * 15 * MINUTE)
spans = st.tuples(moments, st.integers(1, 200)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1] * 15 * MINUTE))
repeating = st.builds(
    Repeating,
    days_of_week,
    minute_of_day,
    minute_of_day,
    st.sampled_from(ZONES),
    st.none() | some_date,
    st.none() | some_date,
)
schedules = st.builds(
    Schedule,
    person=st.just(1),
    weekly=st.lists(st.builds(WeeklyHours, st.just(1), repeating), max_size=3).map(tuple),
    day_changes=st.lists(
        st.builds(
            DayChange,
            st.just(1),
            some_date,
            st.sampled_from(DayKind),
            minute_of_day,
            minute_of_day,
            st.sampled_from(ZONES),
        ),
        max_size=4,
    ).map(tuple),
    time_off=st.lists(st.builds(TimeOff, st.just(1), st.just(TimeOffKind.LEAVE), spans), max_size=2).map(tuple),
    kept_free=st.lists(st.builds(KeptFree, st.just(1), st.just("training"), repeating), max_size=2).map(tuple),
    busy=st.lists(spans, max_size=3).map(tuple),
    holidays=st.dictionaries(some_date, st.just("Holiday"), max_size=2),
)


@given(schedules)
@settings(max_examples=150, deadline=None)
def test_available_spans_equal_those_of_the_clock(schedule: Schedule) -> None:
    available = available_spans(schedule, FIRST, LAST)
    assert minutes(available) == oracle(schedule)
    assert all(start < stop for start, stop in available)
    assert all(one[1] < two[0] for one, two in pairwise(available)), "merged, in order"


def weekly(days: tuple[int, ...], start: int, end: int, zone: str, **dates: date) -> Schedule:
    return Schedule(1, weekly=(WeeklyHours(1, Repeating(days, start, end, zone, **dates)),))


def hours(schedule: Schedule, day: date) -> list[float]:
    return [(stop - start) / timedelta(hours=1) for start, stop in available_spans(schedule, day, day)]


@pytest.mark.parametrize(
    ("zone", "day", "start", "end", "lasts"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 22 * 60, 6 * 60, [7]),
        ("Europe/Berlin", date(2026, 10, 24), 22 * 60, 6 * 60, [9]),
        ("Europe/Berlin", date(2026, 3, 29), 2 * 60, 3 * 60, []),
        ("Europe/Berlin", date(2026, 3, 29), 150, 225, [0.25]),
        ("Australia/Lord_Howe", date(2026, 4, 4), 22 * 60, 6 * 60, [8.5]),
        ("Asia/Kolkata", date(2026, 3, 29), 0, 1440, [24]),
        ("Europe/Berlin", date(2026, 10, 25), 0, 1440, [25]),
        ("Europe/Berlin", date(2026, 3, 29), 0, 0, [23]),
    ],
)
def test_shifts_on_nights_when_clocks_change(zone: str, day: date, start: int, end: int, lasts: list[float]) -> None:
    assert hours(weekly((day.weekday(),), start, end, zone), day) == lasts


def test_a_shift_belongs_to_the_day_on_which_it_begins() -> None:
    eve, christmas = date(2026, 12, 24), date(2026, 12, 25)
    night = weekly((3, 4), 22 * 60, 6 * 60, "Europe/Copenhagen")
    holiday = Schedule(1, weekly=night.weekly, holidays={christmas: "Christmas Day"})
    assert hours(holiday, eve) == [8], "the night that began on the eve goes on"
    assert hours(holiday, christmas) == []


def test_hours_planned_for_a_single_day_count_on_a_holiday_too() -> None:
    day = date(2026, 12, 25)
    volunteer = DayChange(1, day, DayKind.INSTEAD, 600, 660, "UTC")
    assert hours(Schedule(1, day_changes=(volunteer,), holidays={day: "Christmas Day"}), day) == [1]


def test_additional_hours_of_a_single_day() -> None:
    monday = date(2026, 6, 1)
    plain = weekly((0,), 540, 1020, "UTC")
    evening = DayChange(1, monday, DayKind.ALSO, 1200, 1260, "UTC")
    assert hours(Schedule(1, plain.weekly, (evening,)), monday) == [8, 1]


def test_time_kept_free_is_working_time_without_calls() -> None:
    monday = date(2026, 6, 1)
    plain = weekly((0,), 540, 1020, "UTC")
    training = KeptFree(1, "training", Repeating((0,), 720, 780, "UTC"))
    one = Schedule(1, plain.weekly, kept_free=(training,))
    assert hours(one, monday) == [3, 4]
    assert len(working_spans(one, monday, monday)) == 1


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLAIN = Repeating((0,), 540, 1020, "UTC")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (AddWeekly(Repeating((), 540, 1020, "UTC")), "days"),
        (AddWeekly(Repeating((7,), 540, 1020, "UTC")), "days"),
        (AddWeekly(Repeating((0,), 540, 1500, "UTC")), "start"),
        (AddWeekly(Repeating((0,), 540, 1020, "Europe/Atlantis")), "zone"),
        (AddWeekly(Repeating((0,), 540, 1020, "../etc/passwd")), "zone"),
        (AddWeekly(Repeating((0,), 540, 1020, "UTC", date(2026, 6, 8), date(2026, 6, 1))), "last"),
        (AddWeekly(Repeating((0,), 540, 1020, "UTC", date(2026, 6, 2), date(2026, 6, 3))), "days"),
        (AddWeekly(Repeating((0,), 540, 1020, "UTC", None, date(2526, 6, 3))), "last"),
        (SetDay(date(9999, 12, 31), (), "UTC"), "day"),
        (SetDay(date(2026, 6, 3), ((540, 600),) * 13, "UTC"), "hours"),
        (AddTimeOff(TimeOffKind.LEAVE, (NOW, NOW)), "until"),
        (AddTimeOff(TimeOffKind.LEAVE, (NOW, NOW - DAY)), "until"),
        (AddTimeOff(TimeOffKind.LEAVE, (NOW, NOW + 500 * 365 * DAY)), "until"),
        (AddTimeOff(TimeOffKind.LEAVE, (NOW - 3000 * DAY, NOW)), "from"),
        (AddTimeOff(TimeOffKind.LEAVE, (NOW, NOW + DAY), "a\x00b"), "key"),
        (KeepFree("", PLAIN), "what"),
        (KeepFree("x" * 81, PLAIN), "what"),
        (KeepFree("NUL\x00", PLAIN), "what"),
        (SetHolidays("Atlantis"), "holidays"),
    ],
)
def test_an_invalid_change_is_refused_with_its_field(change: Change, where: str) -> None:
    with pytest.raises(ScheduleRefused) as refused:
        check(change, NOW)
    assert refused.value.field == where
    assert refused.value.detail.endswith(".")


def test_valid_changes_pass() -> None:
    for change in (
        AddWeekly(PLAIN),
        AddWeekly(Repeating((0, 1), 1320, 360, "Asia/Kolkata", date(2026, 6, 1), date(2026, 6, 1))),
        SetDay(date(2026, 6, 3), (), "UTC"),
        AddTimeOff(TimeOffKind.SICK, (NOW, NOW + DAY)),
        SetHolidays("DE-BY"),
        SetHolidays(""),
        SetHolidays("desk"),
    ):
        check(change, NOW)


def test_whole_shifts_include_lunch_but_no_leave_at_their_ends() -> None:
    def at(hour: int) -> datetime:
        return datetime(FIRST.year, FIRST.month, FIRST.day, hour, tzinfo=UTC)

    weekly = WeeklyHours(1, Repeating(tuple(range(7)), 540, 1020, "UTC"))
    lunch = KeptFree(1, "lunch", Repeating(tuple(range(7)), 720, 780, "UTC"))
    plain = Schedule(1, (weekly,), kept_free=(lunch,), busy=((at(9), at(10)),))
    assert available_spans(plain, FIRST, FIRST) == [(at(10), at(12)), (at(13), at(17))]
    assert whole_shifts(plain, FIRST, FIRST) == [(at(9), at(17))]
    off = tuple(TimeOff(n, TimeOffKind.LEAVE, span) for n, span in enumerate([(at(10), at(11)), (at(15), at(20))]))
    assert whole_shifts(Schedule(1, (weekly,), time_off=off), FIRST, FIRST) == [(at(9), at(15))]
    sick = (TimeOff(1, TimeOffKind.SICK, (at(0), at(23))),)
    assert whole_shifts(Schedule(1, (weekly,), time_off=sick), FIRST, FIRST) == []
