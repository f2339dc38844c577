"""When a failed message is tried again."""

from datetime import timedelta

import pytest

from domain.delivery import LONGEST_ASKED, WAITS, Undelivered, next_wait

BUSY = Undelivered("busy")


def test_trying_goes_on_for_three_days_ever_more_rarely() -> None:
    waits = [next_wait(attempts, BUSY, 0.0) for attempts in range(1, len(WAITS) + 1)]
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert timedelta(hours=74) < sum(known, timedelta()) < timedelta(hours=76)
    assert next_wait(len(WAITS) + 1, BUSY, 0.0) is None


def test_what_is_final_is_not_tried_again() -> None:
    assert next_wait(1, Undelivered("gone", final=True), 0.0) is None


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_chance_spreads_the_waits_a_little(chance: float) -> None:
    wait = next_wait(4, BUSY, chance)
    assert wait is not None
    assert 300 <= wait.total_seconds() < 330


@pytest.mark.parametrize(("asked", "granted"), [(1, 5), (120, 120), (1e9, LONGEST_ASKED)])
def test_a_receivers_wish_is_granted_within_bounds(asked: float, granted: float) -> None:
    assert next_wait(1, Undelivered("busy", wait=asked), 0.0) == timedelta(seconds=granted)
