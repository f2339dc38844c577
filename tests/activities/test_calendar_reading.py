"""Which events make a calendar's owner busy; and that no calendar can do harm."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.integrations.calendar_entry import CalendarContext, Entry
from activities.integrations.calendar_reading import answer, read, read_answer, read_calendar
from activities.integrations.calendar_text import RawComponent, unpacked
from domain.booking import Span
from domain.schedules.calendar_feed import FeedDelayed, FeedUnread, check_address, fingerprint
from domain.schedules.change import ScheduleRefused
from tests.activities.calendars import calendar, event

BOUNDS = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 1, 20, tzinfo=UTC))
ZONE = "Europe/Copenhagen"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+00:00")


def busy(*parts: str, head: str = "") -> list[Span]:
    return list(read(calendar(*parts, head=head), BOUNDS, ZONE).busy)


NINE_TO_TEN = ("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z")


@pytest.mark.parametrize(
    ("lines", "start", "stop"),
    [
        (NINE_TO_TEN, "12-01T09:00", "12-01T10:00"),
        (("DTSTART:20261201T090000", "DURATION:PT30M"), "12-01T08:00", "12-01T08:30"),
        (("DTSTART;TZID=America/New_York:20261201T090000", "DURATION:PT30M"), "12-01T14:00", "12-01T14:30"),
        (("DTSTART;TZID=Romance Standard Time:20261201T090000", "DURATION:PT1H"), "12-01T08:00", "12-01T09:00"),
        (("DTSTART;TZID=Asia/Kolkata:20261201T090000", "DURATION:PT1H"), "12-01T03:30", "12-01T04:30"),
        (("DTSTART;VALUE=DATE:20261201",), "11-30T23:00", "12-01T23:00"),
        (("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261203"), "11-30T23:00", "12-02T23:00"),
        ((*NINE_TO_TEN, "STATUS:TENTATIVE"), "12-01T09:00", "12-01T10:00"),
        ((*NINE_TO_TEN, "TRANSP:OPAQUE"), "12-01T09:00", "12-01T10:00"),
    ],
)
def test_an_event_makes_busy(lines: tuple[str, ...], start: str, stop: str) -> None:
    assert busy(event(*lines)) == [(at(start), at(stop))]


@pytest.mark.parametrize(
    "lines",
    [
        (*NINE_TO_TEN, "TRANSP:TRANSPARENT"),
        (*NINE_TO_TEN, "STATUS:CANCELLED"),
        (*NINE_TO_TEN, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"),
        ("DTSTART:20261201T090000Z",),
        ("DTSTART:20200101T090000Z", "DTEND:20200101T100000Z"),
        ("DTSTART:20300101T090000Z", "DTEND:20300101T100000Z"),
        ("SUMMARY:no times at all",),
    ],
)
def test_an_event_makes_nobody_busy(lines: tuple[str, ...]) -> None:
    assert busy(event(*lines)) == []


def test_our_own_entries_make_nobody_busy() -> None:
    assert busy(event(*NINE_TO_TEN, uid="muster-shift-1-20261201@calls.example")) == []


def test_a_series_has_its_exceptions() -> None:
    series = ("DTSTART;TZID=Europe/Berlin:20200107T090000", "DTEND;TZID=Europe/Berlin:20200107T100000")
    found = busy(
        event(*series, "RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Berlin:20261201T090000", uid="s"),
        event("RECURRENCE-ID;TZID=Europe/Berlin:20261208T090000", "DTSTART:20261209T120000Z", "DURATION:PT1H", uid="s"),
        event("RECURRENCE-ID;TZID=Europe/Berlin:20261215T090000", *NINE_TO_TEN, "STATUS:CANCELLED", uid="s"),
    )
    assert [start for start, _ in found if start.month == 12] == [
        at("12-09T12:00"),
        at("12-22T08:00"),
        at("12-29T08:00"),
    ]


def test_a_series_keeps_its_wall_time_when_clocks_change() -> None:
    bounds = (datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    content = calendar(event("DTSTART;TZID=Europe/Berlin:20260101T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY"))
    hours = {start.date().isoformat(): start.hour for start, _ in read(content, bounds, ZONE).busy}
    assert (hours["2026-10-24"], hours["2026-10-25"]) == (7, 8)


def test_a_calendar_of_free_and_busy_alone() -> None:
    lines = "FREEBUSY;FBTYPE=BUSY:20261203T100000Z/PT1H,20261204T100000Z/20261204T110000Z\r\n"
    lines += "FREEBUSY;FBTYPE=FREE:20261205T100000Z/PT1H\r\n"
    assert busy(f"BEGIN:VFREEBUSY\r\nUID:1\r\n{lines}END:VFREEBUSY\r\n") == [
        (at("12-03T10:00"), at("12-03T11:00")),
        (at("12-04T10:00"), at("12-04T11:00")),
    ]


def test_the_zone_of_a_calendar_counts_for_times_that_name_none() -> None:
    found = busy(event("DTSTART:20261201T090000", "DURATION:PT1H"), head="X-WR-TIMEZONE:America/New_York\r\n")
    assert found == [(at("12-01T14:00"), at("12-01T15:00"))]


def test_the_stored_copy_has_no_texts_and_the_same_busy_times() -> None:
    words = ("SUMMARY:Divorce lawyer", "DESCRIPTION:secret", "LOCATION:home", "ATTENDEE:mailto:x@example.com")
    weekly = event(*NINE_TO_TEN, *words, "RRULE:FREQ=WEEKLY", "X-ALT-DESC:secret", "COMMENT:secret")
    reading = read(calendar(weekly, head="X-WR-CALNAME:Private\r\n"), BOUNDS, ZONE)
    for word in (b"Divorce", b"secret", b"home", b"x@example", b"Private"):
        assert word not in reading.content
    assert read(reading.content, BOUNDS, ZONE).busy == reading.busy
    assert len(reading.busy) == 8


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 1000,
        b"<html>Please sign in</html>",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        calendar(event("DTSTART:20261120T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY;BYMINUTE=0,15,30,45")),
    ],
)
def test_a_file_that_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(FeedUnread):
        read(content, BOUNDS, ZONE)


def test_one_bad_event_does_not_hide_the_others() -> None:
    bad = event("DTSTART:20261201T090000Z", "RRULE:FREQ=NEVER;COUNT=x")
    assert len(busy(bad, event("DTSTART:20261202T090000Z", "DURATION:PT1H"))) == 1


EACH_MINUTE = f"RRULE:FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))};BYHOUR={','.join(map(str, range(24)))}"
DAYS = [(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=7 * n)).strftime("%Y%m%dT%H%M%SZ") for n in range(80_000)]


@pytest.mark.parametrize(
    "lines",
    [
        ("RRULE:FREQ=SECONDLY",),
        ("RRULE:FREQ=MINUTELY",),
        ("RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",),
        ("RRULE:FREQ=DAILY;INTERVAL=0",),
        ("RRULE:FREQ=WEEKLY;INTERVAL=00;BYDAY=MO",),
        ("RRULE:FREQ=DAILY;INTER", " VAL=0;COUNT=3"),
        tuple(f"RDATE:{day}" for day in DAYS),
        (f"RDATE:{','.join(DAYS)}",),
        (EACH_MINUTE,),
        ("RRULE:FREQ=HOURLY;BYMINUTE=0,10,20,30,40,50;BYSECOND=0,20,40",),
    ],
)
def test_an_event_that_would_take_long_to_read_counts_once_and_hides_no_other(lines: tuple[str, ...]) -> None:
    began = time.process_time()
    endless = event("DTSTART:20261201T070000Z", "DURATION:PT1S", *lines)
    reading = read(calendar(endless, event(*NINE_TO_TEN)), BOUNDS, ZONE)
    assert time.process_time() - began < 2
    assert (reading.entries, reading.unread, reading.first_unread) == (2, 1, at("12-01T07:00"))
    assert reading.busy[0] == (at("12-01T07:00"), at("12-01T07:00") + timedelta(seconds=1))
    assert (at("12-01T09:00"), at("12-01T10:00")) in reading.busy


@pytest.mark.parametrize(
    ("number", "lines", "unread"),
    [
        (1, ("DTSTART:19000101T090000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"), 1),
        (400, ("DTSTART:20261101T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"), 106),
        (100, (*NINE_TO_TEN, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3"), 89),
    ],
)
def test_recurrences_beyond_the_limits_of_a_calendar_are_reported(
    number: int, lines: tuple[str, ...], unread: int
) -> None:
    began = time.process_time()
    reading = read(calendar(*(event(*lines) for _ in range(number))), BOUNDS, ZONE)
    assert time.process_time() - began < 5
    assert (reading.entries, reading.unread) == (number, unread)


def test_too_many_dates_are_reported_and_the_series_counts() -> None:
    reading = read(calendar(event(*NINE_TO_TEN, "RRULE:FREQ=DAILY", f"EXDATE:{','.join(DAYS[:6000])}")), BOUNDS, ZONE)
    assert (reading.unread, len(reading.busy)) == (1, 50)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYHOUR=1,2;BYSETPOS=5",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4,6",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    ],
)
def test_a_barren_recurrence_costs_nothing_and_its_first_occurrence_counts(rule: str) -> None:
    began = time.process_time()
    # A Tuesday.
    assert busy(event(*NINE_TO_TEN, f"RRULE:{rule}")) == [(at("12-01T09:00"), at("12-01T10:00"))]
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("first", "rule", "occurs"),
    [
        ("19800229", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU", False),
        ("20240131", "FREQ=MONTHLY;BYMONTHDAY=-1", True),
        ("20240131", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", False),
        ("20231231", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", True),
        ("20240229", "FREQ=YEARLY;BYMONTH=12", True),
        ("20260102", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", True),
        ("20260110", "FREQ=DAILY;INTERVAL=3;BYDAY=SU;BYMONTH=12", True),
    ],
)
def test_a_rare_recurrence_is_kept(first: str, rule: str, occurs: bool) -> None:
    reading = read(calendar(event(f"DTSTART;VALUE=DATE:{first}", f"RRULE:{rule}")), BOUNDS, ZONE)
    assert b"RRULE" in reading.content
    assert bool(reading.busy) == occurs


def test_ten_years_of_a_real_calendar_are_read() -> None:
    weekly = (
        event("DTSTART:20161204T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE") for _ in range(150)
    )
    past = (
        event("DTSTART:20161204T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20170104T0000Z") for _ in range(99)
    )
    holidays = event("DTSTART;VALUE=DATE:20000101", "RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=4TH")
    dates = event(*NINE_TO_TEN, "RRULE:FREQ=DAILY;COUNT=9", f"EXDATE:{','.join(DAYS[:4000])}")
    assert len(busy(*weekly, *past, holidays, dates)) > 20


def test_past_events_are_dropped_and_recurring_ones_kept() -> None:
    over = event("DTSTART:20250101T090000Z", "DTEND:20250101T100000Z", uid="over")
    begun = event("DTSTART:20250101T090000Z", "DTEND:20261201T100000Z", uid="begun")
    again = event("DTSTART:20250101T090000Z", "DTEND:20250101T100000Z", "RRULE:FREQ=YEARLY", uid="again")
    reading = read(calendar(over, begun, again), BOUNDS, ZONE)
    assert reading.content.count(b"BEGIN:VEVENT") == 2
    assert reading.entries == 3
    assert reading.busy == ((BOUNDS[0], at("12-01T10:00")), (at_2027("01-01T09:00"), at_2027("01-01T10:00")))


def at_2027(text: str) -> datetime:
    return datetime.fromisoformat(f"2027-{text}+00:00")


async def test_a_reader_that_gets_no_processor_is_stopped_and_its_calendar_tried_again() -> None:
    with pytest.raises(FeedDelayed, match="busy"):
        await read_calendar(calendar(event(*NINE_TO_TEN)), BOUNDS, ZONE, time_limit=0.05)


async def test_the_reader_process_returns_what_reading_in_process_returns() -> None:
    content = calendar(event(*NINE_TO_TEN, "RRULE:FREQ=DAILY;COUNT=3"))
    reading, refused = await asyncio.gather(
        read_calendar(content, BOUNDS, ZONE),
        read_calendar(b"no calendar", BOUNDS, ZONE),
        return_exceptions=True,
    )
    assert reading == read(content, BOUNDS, ZONE)
    assert isinstance(refused, FeedUnread)


lines = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:1", "DTSTART:20261201T090000Z",
        "DTEND:00010101T000000Z", "DTSTART;VALUE=DATE:99991231", "DURATION:-P99999999W", "DURATION:PT1H",
        "RRULE:FREQ=YEARLY;BYDAY=99SU", "RRULE:FREQ=DAILY;INTERVAL=0", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:x",
        "DTSTART;TZID=../../etc/passwd:20261201T090000", "RECURRENCE-ID:20261201T090000Z", "RDATE:19000101T000000Z",
        "BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "END:STANDARD", "TZOFFSETFROM:+9999",
        "TZOFFSETTO:-9999", "STATUS:", "TRANSP:\x00", "\x80\xff", ":", ";=:", "FREEBUSY:x/y",
    ]
)  # fmt: skip


@given(st.lists(lines, max_size=25))
@settings(max_examples=120, deadline=None)
def test_nonsense_is_refused_or_read(parts: list[str]) -> None:
    result = answer("\r\n".join(["BEGIN:VCALENDAR", *parts, "END:VCALENDAR"]).encode(), BOUNDS, ZONE)
    spans = [tuple(map(datetime.fromisoformat, span)) for span in result.get("busy", ())]
    assert all(BOUNDS[0] <= start < stop <= BOUNDS[1] for start, stop in spans)
    assert ("error" in result) != ("content" in result)


def test_another_time_of_export_is_no_change() -> None:
    original = calendar(event(*NINE_TO_TEN, uid="a"))
    assert fingerprint([original]) == fingerprint([original.replace(b"DTSTAMP:20261101", b"DTSTAMP:20261102")])
    assert fingerprint([original]) != fingerprint([original.replace(b"T090000Z", b"T093000Z")])


@pytest.mark.parametrize("chunk", [7, 1000])
def test_a_compressed_calendar_that_says_the_same_is_the_same(chunk: int) -> None:
    original = calendar(event("DTSTART:20261201T090000Z", "DURATION:PT1H", "DTSTAMP:20261101T000000Z"))
    later = original.replace(b"DTSTAMP:20261101", b"DTSTAMP:20261102")
    pieces = [original[at : at + chunk] for at in range(0, len(original), chunk)]
    assert fingerprint(pieces) == fingerprint([original])
    assert fingerprint(unpacked(BytesIO(gzip.compress(later)))) == fingerprint([original])


def test_an_entry_that_our_own_error_makes_unread_is_counted_and_the_error_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails_once(component: RawComponent, context: CalendarContext) -> Entry:
        monkeypatch.undo()
        raise LookupError("a bug")

    monkeypatch.setattr("activities.integrations.calendar_reading.normalised", fails_once)
    result = answer(calendar(event("DTSTART:20261201T070000Z"), event(*NINE_TO_TEN)), BOUNDS, ZONE)
    reading = read_answer(0, json.dumps(result).encode())
    assert (reading.entries, reading.unread, len(reading.busy)) == (2, 1, 1)
    assert "calendar reader failed fault=LookupError test_calendar_reading.py:" in caplog.text
    caplog.clear()
    unreadable = answer(calendar(event("DTSTART:x"), event(*NINE_TO_TEN)), BOUNDS, ZONE)
    assert read_answer(0, json.dumps(unreadable).encode()).unread == 1
    assert caplog.text == "", "what a calendar writes is no fault of ours"


def test_a_reader_that_fails_is_our_fault_and_not_the_calendars() -> None:
    with pytest.raises(FeedUnread, match="every second"):
        read_answer(-signal.SIGXCPU, b"")
    with pytest.raises(RuntimeError, match="ended with code 1"):
        read_answer(1, b"")


@pytest.mark.parametrize(
    "url",
    [
        "", "calendar.ics", "ftp://calendar.example/a", "file:///etc/passwd", "https://", "http://[::1", "javascript:1",
        "https://user:word@calendar.example/a", "https://calendar.example/a b", "https://calendar.example/\x00",
        "https://calendar.example:99999/a", "https://calendar.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ScheduleRefused):
        check_address(url)


def test_addresses_that_are_accepted() -> None:
    for url in ("https://calendar.example/me.ics?key=1", "webcal://calendar.example/a", "http://10.0.0.1:8080/a"):
        assert check_address(f" {url} ") == url
