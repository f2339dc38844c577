"""``expect never`` and gaps between rules: claims about every escalation, proven or answered with an example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from rules_dsl.clock_words import DAYS
from rules_dsl.compiled import Rule, When
from rules_dsl.expectations import comes_out
from rules_dsl.lower_conditions import lower_when
from rules_dsl.naming import Names
from rules_dsl.proofs import Situation, TooLarge, find
from rules_dsl.ruleset import Ruleset
from rules_dsl.tree import Block, BlockKind, RulesFile
from rules_dsl.value_classes import TooManyValues


def check_claims(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Reports each claim that is not true, and a situation that no rule takes. Call it for a sound file alone."""
    for block in tree.of(BlockKind.NEVER):
        claim = lower_when(Names(names.directory, [], names.hours, names.defined), block.when)
        if claim is not None:
            _check_never(names, ruleset, block, claim)
    if not tree.of(BlockKind.OTHERWISE):
        _check_gap(names, tree, ruleset)


def _check_gap(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Every fact counts as one that may be missing: a ticket is never left without a rule."""
    last = tree.of(BlockKind.RULE)[-1]
    at = last.name.at if last.name else last.at
    whens = [rule.when for rule in ruleset.rules]
    facts = [replace(fact, may_be_missing=True) for fact in names.directory.facts]
    try:
        gap = find((), whens, facts, ruleset.time_zone)
    except (TooLarge, TooManyValues):
        names.report("R308", at)
    else:
        if gap is not None:
            names.report("R308", at, example=_told(gap, ruleset))


def _check_never(names: Names, ruleset: Ruleset, block: Block, claim: When) -> None:
    try:
        found = next(_contradictions(names, ruleset, block, claim), None)
    except (TooLarge, TooManyValues):
        names.report("R504", block.at)
        return
    if found is not None and block.name is not None:
        situation, rule = found
        example = _told(situation, ruleset)
        names.report("R502", block.name.at, found=block.name.text, example=example, rule=rule.name)


def _contradictions(names: Names, ruleset: Ruleset, block: Block, claim: When) -> Iterator[tuple[Situation, Rule]]:
    """For each rule that does what may never happen, an escalation of the claim that reaches it."""
    for place, rule in enumerate(ruleset.rules):
        outcome = ruleset.outcome_of(rule)
        if all(comes_out(said, outcome, names.directory) is not said.negated for said in block.outcomes):
            above = [other.when for other in ruleset.rules[:place]]
            situation = find((claim, rule.when), above, names.directory.facts, ruleset.time_zone)
            if situation is not None:
                yield situation, rule


def _told(situation: Situation, ruleset: Ruleset) -> str:
    """``priority is urgent, ARR is unknown, on Mon at 09:00``"""
    said = [f"{name} {ruleset.vocabulary.say(name, value)}" for name, value in situation.facts.items()]
    said += [f"{name} is unknown" for name in situation.unknown]
    if situation.timed:
        local = situation.now.astimezone(ZoneInfo(ruleset.time_zone))
        said.append(f"on {DAYS[local.weekday()]} at {local:%H:%M}")
    return ", ".join(said) or "any"
