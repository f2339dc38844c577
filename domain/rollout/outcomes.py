"""What came of a stage: the candidate against the standing rules, figure by figure, and whether one can tell yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.rollout.confidence import Estimate, cases_for_order, cases_for_share, difference, median, share

FEWEST = 20
"""Cases on each side below which nothing is said, whatever the figures."""


@dataclass(frozen=True)
class Side:
    """What happened to the escalations that one version decided, in one stage."""

    escalations: int
    refused: int
    """By the rules."""
    waits: Sequence[float]
    """Seconds of search until somebody accepted; infinite where nobody did."""
    offers: int
    """Offers that have ended."""
    declined: int
    ended: int
    """Calls that are over, cancelled ones not counted."""
    took_place: int
    """With both sides there."""
    no_shows: int
    """Customers who did not come."""
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
    """Enough cases, and no difference to be seen."""
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True)
class Comparison:
    measure: RolloutMeasure
    candidate: Estimate | None
    standing: Estimate | None
    change: Estimate | None
    """Candidate less standing."""
    wanted: int
    """Cases of the candidate with which a change worth knowing would be seen."""
    verdict: Verdict

    @property
    def cases(self) -> int:
        return self.candidate.cases if self.candidate else 0


def compare(candidate: Side, standing: Side, percent: int) -> tuple[Comparison, ...]:
    """All four, of one stage in which ``percent`` of the customers had the candidate (below 100)."""
    return (
        _judged(
            RolloutMeasure.WAIT, median(candidate.waits), median(standing.waits), cases_for_order(percent), less=True
        ),
        _shares(
            RolloutMeasure.RATING,
            share(candidate.satisfied, candidate.ratings),
            share(standing.satisfied, standing.ratings),
            percent,
        ),
        _shares(
            RolloutMeasure.DECLINES,
            share(candidate.declined, candidate.offers),
            share(standing.declined, standing.offers),
            percent,
            less=True,
        ),
        _shares(
            RolloutMeasure.REACHED,
            share(candidate.took_place, candidate.ended),
            share(standing.took_place, standing.ended),
            percent,
        ),
    )


def _shares(
    measure: RolloutMeasure, candidate: Estimate | None, standing: Estimate | None, percent: int, *, less: bool = False
) -> Comparison:
    usual = (standing.low + standing.high) / 2 if standing else 0.5
    return _judged(measure, candidate, standing, cases_for_share(usual, percent), less=less)


def _judged(
    measure: RolloutMeasure, candidate: Estimate | None, standing: Estimate | None, wanted: int, *, less: bool = False
) -> Comparison:
    """``less``: a smaller figure is the better one."""
    change = difference(candidate, standing)
    verdict = Verdict.TOO_FEW
    if candidate and standing and change and min(candidate.cases, standing.cases) >= FEWEST:
        if change.excludes_zero:
            verdict = Verdict.BETTER if (change.value < 0) == less else Verdict.WORSE
        elif candidate.cases >= wanted:
            verdict = Verdict.ALIKE
    return Comparison(measure, candidate, standing, change, wanted, verdict)
