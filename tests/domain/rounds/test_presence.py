"""Who counts as present."""

from datetime import UTC, datetime, timedelta

from domain.rounds.presence import BEAT_EVERY, FLOOR_SILENT_AFTER, VANISHED_AFTER, gone_after, present
from workers.ticker import SLEEP_AT_MOST

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_desk_with_a_recent_heartbeat_is_present() -> None:
    assert present("available", NOW - timedelta(seconds=16.9), NOW)


def test_a_desk_that_is_silent_is_noticed_within_twenty_seconds() -> None:
    assert not present("available", NOW - VANISHED_AFTER, NOW)
    assert VANISHED_AFTER + timedelta(seconds=SLEEP_AT_MOST) < timedelta(seconds=20)
    assert VANISHED_AFTER > 3 * BEAT_EVERY


def test_a_person_who_is_away_is_not_present_despite_heartbeats() -> None:
    assert not present("away", NOW, NOW)
    assert not present("offline", NOW, NOW)


def test_a_desk_whose_clock_runs_ahead_is_present() -> None:
    assert present("available", NOW + timedelta(seconds=3), NOW)


def test_desks_that_fall_silent_together_are_given_more_time() -> None:
    assert gone_after(heard=5, silent=4) == VANISHED_AFTER
    assert gone_after(heard=5, silent=5) == gone_after(heard=0, silent=600) == FLOOR_SILENT_AFTER
    assert gone_after(heard=0, silent=2) == VANISHED_AFTER, "two may well have left together"
