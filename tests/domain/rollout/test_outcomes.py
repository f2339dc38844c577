"""Verdicts on a rollout step: too few, alike, better, worse; for some figures, smaller is better."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from domain.rollout.outcomes import Comparison, RolloutMeasure, Side, Verdict, compare

NOTHING = Side(0, 0, (), 0, 0, 0, 0, 0, 0, 0)
USUAL = Side(
    escalations=1000,
    refused=10,
    waits=[30.0 + number % 60 for number in range(900)],
    offers=1200,
    declined=240,
    ended=900,
    took_place=810,
    no_shows=60,
    ratings=500,
    satisfied=400,
)


def verdicts(candidate: Side, current: Side = USUAL) -> dict[RolloutMeasure, Verdict]:
    return {one.measure: one.verdict for one in compare(candidate, current, 30)}


def comparison(candidate: Side, measure: RolloutMeasure) -> Comparison:
    return next(one for one in compare(candidate, USUAL, 30) if one.measure is measure)


def test_no_cases_are_too_few() -> None:
    assert set(verdicts(NOTHING).values()) == set(verdicts(USUAL, NOTHING).values()) == {Verdict.TOO_FEW}
    assert comparison(NOTHING, RolloutMeasure.RATING).cases == 0


def test_equal_sides_are_alike_once_there_are_enough_cases() -> None:
    assert set(verdicts(USUAL).values()) == {Verdict.ALIKE}
    few = replace(USUAL, ratings=30, satisfied=24)
    assert verdicts(few)[RolloutMeasure.RATING] is Verdict.TOO_FEW
    assert comparison(few, RolloutMeasure.RATING).cases_needed > 30


def test_better_and_worse_are_not_confused() -> None:
    quicker = replace(USUAL, waits=[10.0 + number % 30 for number in range(300)], declined=120, satisfied=460)
    assert verdicts(quicker) == {
        RolloutMeasure.WAIT: Verdict.BETTER,
        RolloutMeasure.DECLINES: Verdict.BETTER,
        RolloutMeasure.RATING: Verdict.BETTER,
        RolloutMeasure.REACHED: Verdict.ALIKE,
    }
    slower = replace(USUAL, waits=[90.0 + number % 30 for number in range(300)], declined=600, took_place=600)
    assert verdicts(slower) == {
        RolloutMeasure.WAIT: Verdict.WORSE,
        RolloutMeasure.DECLINES: Verdict.WORSE,
        RolloutMeasure.RATING: Verdict.ALIKE,
        RolloutMeasure.REACHED: Verdict.WORSE,
    }


def test_a_handful_of_cases_gives_no_verdict_however_clear() -> None:
    handful = replace(NOTHING, ratings=10, satisfied=0, ended=19, took_place=0)
    assert verdicts(handful)[RolloutMeasure.RATING] is verdicts(handful)[RolloutMeasure.REACHED] is Verdict.TOO_FEW


def test_a_search_that_fails_half_the_time_is_never_called_better() -> None:
    half = replace(USUAL, waits=[5.0] * 100 + [inf] * 120)
    assert verdicts(half)[RolloutMeasure.WAIT] is Verdict.TOO_FEW
    assert comparison(half, RolloutMeasure.WAIT).candidate is not None
