"""Series in calendars: their ends, exceptions, moved and added occurrences, and shared UIDs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.activities.calendar_samples import ALL_DAY, BOUNDS, HOUR, LOCAL, NINE, WEEKLY, reading, starts
from tests.activities.calendars import event


@pytest.mark.parametrize(
    "until",
    [
        "20261215",
        "20261215T090000Z",
        "20261215T100000",
        "2026-12-15",
        "20261215T100000Z",
        "20261215T235959",
        "20261215T1000",
    ],
)  # fmt: skip
def test_the_last_time_of_a_series_counts_however_its_end_is_written(until: str) -> None:
    three = ["12-01 09:00", "12-08 09:00", "12-15 09:00"]
    assert starts(event(*LOCAL, f"RRULE:FREQ=WEEKLY;UNTIL={until}")) == three
    utc = event(*NINE, f"RRULE:FREQ=WEEKLY;UNTIL={until}")
    assert starts(utc) == three


@pytest.mark.parametrize("until", ["20261203", "20261203T000000Z", "20261203T000000", "20261202T230000Z"])
def test_the_last_day_of_a_series_of_days_counts_however_its_end_is_written(until: str) -> None:
    [(start, stop)] = reading(event(*ALL_DAY, f"RRULE:FREQ=DAILY;UNTIL={until}")).busy
    assert (start, stop - start) == (datetime(2026, 11, 30, 23, tzinfo=UTC), timedelta(days=3))


@pytest.mark.parametrize(
    "exception",
    [
        "EXDATE;TZID=Europe/Berlin:20261208T100000",
        "EXDATE:20261208T090000Z",
        "EXDATE:20261208T100000",
        "EXDATE;VALUE=DATE:20261208",
        "EXDATE:20261208",
        "EXDATE;TZID=America/New_York:20261208T040000",
        "EXDATE;TZID=W. Europe Standard Time:20261208T100000",
        "EXDATE;TZID=Europe/Berlin:20261208T000000",
        "EXDATE:,20261208T090000Z,",
    ],
)
def test_an_exception_counts_however_it_is_written(exception: str) -> None:
    assert starts(event(*WEEKLY, exception)) == ["12-01 09:00", "12-15 09:00"]
    floating = event("DTSTART:20261201T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", exception)
    assert starts(floating) == ["12-01 09:00", "12-15 09:00"]


@pytest.mark.parametrize("exception", ["20261202T000000Z", "20261202T000000", "20261201T230000Z", "20261202T120000Z"])
def test_an_exception_of_days_counts_however_it_is_written(exception: str) -> None:
    assert starts(event(*ALL_DAY, "RRULE:FREQ=DAILY;COUNT=3", f"EXDATE:{exception}")) == ["11-30 23:00", "12-02 23:00"]


@pytest.mark.parametrize(
    "identity",
    [
        "RECURRENCE-ID;TZID=Europe/Berlin:20261208T100000", "RECURRENCE-ID:20261208T090000Z",
        "RECURRENCE-ID:20261208T100000", "RECURRENCE-ID;VALUE=DATE:20261208", "RECURRENCE-ID:20261208",
        "RECURRENCE-ID;TZID=Asia/Tokyo:20261208T180000",
    ],
)  # fmt: skip
def test_a_moved_occurrence_counts_once_however_it_is_identified(identity: str) -> None:
    moved = event(identity, "DTSTART:20261208T140000Z", "DTEND:20261208T150000Z", uid="m")
    assert starts(event(*WEEKLY, uid="m"), moved) == ["12-01 09:00", "12-08 14:00", "12-15 09:00"]


@pytest.mark.parametrize("added", ["RDATE:20261209T090000Z", "RDATE:20261209T100000", "RDATE;VALUE=DATE:20261209"])
def test_an_added_date_counts_however_it_is_written(added: str) -> None:
    assert starts(event(*LOCAL, added)) == ["12-01 09:00", "12-09 09:00"]


def test_an_added_period_has_its_own_length() -> None:
    periods = "RDATE;VALUE=PERIOD:20261209T090000Z/PT3H,20261210T090000Z/20261210T110000Z"
    lengths = [(stop - start) // HOUR for start, stop in reading(event(*LOCAL, periods)).busy]
    assert lengths == [1, 3, 2]


@pytest.mark.parametrize(
    ("lines", "hours"),
    [
        (("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTEND:20261201T110000"), 1),
        (("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTEND:20261201T100000Z"), 1),
        (("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTEND;VALUE=DATE:20261202"), 14),
        (("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTEND;VALUE=DATE:20261201"), 14),
        (("DTSTART;VALUE=DATE:20261201", "DTEND:20261202T000000"), 24),
        (("DTSTART;VALUE=DATE:20261201", "DTEND:20261202T120000"), 48),
        (("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261201"), 24),
        (("DTSTART;VALUE=DATE:20261201T000000", "DTEND;VALUE=DATE:20261203T000000"), 48),
        (("DTSTART;VALUE=DATE:20261201", "DURATION:PT30H"), 48),
    ],
)
def test_an_end_of_another_kind_than_the_start_counts(lines: tuple[str, ...], hours: int) -> None:
    found = reading(event(*lines))
    assert (sum((stop - start) // HOUR for start, stop in found.busy), found.unread) == (hours, 0)


def test_unrelated_events_that_share_a_uid_are_apart() -> None:
    morning, evening = ("DTSTART:20261201T080000Z", "DURATION:PT1H"), ("DTSTART:20261201T140000Z", "DURATION:PT1H")
    for uid in ("roster", " "):
        assert starts(event(*morning, uid=uid), event(*evening, uid=uid)) == ["12-01 08:00", "12-01 14:00"]
        weekly = event(*evening, "RRULE:FREQ=WEEKLY;COUNT=2", uid=uid)
        assert starts(event(*morning, uid=uid), weekly) == ["12-01 08:00", "12-01 14:00", "12-08 14:00"]


def test_a_newer_version_replaces_an_older_one() -> None:
    old = event("DTSTART:20261201T080000Z", "DURATION:PT1H", "SEQUENCE:1", uid="v")
    new = event("DTSTART:20261201T140000Z", "DURATION:PT1H", "SEQUENCE:2", uid="v")
    assert starts(new, old) == ["12-01 14:00"]
    gone = event("DTSTART:20261201T140000Z", "DURATION:PT1H", "SEQUENCE:3", "STATUS:CANCELLED", uid="v")
    assert starts(new, gone, old) == []


def test_a_series_that_names_an_occurrence_is_a_series() -> None:
    identity = "RECURRENCE-ID;TZID=Europe/Berlin:20261201T100000"
    assert starts(event(*WEEKLY, identity)) == ["12-01 09:00", "12-08 09:00", "12-15 09:00"]


def test_a_series_that_goes_on_from_another_replaces_no_part_of_it() -> None:
    first = event(*LOCAL, "RRULE:FREQ=WEEKLY;COUNT=2", "SEQUENCE:1", uid="s")
    rest = event(
        "RECURRENCE-ID:20261215T090000Z", "DTSTART:20261215T120000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2",
        "SEQUENCE:2", uid="s",
    )  # fmt: skip
    assert starts(first, rest) == ["12-01 09:00", "12-08 09:00", "12-15 12:00", "12-22 12:00"]


def test_the_year_9999_means_never() -> None:
    assert len(starts(event(*LOCAL, "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z"))) == 20
    [(start, stop)] = reading(event("DTSTART:20261201T090000Z", "DTEND:99991231T235959Z")).busy
    assert (start, stop) == (datetime(2026, 12, 1, 9, tzinfo=UTC), BOUNDS[1])
    birthday = event("DTSTART;VALUE=DATE:16041203", "RRULE:FREQ=YEARLY;UNTIL=99991231")
    assert starts(birthday) == ["12-02 23:00"]


def test_a_change_of_all_later_occurrences_counts_for_them() -> None:
    later = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261208T090000Z", "DTSTART:20261208T140000Z", "DURATION:PT2H", uid="t"
    )
    found = reading(event(*WEEKLY, uid="t"), later)
    assert [(f"{start:%d %H}", (stop - start) // HOUR) for start, stop in found.busy] == [
        ("01 09", 1),
        ("08 14", 2),
        ("15 14", 2),
    ]
