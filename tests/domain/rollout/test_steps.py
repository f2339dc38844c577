"""The share of a rollout step: the same customers each time, evenly distributed, and none lost at the next step."""

from __future__ import annotations

from itertools import pairwise

import pytest

from domain.rollout.steps import EVERYBODY, ROLLOUT_STEPS, has_candidate, next_rollout_step, place_of, share_words

CUSTOMERS = [f"customer{number}@example.com" for number in range(20_000)]


def test_a_customer_keeps_their_place_for_ever() -> None:
    """Literal figures: if places changed with a release, half a rollout step would get other rules overnight."""
    assert [place_of(f"{name}@olsen.example", 1) for name in ("mira", "per", "zoë")] == [841, 2707, 5124]
    assert place_of(" Mira@Olsen.example ", 1) == place_of("mira@olsen.example", 1)


@pytest.mark.parametrize("percent", ROLLOUT_STEPS)
def test_a_step_has_its_share(percent: int) -> None:
    number = sum(has_candidate(customer, 7, percent) for customer in CUSTOMERS)
    assert abs(number / len(CUSTOMERS) - percent / 100) < 0.011, "more than three standard errors"


def test_places_are_even() -> None:
    """Chi-square over a hundred cells: above 149 happens once in a thousand draws, and this draw is fixed."""
    cells = [0] * 100
    for customer in CUSTOMERS:
        cells[place_of(customer, 3) // 100] += 1
    expected = len(CUSTOMERS) / 100
    assert sum((cell - expected) ** 2 / expected for cell in cells) < 149


def test_whoever_has_the_candidate_keeps_it_at_the_next_step() -> None:
    for percent, wider in pairwise(ROLLOUT_STEPS):
        assert all(has_candidate(one, 5, wider) for one in CUSTOMERS[:2000] if has_candidate(one, 5, percent))
    assert all(has_candidate(one, 5, EVERYBODY) for one in CUSTOMERS[:2000])


def test_another_rollout_begins_with_other_customers() -> None:
    both = sum(has_candidate(one, 1, 10) and has_candidate(one, 2, 10) for one in CUSTOMERS)
    assert abs(both / len(CUSTOMERS) - 0.01) < 0.003


def test_steps_follow_each_other() -> None:
    assert [next_rollout_step(percent) for percent in (1, 10, 30, 70, 100)] == [10, 30, 70, 100, 100]
    assert [share_words(percent) for percent in (10, 100)] == ["10 % of the customers", "everybody"]
