"""A thousand random rule sets: proofs and a SAT solver come to the same verdicts, and every example is true."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import Situation
from rules_dsl.evaluation.evaluate import when_holds
from rules_dsl.evaluation.program import When
from tests.rules_dsl.analysis.sat_opinion import Opinion
from tests.rules_dsl.random_rules import FACTS, random_when

SETS_A_SEED = 125


def taken_by(rules: list[When], situation: Situation) -> int | None:
    for place, rule in enumerate(rules):
        if when_holds(rule, situation.facts, situation.now) is True:
            return place
    return None


@pytest.mark.parametrize("seed", range(8))
def test_a_solver_says_the_same(seed: int) -> None:
    random = Random(seed)
    never_reached = gaps = claims = 0
    for _ in range(SETS_A_SEED):
        rules = [random_when(random) for _ in range(random.randint(2, 7))]
        claim = random_when(random)
        proofs, opinion = Proofs.of(rules, FACTS, "UTC", also=[claim]), Opinion()
        true = [opinion.when(rule)[0] for rule in rules]
        claimed = opinion.when(claim)[0]
        for place in range(len(rules)):
            region = next(proofs.reaching(place), None)
            assert (region is not None) == opinion.possible([true[place]], true[:place])
            if region is not None:
                assert taken_by(rules, proofs.situation(region)) == place
            else:
                never_reached += 1
                check_culprits(proofs, opinion, true, place)
            region = next(proofs.reaching(place, proofs.cubes.of(claim)), None)
            assert (region is not None) == opinion.possible([true[place], claimed], true[:place])
            if region is not None:
                claims += 1
                situation = proofs.situation(region)
                assert taken_by(rules, situation) == place
                assert when_holds(claim, situation.facts, situation.now) is True
        gaps += check_gaps(proofs, opinion, rules, true)
    assert min(never_reached, gaps, claims) > 20


def check_gaps(proofs: Proofs, opinion: Opinion, rules: list[When], true: list[int]) -> bool:
    """The solver knows that some facts are never missing; gaps are looked for there first."""
    found = proofs.gaps(3)
    possible = opinion.possible([], true)
    if possible:
        assert found
    for region in found:
        situation = proofs.situation(region)
        assert taken_by(rules, situation) is None
        if not possible:
            assert {"level", "again"} & set(situation.unknown)
    return possible


def check_culprits(proofs: Proofs, opinion: Opinion, true: list[int], place: int) -> None:
    """They take it all, and no smaller choice does."""
    culprits = proofs.culprits(place)
    assert not opinion.possible([true[place]], [true[other] for other in culprits])
    for fewer in combinations(range(place), len(culprits) - 1) if culprits else ():
        assert opinion.possible([true[place]], [true[other] for other in fewer])
