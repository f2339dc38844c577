"""When a failed message is retried."""

from datetime import timedelta

import pytest

from domain.delivery import LONGEST_RETRY_AFTER, WAITS, Undelivered, next_wait

BUSY = Undelivered("busy")


def test_retries_go_on_for_three_days_with_growing_delays() -> None:
    waits = [next_wait(attempts, BUSY, 0.0) for attempts in range(1, len(WAITS) + 1)]
    delays = [wait for wait in waits if wait is not None]
    assert delays == sorted(delays)
    assert timedelta(hours=74) < sum(delays, timedelta()) < timedelta(hours=76)
    assert next_wait(len(WAITS) + 1, BUSY, 0.0) is None


def test_a_final_failure_is_not_retried() -> None:
    assert next_wait(1, Undelivered("gone", final=True), 0.0) is None


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_chance_spreads_the_waits_a_little(chance: float) -> None:
    wait = next_wait(4, BUSY, chance)
    assert wait is not None
    assert 300 <= wait.total_seconds() < 330


@pytest.mark.parametrize(("retry_after", "wait"), [(1, 5), (120, 120), (1e9, LONGEST_RETRY_AFTER)])
def test_a_receivers_retry_after_is_followed_within_bounds(retry_after: float, wait: float) -> None:
    assert next_wait(1, Undelivered("busy", wait=retry_after), 0.0) == timedelta(seconds=wait)
