"""The outcomes of a rollout step: the candidate compared with the current rules, and whether there is a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.rollout.confidence import Estimate, cases_for_order, cases_for_share, difference, median, share

FEWEST = 20
"""If either side has fewer cases than this, there is no verdict, whatever the figures."""


@dataclass(frozen=True)
class Side:
    """What happened to the escalations that one version decided during one rollout step."""

    escalations: int
    refused: int
    """Escalations that the rules refused."""
    waits: Sequence[float]
    """How many seconds into each search somebody accepted; infinite if nobody did."""
    offers: int
    """Offers that have ended."""
    declined: int
    ended: int
    """Calls that are over, not counting cancelled ones."""
    took_place: int
    """Calls that both sides joined."""
    no_shows: int
    """Customers who did not join."""
    ratings: int
    satisfied: int
    """Ratings of 4 and 5."""


class RolloutMeasure(StrEnum):
    WAIT = "time to accept"
    RATING = "rating"
    DECLINES = "declines"
    REACHED = "calls that took place"


class Verdict(StrEnum):
    TOO_FEW = "too few"
    ALIKE = "alike"
    """There are enough cases, and no difference was found."""
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True)
class Comparison:
    measure: RolloutMeasure
    candidate: Estimate | None
    current: Estimate | None
    change: Estimate | None
    """Candidate minus current."""
    cases_needed: int
    """How many candidate cases it takes to detect a relevant change."""
    verdict: Verdict

    @property
    def cases(self) -> int:
        return self.candidate.cases if self.candidate else 0


def compare(candidate: Side, current: Side, percent: int) -> tuple[Comparison, ...]:
    """Compare by every measure, for a rollout step that gave the candidate ``percent`` (below 100) of the customers."""
    return (
        _compare(
            RolloutMeasure.WAIT, median(candidate.waits), median(current.waits), cases_for_order(percent), less=True
        ),
        _compare_shares(
            RolloutMeasure.RATING,
            share(candidate.satisfied, candidate.ratings),
            share(current.satisfied, current.ratings),
            percent,
        ),
        _compare_shares(
            RolloutMeasure.DECLINES,
            share(candidate.declined, candidate.offers),
            share(current.declined, current.offers),
            percent,
            less=True,
        ),
        _compare_shares(
            RolloutMeasure.REACHED,
            share(candidate.took_place, candidate.ended),
            share(current.took_place, current.ended),
            percent,
        ),
    )


def _compare_shares(
    measure: RolloutMeasure, candidate: Estimate | None, current: Estimate | None, percent: int, *, less: bool = False
) -> Comparison:
    middle = (current.low + current.high) / 2 if current else 0.5
    return _compare(measure, candidate, current, cases_for_share(middle, percent), less=less)


def _compare(
    measure: RolloutMeasure,
    candidate: Estimate | None,
    current: Estimate | None,
    cases_needed: int,
    *,
    less: bool = False,
) -> Comparison:
    """``less``: whether a smaller figure is better."""
    change = difference(candidate, current)
    verdict = Verdict.TOO_FEW
    if candidate and current and change and min(candidate.cases, current.cases) >= FEWEST:
        if change.excludes_zero:
            verdict = Verdict.BETTER if (change.value < 0) == less else Verdict.WORSE
        elif candidate.cases >= cases_needed:
            verdict = Verdict.ALIKE
    return Comparison(measure, candidate, current, change, cases_needed, verdict)
