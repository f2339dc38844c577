"""For a thousand random rulesets, proofs and a SAT solver agree, and every example is true."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import Situation
from rules_dsl.evaluation.evaluate import when_holds
from rules_dsl.evaluation.program import When
from tests.rules_dsl.analysis.sat_model import SolverModel
from tests.rules_dsl.random_rules import FACTS, random_when

SETS_A_SEED = 125


def deciding_rule(rules: list[When], situation: Situation) -> int | None:
    for place, rule in enumerate(rules):
        if when_holds(rule, situation.facts, situation.now) is True:
            return place
    return None


@pytest.mark.parametrize("seed", range(8))
def test_a_solver_agrees(seed: int) -> None:
    random = Random(seed)
    never_reached = gaps = claims = 0
    for _ in range(SETS_A_SEED):
        rules = [random_when(random) for _ in range(random.randint(2, 7))]
        claim = random_when(random)
        proofs, model = Proofs.of(rules, FACTS, "UTC", also=[claim]), SolverModel()
        true = [model.when(rule)[0] for rule in rules]
        claimed = model.when(claim)[0]
        for place in range(len(rules)):
            region = next(proofs.reaching(place), None)
            assert (region is not None) == model.possible([true[place]], true[:place])
            if region is not None:
                assert deciding_rule(rules, proofs.situation(region)) == place
            else:
                never_reached += 1
                check_culprits(proofs, model, true, place)
            region = next(proofs.reaching(place, proofs.cubes.of(claim)), None)
            assert (region is not None) == model.possible([true[place], claimed], true[:place])
            if region is not None:
                claims += 1
                situation = proofs.situation(region)
                assert deciding_rule(rules, situation) == place
                assert when_holds(claim, situation.facts, situation.now) is True
        gaps += check_gaps(proofs, model, rules, true)
    assert min(never_reached, gaps, claims) > 20


def check_gaps(proofs: Proofs, model: SolverModel, rules: list[When], true: list[int]) -> bool:
    """The solver's model knows facts that are never missing; proofs search for gaps with them first."""
    found = proofs.gaps(3)
    possible = model.possible([], true)
    if possible:
        assert found
    for region in found:
        situation = proofs.situation(region)
        assert deciding_rule(rules, situation) is None
        if not possible:
            assert {"level", "again"} & set(situation.unknown)
    return possible


def check_culprits(proofs: Proofs, model: SolverModel, true: list[int], place: int) -> None:
    """The culprits cover the rule, and no smaller set does."""
    culprits = proofs.culprits(place)
    assert not model.possible([true[place]], [true[other] for other in culprits])
    for fewer in combinations(range(place), len(culprits) - 1) if culprits else ():
        assert model.possible([true[place]], [true[other] for other in fewer])
