"""The search clock counts only time in which rounds ran and desks could answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.rounds.search_clock import ASK_AGAIN_AFTER, GRACE, REJOIN_WITHIN, STANDSTILL, SearchClock, Service

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def served(since: float, until: float) -> Service:
    return Service(NOON + since * SECOND, NOON + until * SECOND)


@pytest.mark.parametrize("gap", [0.0, 2.0, 10.0])
def test_rounds_that_follow_one_another_leave_the_clock_running(gap: float) -> None:
    now = NOON + gap * SECOND
    assert SearchClock(NOON).turned(served(-60, gap - 10), now) == SearchClock(now)


def test_a_gap_between_rounds_is_not_counted_nor_is_the_time_that_desks_need_to_come_back() -> None:
    clock = SearchClock(NOON).turned(None, NOON + 300 * SECOND)
    assert (clock.stood, clock.stopped) == (300 * SECOND + GRACE, False)
    assert clock.desks_return(NOON + 300 * SECOND + GRACE - SECOND)
    assert not clock.desks_return(NOON + 300 * SECOND + GRACE)


def test_a_clock_waits_for_web_processes_from_their_last_sign_until_they_are_back() -> None:
    clock = SearchClock(NOON)
    for second in range(2, 61, 2):
        clock = clock.turned(served(-60, 0), NOON + second * SECOND)
    assert (clock.stopped_at, clock.stood) == (NOON, timedelta(0))
    back = clock.turned(served(61, 61), NOON + 62 * SECOND)
    assert (back.stopped, back.stood, back.resumed_at) == (False, 62 * SECOND + GRACE, NOON + 62 * SECOND)


def test_web_processes_that_come_back_after_the_rounds_keep_the_clock_stopped() -> None:
    clock = SearchClock(NOON).turned(served(-60, 0), NOON + 100 * SECOND)
    assert clock.stopped_at == NOON
    clock = clock.turned(served(104, 104), NOON + 105 * SECOND)
    assert clock.stood == 105 * SECOND + GRACE


def test_a_grace_period_that_a_second_standstill_cuts_short_is_counted_once() -> None:
    clock = SearchClock(NOON).turned(None, NOON + 60 * SECOND)
    clock = clock.turned(None, NOON + 75 * SECOND)
    assert clock.stood == 75 * SECOND + GRACE
    assert clock.counts_from(NOON) == NOON + 75 * SECOND + GRACE


def test_a_clock_that_is_set_back_stands_for_nothing() -> None:
    assert SearchClock(NOON).turned(None, NOON - 3600 * SECOND) == SearchClock(NOON - 3600 * SECOND)


def test_whoever_was_expected_during_a_standstill_may_still_join_for_a_while() -> None:
    clock = SearchClock(NOON).turned(None, NOON + 300 * SECOND)
    resumed_at = NOON + 300 * SECOND
    assert clock.may_still_join(NOON, resumed_at + 30 * SECOND) == REJOIN_WITHIN - 30 * SECOND
    assert clock.may_still_join(NOON, resumed_at + REJOIN_WITHIN) is None
    assert clock.may_still_join(resumed_at, resumed_at + 30 * SECOND) is None, "expected only afterwards"
    assert SearchClock(NOON).may_still_join(NOON, NOON) is None
    assert SearchClock(NOON, stopped_at=NOON).may_still_join(NOON, NOON + 300 * SECOND) == ASK_AGAIN_AFTER


def test_rounds_that_are_missing_while_desks_are_served_need_no_grace() -> None:
    clock = SearchClock(NOON).turned(served(-60, 58), NOON + 60 * SECOND)
    assert clock == SearchClock(NOON + 60 * SECOND, stood=60 * SECOND - STANDSTILL)
    assert clock.judges(served(-60, 58), NOON + 60 * SECOND)


@pytest.mark.parametrize("service", [served(30, 58), served(-60, 40), None])
def test_desks_that_were_not_served_throughout_get_the_grace_period(service: Service | None) -> None:
    now = NOON + 60 * SECOND
    assert not SearchClock(NOON).judges(service, now)
    clock = SearchClock(NOON).turned(service, now)
    assert clock.stopped or clock.desks_return(now)


def test_silence_is_judged_again_after_the_grace_period() -> None:
    clock = SearchClock(NOON, resumed_at=NOON - GRACE)
    assert clock.judges(None, NOON)
    assert not replace(clock, resumed_at=NOON - GRACE + SECOND).judges(None, NOON)
    assert not replace(clock, stopped_at=NOON).judges(None, NOON)
