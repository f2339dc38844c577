"""Estimates with confidence intervals: shares, medians, and the difference between two shares or two medians. Pure.

Each interval contains the true value in at least about 95 of 100 cases. This holds for looking at a single figure once,
not for looking repeatedly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
"""Two-sided 95 %."""
_POWER = NormalDist().inv_cdf(0.8)


@dataclass(frozen=True)
class Estimate:
    """A figure and its confidence interval, both ends included. An end may be infinite."""

    value: float
    low: float
    high: float
    cases: int

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def share(successes: int, cases: int) -> Estimate | None:
    """A share between 0 and 1, with its score interval; None without cases.

    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    if cases == 0:
        return None
    part, square = successes / cases, Z * Z
    middle = (part + square / (2 * cases)) / (1 + square / cases)
    half = Z * sqrt(part * (1 - part) / cases + square / (4 * cases * cases)) / (1 + square / cases)
    return Estimate(part, max(0.0, min(part, middle - half)), min(1.0, max(part, middle + half)), cases)


def median(values: Sequence[float]) -> Estimate | None:
    """The median, with an interval whose ends are two of the values; it assumes no distribution.

    The number of values below the true median is binomial with p = 1/2, so the interval from the k-th smallest to the
    k-th largest misses it with twice the binomial tail probability (Thompson, W. R. (1936), On confidence ranges for
    the median. Ann. Math. Statist. 7, 122-128; David and Nagaraja, Order Statistics, 7.1). An infinite value stands for
    something that never happened, and is counted like any other. None without values; with fewer than six values, the
    interval is infinite.
    """
    cases = len(values)
    if cases == 0:
        return None
    sorted_values = sorted(values)
    value = sorted_values[cases // 2]
    if cases % 2 == 0:
        value = (sorted_values[cases // 2 - 1] + value) / 2
    rank = _rank(cases)
    if rank == 0:
        return Estimate(value, -inf, inf, cases)
    return Estimate(value, sorted_values[rank - 1], sorted_values[-rank], cases)


def _rank(cases: int) -> int:
    """The largest k with P(Binomial(cases, 1/2) < k) at most 2.5 %, computed exactly."""
    term, tail, rank, whole = 1, 0, 0, 1 << cases
    while (tail + term) * 40 <= whole:
        tail += term
        rank += 1
        term = term * (cases - rank + 1) // rank
    return rank


def difference(first: Estimate | None, second: Estimate | None) -> Estimate | None:
    """``first`` minus ``second``, for two independent groups; None if either is unknown or infinite.

    The distances from each figure to the ends of its interval are squared and added: for shares this is method 10 of
    Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions. Statist. Med. 17,
    873-890; for other figures, that of Zou, G. Y. and Donner, A. (2008), Construction of confidence limits about effect
    measures. Statist. Med. 27, 1693-1702.
    """
    if first is None or second is None or inf in (abs(first.value), abs(second.value)):
        return None
    value = first.value - second.value
    low = value - hypot(first.value - first.low, second.high - second.value)
    high = value + hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, low, high, first.cases + second.cases)


def cases_for_share(current: float, percent: int, step: float = 0.1) -> int:
    """How many candidate cases it takes to detect, with 80 % power, a share that differs by ``step``.

    The candidate gets ``percent`` of all cases; ``current`` is the share without it. Uses normal approximations for two
    groups of unequal size (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 4.3, without the
    correction).
    """
    variance = max(current * (1 - current), step * (1 - step))
    return round((Z + _POWER) ** 2 * variance * (1 + percent / (100 - percent)) / step**2)


def cases_for_order(percent: int, step: float = 0.1) -> int:
    """How many candidate cases it takes to detect that the candidate's value is smaller in ``50 % + step`` of pairs.

    Noether, G. E. (1987), Sample size determination for some common nonparametric tests. JASA 82, 645-647.
    """
    return round((Z + _POWER) ** 2 / (12 * (1 - percent / 100) * step**2))
