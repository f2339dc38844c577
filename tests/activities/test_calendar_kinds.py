"""What other programs write into calendars, and what is meant by it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from activities.integrations.calendar_reading import answer, read
from activities.integrations.calendar_zones import zone_called
from domain.schedules.calendar_feed import unread_words
from tests.activities.calendar_samples import (
    ALL_DAY,
    BOUNDS,
    GOOD,
    HOUR,
    JANUARY,
    LOCAL,
    NINE,
    WEEKLY,
    ZONE,
    reading,
    starts,
)
from tests.activities.calendars import calendar, event


def zoned(tzid: str) -> str:
    return event(f"DTSTART;TZID={tzid}:20261201T120000", "DURATION:PT1H")


@pytest.mark.parametrize(
    ("tzid", "start"),
    [
        ("America/Los_Angeles", "20:00"),
        ("america/los_angeles", "20:00"),
        ("AMERICA/LOS_ANGELES", "20:00"),
        ("America/Los Angeles", "20:00"),
        ("Pacific Standard Time", "20:00"),
        ("pacific standard time", "20:00"),
        ("Pacific Daylight Time", "20:00"),
        ("Pacific Time (US & Canada)", "20:00"),
        ('"(UTC-08:00) Pacific Time (US & Canada)"', "20:00"),
        ("(UTC-08:00) Pacific Time (US & Canada)", "20:00"),
        ('"(GMT-08:00) Pacific Time (US & Canada); Tijuana"', "20:00"),
        ("/freeassociation.sourceforge.net/America/Los_Angeles", "20:00"),
        ("/mozilla.org/20070129_1/America/Los_Angeles", "20:00"),
        ("PST", "20:00"),
        ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', "11:00"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "11:00"),
        ('"(GMT+01.00) Sarajevo/Skopje/Zagreb"', "11:00"),
        ("W. Europe Standard Time", "11:00"),
        ("Mitteleuropa/Berlin", "11:00"),
        ("Kyiv", "10:00"),
        ("Nuku'alofa", "11-30 23:00"),
        ("Edinburgh", "12:00"),
        ("tzone://Microsoft/Utc", "12:00"),
        ("GMT+0100", "11:00"),
        ('"UTC+05:30"', "06:30"),
        ('"(UTC-11:00) Coordinated Universal Time-11"', "23:00"),
        ('"(UTC+07:00) Nobody knows this place"', "05:00"),
    ],
)
def test_zones_are_known_by_the_names_that_programs_give_them(tzid: str, start: str) -> None:
    found = reading(zoned(tzid))
    assert found.unread == 0
    [(begin, stop)] = found.busy
    assert f"12-01 {start}".endswith(f"{begin:%H:%M}")
    assert stop - begin == HOUR
    name = tzid.strip('"')
    if ":" not in name:
        floating = event("DTSTART:20261201T120000", "DURATION:PT1H")
        assert reading(floating, head=f"X-WR-TIMEZONE:{name}\r\n").busy == found.busy


def test_an_unknown_zone_is_reported_and_its_events_count_in_the_persons_zone() -> None:
    found = reading(zoned("Customized Time Zone 7"), GOOD)
    assert (found.entries, found.unread, found.first_unread) == (2, 1, datetime(2026, 12, 1, 11, tzinfo=UTC))
    assert len(found.busy) == 2
    headed = reading(event("DTSTART:20261201T120000", "DURATION:PT1H"), GOOD, head="X-WR-TIMEZONE:Middle Earth\r\n")
    assert (headed.entries, headed.unread) == (2, 1)


def vtimezone(tzid: str, *more: str, rule: str = "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU") -> str:
    lines = [
        "BEGIN:VTIMEZONE", f"TZID:{tzid}", *more, "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0530",
        "TZOFFSETTO:+0430", f"RRULE:{rule}", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:16010101T020000",
        "TZOFFSETFROM:+0430", "TZOFFSETTO:+0530", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT",
        "END:VTIMEZONE", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def test_a_zone_that_only_the_calendar_knows_is_taken_from_its_definition() -> None:
    daily = event("DTSTART;TZID=Our Zone:20270327T120000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    assert starts(daily, vtimezone("Our Zone")) == ["03-27 07:30", "03-28 06:30"]
    located = vtimezone("Our Zone", "X-LIC-LOCATION:Europe/Berlin")
    assert starts(located, daily) == ["03-27 11:00", "03-28 10:00"]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=x", ""])
def test_a_zone_whose_definition_makes_no_sense_spoils_only_its_own_events(rule: str) -> None:
    found = reading(vtimezone("Our Zone", rule=rule), zoned("Our Zone"), GOOD)
    assert found.unread == (1 if rule else found.unread)
    assert len(found.busy) == 2


def test_a_time_in_two_zones_means_the_instant() -> None:
    assert starts(event("DTSTART;TZID=America/New_York:20261201T120000Z", "DURATION:PT1H")) == ["12-01 12:00"]


ME = "miguel.torres@harborboats.example"


@pytest.mark.parametrize(
    "lines",
    [
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",),
        ("X-MICROSOFT-CDO-BUSYSTATUS: workingelsewhere",),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:OPAQUE"),
        ("x-microsoft-cdo-busystatus:free",),
        ("X-MICROSOFT-CDO-BUSYSTATUS:WORKING_ELSEWHERE",),
        ("STATUS:CANCELLED",),
        ("STATUS: cancelled",),
        ("STATUS :CANCELLED ",),
        ("STATUS:Canceled",),
        ("TRANSP: transparent",),
        (f"ATTENDEE;PARTSTAT=DECLINED;CN=Miguel:mailto:{ME}",),
        (f'ATTENDEE;CN="Torres: Miguel";PARTSTAT=declined:MAILTO:{ME.upper()}',),
        (f"ATTENDEE;PARTSTAT=DELEGATED:mailto:{ME}",),
        (f"ATTENDEE;PARTSTAT=DECLINED;EMAIL={ME}:urn:uuid:1",),
    ],
)
def test_a_state_that_makes_nobody_busy_is_honoured(lines: tuple[str, ...]) -> None:
    assert starts(event(*NINE, *lines), person=ME) == []
    assert starts(event(*WEEKLY, *lines), person=ME) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF",),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",),
        ("STATUS:TENTATIVE",),
        (f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ME}", "ATTENDEE;PARTSTAT=DECLINED:mailto:lead@desk.example"),
        (f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{ME}",),
        (f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{ME}",),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:lead@desk.example",),
        (f"ATTENDEE;PARTSTAT=DECLINED:mailto:not.{ME}",),
        (f"ATTENDEE;CN=mailto:{ME}:mailto:lead@desk.example",),
    ],
)
def test_a_state_that_keeps_somebody_busy_is_honoured(lines: tuple[str, ...]) -> None:
    assert starts(event(*NINE, *lines), person=ME) == ["12-01 09:00"]


def test_an_occurrence_that_the_person_declined_is_free_and_the_answer_isn_t_stored() -> None:
    declined = event("RECURRENCE-ID:20261208T090000Z", *LOCAL, f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ME}", uid="d")
    found = reading(event(*WEEKLY, uid="d"), declined, person=ME)
    assert [f"{start:%m-%d}" for start, _ in found.busy] == ["12-01", "12-15"]
    assert b"miguel" not in found.content.lower()


@pytest.mark.parametrize(
    "raw",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-32"),
        lambda text: text.replace("\r\n", "\r").encode(),
        lambda text: text.replace("\r\n", "\n").encode(),
        lambda text: text.replace("\r\n", "\r\r\n").encode(),
        lambda text: text.replace("\r\n", "\n\n").encode(),
        lambda text: "\r\n".join("\r\n ".join(line) for line in text.splitlines()).encode(),
        lambda text: b"Warning: something in our PHP\r\n" + text.encode(),
    ],
)
def test_a_calendar_is_read_in_any_encoding_and_with_any_line_ends(raw: object) -> None:
    assert callable(raw)
    text = calendar(event(*WEEKLY, "SUMMARY:Größe 🚤"), GOOD).decode()
    expected = read(text.encode(), BOUNDS, ZONE)
    assert read(raw(text), BOUNDS, ZONE).busy == expected.busy
    assert len(expected.busy) == 4


def test_local_times_that_spring_skips_move_on() -> None:
    nightly = event("DTSTART;TZID=Europe/Berlin:20270327T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    assert starts(nightly) == ["03-27 01:30", "03-28 01:30", "03-29 00:30"]
    ends = event("DTSTART;TZID=Europe/Berlin:20270328T023000", "DTEND;TZID=Europe/Berlin:20270328T033000")
    [(start, stop)] = reading(ends).busy
    assert (f"{start:%H:%M}", stop - start) == ("01:30", HOUR)
    series = event(
        "DTSTART;TZID=Europe/Berlin:20270327T023000", "DTEND;TZID=Europe/Berlin:20270327T030000", "RRULE:FREQ=DAILY"
    )
    night = [span for span in reading(series).busy if f"{span[0]:%m-%d}" == "03-28"]
    assert [(f"{start:%H:%M}", stop - start) for start, stop in night] == [("01:30", HOUR / 2)]


BROKEN = [
    ("DTEND:sometime",), ("DURATION:-P99999999W",), ("DURATION:an hour",), ("DTEND:20251201T000000Z",),
    ("RRULE:FREQ=NEVER",),
    ("RRULE:FREQ=DAILY;INTERVAL=" + "9" * 4000,),
    ("RRULE:FREQ=DAILY;INTERVAL=0",), ("RRULE:FREQ=DAILY;COUNT=x",), ("RRULE:",),
    ("RRULE:FREQ=WEEKLY;UNTIL=never",), ("RRULE:FREQ=WEEKLY;BYDAY=XX",), ("RRULE:FREQ=YEARLY;BYDAY=99SU;BYSETPOS=0",),
    ("EXDATE:yesterday",), ("EXDATE",), ("RDATE:20261340T000000Z",), ("RECURRENCE-ID:once",), ("EXRULE:FREQ=DAILY",),
    ("X-MICROSOFT-CDO-BUSYSTATUS",), ("STATUS",), ("DTEND;TZID=GMT+01:00:20261201T123000",),
]  # fmt: skip


@pytest.mark.parametrize("lines", BROKEN)
def test_whatever_is_broken_in_an_event_hides_no_other_and_counts_from_its_start(lines: tuple[str, ...]) -> None:
    found = reading(
        event("DTSTART:20261201T090000Z", *(() if "DTEND" in lines[0] else ("DURATION:PT1H",)), *lines), GOOD
    )
    if lines[0].startswith("DURATION"):
        found = reading(event("DTSTART:20261201T090000Z", *lines), GOOD)
    assert [f"{start:%m-%d %H:%M}" for start, _ in found.busy] == ["12-01 09:00", "12-03 08:00"]
    assert found.busy[0][1] - found.busy[0][0] == HOUR
    assert found.unread == (0 if lines == ("RRULE:",) else 1)


@pytest.mark.parametrize(
    "lines", [("DTSTART:tomorrow",), ("DTSTART;TZID=GMT+01:00:20261201T120000",), (), ("DTSTART:99999999T000000Z",)]
)
def test_an_event_without_a_start_is_reported(lines: tuple[str, ...]) -> None:
    found = reading(event(*lines, "DURATION:PT1H"), GOOD)
    assert (found.entries, found.unread, found.first_unread) == (2, 1, None)
    assert len(found.busy) == 1


@pytest.mark.parametrize("inner", ["VALARM", "X-THING"])
def test_what_is_broken_inside_an_event_touches_nobody(inner: str) -> None:
    alarm = (f"BEGIN:{inner}", "TRIGGER:x", "DTSTART:broken", "RRULE:FREQ=NEVER", "DURATION:x", f"END:{inner}")
    found = reading(event(*NINE, *alarm), GOOD)
    assert (found.unread, len(found.busy)) == (0, 2)


def test_a_broken_free_busy_component_hides_nothing() -> None:
    periods = "FREEBUSY:x/y,20261201T090000Z/PT1H\r\nFREEBUSY:20261202T090000Z/z\r\nFREEBUSY:20261204T090000Z/PT2H"
    found = reading(f"BEGIN:VFREEBUSY\r\n{periods}\r\nEND:VFREEBUSY\r\n", GOOD)
    assert [f"{start:%d %H}" for start, _ in found.busy] == ["01 09", "02 09", "03 08", "04 09"]
    assert (found.entries, found.unread) == (2, 2)


@pytest.mark.parametrize("part", ["(UTC", "(", "a/", "a, ", "x"])
def test_an_endless_name_of_a_zone_costs_nothing_and_hides_no_event(part: str) -> None:
    found = reading(zoned(f'"{part * 50_000}"'), GOOD)
    assert (found.unread, len(found.busy)) == (1, 2)


def test_days_have_no_times_of_day() -> None:
    assert starts(event(*ALL_DAY, "RRULE:FREQ=DAILY;COUNT=2;BYHOUR=9;BYMINUTE=30")) == ["11-30 23:00"]


def test_an_event_that_isn_t_closed_hides_no_other() -> None:
    found = reading(event(*NINE).replace("END:VEVENT\r\n", ""), GOOD)
    assert len(found.busy) == 2


def test_a_broken_event_of_the_past_is_not_reported() -> None:
    assert reading(event("DTSTART:20200101T090000Z", "DTEND:x"), GOOD).unread == 0
    assert reading(event("DTSTART:20200101T090000Z", "DURATION:PT1H", "RRULE:FREQ=x"), GOOD).unread == 1


def test_unread_entries_are_told_in_words() -> None:
    assert unread_words(214, 2) == "2 of 214 entries could not be read"
    assert unread_words(1, 1) == "1 of 1 entry could not be read"
    assert unread_words(10, 0) == ""


def test_no_answer_names_an_exception() -> None:
    for content in (b"", b"<html>", b"BEGIN:VCALENDAR\r\n", b"\x1f\x8bxx", calendar(event(*NINE)) * 2):
        result = answer(content, BOUNDS, "Nowhere/At_All")
        assert "error" in result
        assert "Error" not in result["error"]


def test_every_zone_of_windows_is_known_by_its_name_in_any_case() -> None:
    for name, zone in WINDOWS_TO_OLSON.items():
        assert zone_called(name.upper()) == zone_called(name) is not None
        assert ZoneInfo(zone).utcoffset(JANUARY) == ZoneInfo(zone_called(name) or "").utcoffset(JANUARY)
    assert zone_called("Mid-Atlantic Standard Time")
    assert zone_called("") is None
