"""Finds false ``expect never`` claims and gaps between rules: proves that there are none, or gives a counterexample."""

from __future__ import annotations

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.empty_pools import check_pools
from rules_dsl.analysis.never import check_never
from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import describe_region, describe_situation
from rules_dsl.analysis.rule_proofs import check_rules_apply
from rules_dsl.analysis.step_proofs import check_steps
from rules_dsl.compiler.lower_conditions import lower_when
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.syntax.tree import BlockKind, RulesFile

MOST_GAPS = 3


def check_claims(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Report false claims, escalations that no rule matches, rules without effect, and incomplete proofs.

    Only for files without errors.
    """
    silent = names.silent()
    never = [(block, claim) for block in tree.of(BlockKind.NEVER) if (claim := lower_when(silent, block.when))]
    check_steps(names, tree, ruleset)
    check_pools(names, tree, ruleset)
    try:
        proofs = Proofs.of(
            [rule.when for rule in ruleset.rules], names.directory.facts, ruleset.time_zone,
            also=[claim for _, claim in never],
        )  # fmt: skip
    except TooLarge:
        proofs = None
    for block, claim in never:
        check_never(names, ruleset, proofs, block, claim)
    if not tree.of(BlockKind.OTHERWISE):
        _check_gap(names, tree, ruleset, proofs)
    check_rules_apply(names, tree, ruleset, proofs)


def _check_gap(names: Names, tree: RulesFile, ruleset: Ruleset, proofs: Proofs | None) -> None:
    """Report gaps as errors, because every ticket needs a rule."""
    last = tree.of(BlockKind.RULE)[-1]
    at = last.name.at if last.name else last.at
    try:
        gaps = proofs.gaps(MOST_GAPS) if proofs else None
    except TooLarge:
        gaps = None
    if gaps is None or proofs is None:
        names.report("R308", at)
    elif gaps:
        space, vocabulary, zone = proofs.space, ruleset.vocabulary, ruleset.time_zone
        example = describe_situation(proofs.situation(gaps[0]), vocabulary, zone)
        first, second, third = [describe_region(space, gap, vocabulary, zone) for gap in gaps] + [None] * (
            MOST_GAPS - len(gaps)
        )
        names.report(
            "R308", at, example=example, region=None if first == example else first, second=second, third=third
        )
