"""Who counts as present."""

from datetime import UTC, datetime, timedelta

from domain.presence import BEAT_EVERY, VANISHED_AFTER, present
from workers.ticker import SLEEP_AT_MOST

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_desk_that_was_heard_of_lately_is_present() -> None:
    assert present("available", NOW - timedelta(seconds=16.9), NOW)


def test_a_desk_that_is_silent_is_noticed_within_twenty_seconds() -> None:
    assert not present("available", NOW - VANISHED_AFTER, NOW)
    assert VANISHED_AFTER + timedelta(seconds=SLEEP_AT_MOST) < timedelta(seconds=20)
    assert VANISHED_AFTER > 3 * BEAT_EVERY


def test_a_person_who_is_away_is_not_present_however_often_their_desk_beats() -> None:
    assert not present("away", NOW, NOW)
    assert not present("offline", NOW, NOW)


def test_a_desk_whose_clock_runs_ahead_is_present() -> None:
    assert present("available", NOW + timedelta(seconds=3), NOW)
