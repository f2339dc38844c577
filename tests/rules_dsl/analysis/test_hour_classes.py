"""The years that proofs cover: every kind of day that occurs, each example with its date."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rules_dsl import check_rules
from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.hour_classes import hour_combinations
from rules_dsl.model.decision import OpenHours
from rules_dsl.model.hours import is_open
from tests.rules_dsl.desks import directory

UNITY_DAY = """rules for "Ledgerly customer care"

hours "Sunday" are Sun 00:00 to 24:00
hours "Sunday shift" are Sun 08:00 to 12:00, except holidays "Germany"
hours "morning" are Mon to Sun 08:00 to 12:00

rule "Holiday on a Sunday morning"
  when during hours "Sunday"
  and during hours "morning"
  and outside hours "Sunday shift"
  and priority is urgent
  send to team "Frontline"

otherwise
  send to team "Frontline"

expect never "a holiday on a Sunday is served"
  when priority is urgent
  then rule "Holiday on a Sunday morning"
"""


def test_a_rule_for_a_holiday_on_a_sunday_is_not_dead() -> None:
    found = check_rules(UNITY_DAY, directory("forty_agents"))
    assert [one.code for one in found] == ["R502"]
    assert found[0].helps[0] == "for example: priority is urgent, on Sun 2027-10-03 at 08:00"


def hours(name: str, zone: str, holidays: str | None = None, *, days: range = range(7)) -> OpenHours:
    return OpenHours(name, zone, tuple((day, 480, 720) for day in days), holidays)


def test_a_holiday_that_falls_on_a_sunday_years_ahead_is_found() -> None:
    """German Unity Day is the only holiday in October, on a Sunday for the first time in 2027."""
    open_sundays = hours("any", "Europe/Berlin", days=range(6, 7))
    closed = hours("open", "Europe/Berlin", "DE", days=range(6, 7))
    sunday_in_october = datetime(2027, 10, 3, 7, tzinfo=UTC)
    assert is_open(open_sundays, sunday_in_october)
    assert not is_open(closed, sunday_in_october)
    assert (True, False) in [state for _, state in hour_combinations((open_sundays, closed), "Europe/Berlin")]


@pytest.mark.parametrize("year", range(2026, 2056))
def test_every_combination_of_thirty_years_is_known(year: int) -> None:
    """Two countries whose clocks change on other days, and whose holidays meet only in some years."""
    observed = (
        hours("Berlin", "Europe/Berlin", "DE", days=range(5)),
        hours("Denver", "America/Denver", "US", days=range(5)),
        hours("Lord Howe", "Australia/Lord_Howe", days=range(6)),
    )
    known = {state for _, state in hour_combinations(observed, "UTC")}
    moments = (
        datetime(year, 1 + at % 12, 1 + at * 7 % 28, at * 11 % 24, tzinfo=UTC) for at in range(year % 7, 1200, 7)
    )
    assert {tuple(is_open(one, moment) for one in observed) for moment in moments} <= known


def test_each_combination_has_a_real_moment() -> None:
    observed = (hours("Berlin", "Europe/Berlin", "DE"), hours("Denver", "America/Denver", "US"))
    for moment, state in hour_combinations(observed, "UTC"):
        assert tuple(is_open(one, moment) for one in observed) == state


def test_more_hours_than_can_be_examined_soon_are_too_many() -> None:
    zones = ("Europe/Berlin", "America/Denver", "Asia/Singapore", "Australia/Lord_Howe", "America/Santiago")
    many = tuple(
        OpenHours(
            str(at), zone, tuple((day, 31 * span, 31 * span + 30) for day in range(7) for span in range(30)), land
        )
        for at, (zone, land) in enumerate(zip(zones * 8, ("DE", "US", "SG", "AU", "CL") * 8, strict=True))
    )
    with pytest.raises(TooLarge):
        hour_combinations(many, "UTC")
