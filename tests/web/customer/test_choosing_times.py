"""Choosing a time: waking hours first, days when the clocks change, zones by their names of today, web calendars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.web.customer.test_status_line import link_page
from web.customer.calendar_links import calendar_links
from web.customer.slots import page_of_days
from web.customer.zones import all_zones, find_zones

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_waking_hours_come_first_and_no_time_is_lost() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    (day,) = page_of_days([midnight + timedelta(hours=hour) for hour in range(24)], "UTC").days
    assert [slot.clock for slot in day.shown][:2] == ["07:00", "08:00"]
    assert [slot.clock for slot in day.folded][-1] == "21:00"
    assert [slot.clock for slot in day.night] == [f"{hour:02}:00" for hour in (*range(7), 22, 23)]
    assert day.free == 24


@pytest.mark.parametrize(
    ("day", "zone", "says"),
    [
        ("2026-10-25", "Europe/Copenhagen", "the clocks go back by 1 h"),
        ("2026-03-29", "Europe/Copenhagen", "the clocks go forward by 1 h"),
        ("2026-10-04", "Australia/Lord_Howe", "the clocks go forward by 30 min"),
        ("2026-10-26", "Europe/Copenhagen", ""),
    ],
)
def test_a_day_on_which_the_clocks_change_says_so(day: str, zone: str, says: str) -> None:
    assert page_of_days([datetime.fromisoformat(f"{day}T12:00:00+00:00")], zone).days[0].change == says


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("kathm", "Asia/Kathmandu"),
        ("Kiev", "Europe/Kyiv"),
        ("calcutta", "Asia/Kolkata"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("+5:45", "Asia/Kathmandu"),
        ("GMT+0545", "Asia/Kathmandu"),
    ],
)
def test_a_zone_is_found_by_its_city_its_old_name_or_its_offset(words: str, first: str) -> None:
    assert find_zones(words, NOON)[0].name == first


@pytest.mark.parametrize("words", ["", "  ", "nowhere at all", "x" * 10_000, "\u202e", "+99"])
def test_what_is_no_place_finds_none(words: str) -> None:
    assert find_zones(words, NOON) == []


def test_only_names_of_today_are_offered_from_west_to_east() -> None:
    zones = all_zones(NOON)
    names = {one.name for one in zones}
    assert {"Europe/Kyiv", "Asia/Kolkata"} <= names
    assert not {"Europe/Kiev", "Asia/Calcutta", "US/Eastern"} & names
    assert (zones[0].offset, zones[-1].offset) == ("UTC-11:00", "UTC+14:00")


def test_links_to_web_calendars_hold_the_time_and_no_secret() -> None:
    booked = SimpleNamespace(starts_at=NOON, seconds=1200)
    google, outlook = calendar_links(link_page(booking=booked, subject="Engine & <sails>\r\nBCC: x"))
    assert parse_qs(urlsplit(google.address).query)["dates"] == ["20261124T120000Z/20261124T122000Z"]
    query = parse_qs(urlsplit(outlook.address).query)
    assert (query["startdt"], query["enddt"]) == (["2026-11-24T12:00:00Z"], ["2026-11-24T12:20:00Z"])
    assert query["subject"] == ["Call with Support: Engine & <sails> BCC: x"]
    assert "/c/" not in google.address + outlook.address
    assert calendar_links(link_page()) == ()
