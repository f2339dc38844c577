"""Confidence intervals, compared with published figures and SciPy, and that they contain the true value."""

from __future__ import annotations

from math import inf
from random import Random
from typing import Any

import pytest
from scipy.stats import binomtest, quantile_test

from domain.rollout.confidence import Estimate, cases_for_order, cases_for_share, difference, median, share


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def test_wilson_as_published() -> None:
    """Newcombe (1998), Interval estimation for the single proportion, table I: 81 of 263, 15 of 148, 0 of 20."""
    for successes, cases, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        found = known(share(successes, cases))
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert share(0, 0) is None


@pytest.mark.parametrize(("successes", "cases"), [(0, 1), (1, 1), (3, 7), (50, 50), (17, 400)])
def test_wilson_equals_scipys(successes: int, cases: int) -> None:
    expected = binomtest(successes, cases).proportion_ci(method="wilson")
    found = known(share(successes, cases))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_difference_of_shares_as_published() -> None:
    """Newcombe (1998), table II, method 10: (a) 56 of 70 minus 48 of 80, (h) 10 of 10 minus 0 of 10."""
    found = known(difference(share(56, 70), share(48, 80)))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    extreme = known(difference(share(10, 10), share(0, 10)))
    assert (extreme.low, extreme.high) == pytest.approx((0.6075, 1.0), abs=5e-5)


@pytest.mark.parametrize("cases", [6, 7, 12, 25, 80, 301])
def test_the_interval_of_a_median_equals_scipys(cases: int) -> None:
    values = [Random(cases + number).expovariate(1 / 60) for number in range(cases)]
    expected: Any = quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    found = known(median(values))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_few_values_have_a_median_and_an_infinite_interval() -> None:
    assert median([]) is None
    assert median([3.0, 1.0, 2.0, 9.0, 5.0]) == Estimate(3.0, -inf, inf, 5)
    assert median([3.0, 1.0]) == Estimate(2.0, -inf, inf, 2)


def test_infinite_values_count() -> None:
    found = known(median([10.0, 20.0, 30.0, 40.0, inf, inf, inf]))
    assert (found.value, found.high) == (40.0, inf)
    assert known(median([10.0, inf, inf])).value == inf
    assert difference(median([10.0, inf, inf]), median([10.0])) is None
    assert difference(None, median([10.0])) is None


def test_the_interval_of_a_difference_of_medians_contains_the_true_value() -> None:
    """True medians 60 ln 2 and 90 ln 2; at least 93 of 100 intervals contain their difference (nominally 95)."""
    random, hits = Random(11), 0
    truth = (60 - 90) * 0.693147
    for _ in range(400):
        first = median([random.expovariate(1 / 60) for _ in range(60)])
        second = median([random.expovariate(1 / 90) for _ in range(140)])
        found = known(difference(first, second))
        hits += found.low <= truth <= found.high
    assert hits >= 0.93 * 400


def test_the_interval_of_a_difference_of_shares_contains_the_true_value() -> None:
    random, hits = Random(12), 0
    for _ in range(2000):
        first = share(sum(random.random() < 0.85 for _ in range(40)), 40)
        second = share(sum(random.random() < 0.8 for _ in range(90)), 90)
        found = known(difference(first, second))
        hits += found.low <= 0.05 <= found.high
    assert hits >= 0.94 * 2000


def test_how_many_cases_are_needed() -> None:
    """Equal groups at 50 %: the textbook's 200 for 85 versus 75 of 100, by the variance without the candidate."""
    assert cases_for_share(0.85, 50) == 200
    assert [cases_for_share(0.85, percent) for percent in (10, 30, 70)] == [111, 143, 334]
    assert [cases_for_order(percent) for percent in (10, 50)] == [73, 131]
    assert cases_for_share(1.0, 50) == cases_for_share(0.9, 50)


def test_with_enough_cases_a_difference_is_detected() -> None:
    """With as many as needed, a change of ten points is detected about four times in five."""
    random, cases = Random(13), cases_for_share(0.8, 30)
    others = round(cases * 70 / 30)
    detected = 0
    for _ in range(400):
        first = share(sum(random.random() < 0.9 for _ in range(cases)), cases)
        second = share(sum(random.random() < 0.8 for _ in range(others)), others)
        detected += known(difference(first, second)).excludes_zero
    assert detected >= 0.75 * 400
