"""What other programs write into calendars, and what is meant by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from activities.integrations.calendar_reading import answer, read
from activities.integrations.calendar_zones import zone_called
from domain.booking import Span
from domain.schedules.calendar_feed import Reading, unread_words
from tests.activities.calendars import calendar, event

BOUNDS = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 4, 20, tzinfo=UTC))
ZONE = "Europe/Copenhagen"
JANUARY = datetime(2027, 1, 1)  # noqa: DTZ001  local time
HOUR = timedelta(hours=1)
NINE = ("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z")
LOCAL = ("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTEND;TZID=Europe/Berlin:20261201T110000")
WEEKLY = (*LOCAL, "RRULE:FREQ=WEEKLY;COUNT=3")
GOOD = event("DTSTART:20261203T080000Z", "DTEND:20261203T090000Z")


def reading(*parts: str, head: str = "", person: str = "", bounds: Span = BOUNDS) -> Reading:
    found = read(calendar(*parts, head=head), bounds, ZONE, person)
    again = read(found.content, bounds, ZONE, person)
    assert again == found, "the stored copy is normalised, and says the same"
    return found


def starts(*parts: str, head: str = "", person: str = "") -> list[str]:
    """When busy times begin in UTC, as ``12-01 09:00``."""
    return [f"{start:%m-%d %H:%M}" for start, _ in reading(*parts, head=head, person=person).busy]


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


ALL_DAY = ("DTSTART;VALUE=DATE:20261201",)


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
