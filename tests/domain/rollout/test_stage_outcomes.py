"""Whether one can tell yet: too few, alike, better, worse; a smaller figure is better where it should be small."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from domain.rollout.outcomes import Comparison, RolloutMeasure, Side, Verdict, compare

NOTHING = Side(0, 0, (), 0, 0, 0, 0, 0, 0, 0)
USUAL = Side(
    escalations=1000,
    refused=10,
    waits=[30.0 + place % 60 for place in range(900)],
    offers=1200,
    declined=240,
    ended=900,
    took_place=810,
    no_shows=60,
    ratings=500,
    satisfied=400,
)


def verdicts(candidate: Side, standing: Side = USUAL) -> dict[RolloutMeasure, Verdict]:
    return {one.measure: one.verdict for one in compare(candidate, standing, 30)}


def one(candidate: Side, measure: RolloutMeasure) -> Comparison:
    return next(found for found in compare(candidate, USUAL, 30) if found.measure is measure)


def test_nothing_yet_is_too_few() -> None:
    assert set(verdicts(NOTHING).values()) == set(verdicts(USUAL, NOTHING).values()) == {Verdict.TOO_FEW}
    assert one(NOTHING, RolloutMeasure.RATING).cases == 0


def test_the_same_is_alike_once_there_are_enough() -> None:
    assert set(verdicts(USUAL).values()) == {Verdict.ALIKE}
    few = replace(USUAL, ratings=30, satisfied=24)
    assert verdicts(few)[RolloutMeasure.RATING] is Verdict.TOO_FEW
    assert one(few, RolloutMeasure.RATING).wanted > 30


def test_better_and_worse_go_the_right_way() -> None:
    quicker = replace(USUAL, waits=[10.0 + place % 30 for place in range(300)], declined=120, satisfied=460)
    assert verdicts(quicker) == {
        RolloutMeasure.WAIT: Verdict.BETTER,
        RolloutMeasure.DECLINES: Verdict.BETTER,
        RolloutMeasure.RATING: Verdict.BETTER,
        RolloutMeasure.REACHED: Verdict.ALIKE,
    }
    slower = replace(USUAL, waits=[90.0 + place % 30 for place in range(300)], declined=600, took_place=600)
    assert verdicts(slower) == {
        RolloutMeasure.WAIT: Verdict.WORSE,
        RolloutMeasure.DECLINES: Verdict.WORSE,
        RolloutMeasure.RATING: Verdict.ALIKE,
        RolloutMeasure.REACHED: Verdict.WORSE,
    }


def test_a_handful_says_nothing_however_clear() -> None:
    handful = replace(NOTHING, ratings=10, satisfied=0, ended=19, took_place=0)
    assert verdicts(handful)[RolloutMeasure.RATING] is verdicts(handful)[RolloutMeasure.REACHED] is Verdict.TOO_FEW


def test_nobody_found_for_half_of_them_is_never_called_quick() -> None:
    half = replace(USUAL, waits=[5.0] * 100 + [inf] * 120)
    assert verdicts(half)[RolloutMeasure.WAIT] is Verdict.TOO_FEW
    assert one(half, RolloutMeasure.WAIT).candidate is not None
