"""The search clock counts only time in which rounds ran and desks could answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.rounds.search_clock import ASK_AGAIN_AFTER, GRACE, REJOIN_WITHIN, STANDSTILL, SearchClock, turn

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_round_starts_the_clock() -> None:
    assert turn(None, None, NOON) == SearchClock(NOON)


@pytest.mark.parametrize("gap", [0.0, 2.0, 10.0])
def test_rounds_that_follow_one_another_leave_the_clock_running(gap: float) -> None:
    now = NOON + gap * SECOND
    assert turn(SearchClock(NOON), now - STANDSTILL, now) == SearchClock(now)


def test_a_gap_between_rounds_is_not_counted_nor_is_the_time_that_desks_need_to_come_back() -> None:
    clock = turn(SearchClock(NOON), None, NOON + 300 * SECOND)
    assert (clock.stood, clock.stopped) == (300 * SECOND + GRACE, False)
    assert clock.desks_return(NOON + 300 * SECOND + GRACE - SECOND)
    assert not clock.desks_return(NOON + 300 * SECOND + GRACE)


def test_a_clock_waits_for_web_processes_from_their_last_sign_until_they_are_back() -> None:
    clock, served_at = SearchClock(NOON), NOON
    for second in range(2, 61, 2):
        clock = turn(clock, served_at, NOON + second * SECOND)
    assert (clock.stopped_at, clock.stood) == (NOON, timedelta(0))
    back = turn(clock, NOON + 61 * SECOND, NOON + 62 * SECOND)
    assert (back.stopped, back.stood, back.resumed_at) == (False, 62 * SECOND + GRACE, NOON + 62 * SECOND)


def test_web_processes_that_come_back_after_the_rounds_keep_the_clock_stopped() -> None:
    clock = turn(SearchClock(NOON), NOON, NOON + 100 * SECOND)
    assert clock.stopped_at == NOON
    clock = turn(clock, NOON + 104 * SECOND, NOON + 105 * SECOND)
    assert clock.stood == 105 * SECOND + GRACE


def test_a_grace_period_that_a_second_standstill_cuts_short_is_counted_once() -> None:
    clock = turn(SearchClock(NOON), None, NOON + 60 * SECOND)
    clock = turn(clock, None, NOON + 75 * SECOND)
    assert clock.stood == 75 * SECOND + GRACE
    assert clock.counts_from(NOON) == NOON + 75 * SECOND + GRACE


def test_a_clock_that_is_set_back_stands_for_nothing() -> None:
    assert turn(SearchClock(NOON), None, NOON - 3600 * SECOND) == SearchClock(NOON - 3600 * SECOND)


def test_whoever_was_expected_during_a_standstill_may_still_join_for_a_while() -> None:
    clock = turn(SearchClock(NOON), None, NOON + 300 * SECOND)
    resumed_at = NOON + 300 * SECOND
    assert clock.may_still_join(NOON, resumed_at + 30 * SECOND) == REJOIN_WITHIN - 30 * SECOND
    assert clock.may_still_join(NOON, resumed_at + REJOIN_WITHIN) is None
    assert clock.may_still_join(resumed_at, resumed_at + 30 * SECOND) is None, "expected only afterwards"
    assert SearchClock(NOON).may_still_join(NOON, NOON) is None
    assert SearchClock(NOON, stopped_at=NOON).may_still_join(NOON, NOON + 300 * SECOND) == ASK_AGAIN_AFTER
