"""``expect never`` and gaps between rules: claims about every escalation, proven or answered with an example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from rules_dsl.clock_words import DAYS
from rules_dsl.compiled import When
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
        for situation in _reaching(names, ruleset, claim):
            decision = ruleset.decide(situation.facts, situation.now)
            if all(comes_out(outcome, decision, names.directory) is not outcome.negated for outcome in block.outcomes):
                names.report(
                    "R502", block.name.at if block.name else block.at, found=block.name.text if block.name else "",
                    example=_told(situation, ruleset), rule=decision.rule,
                )  # fmt: skip
                return
    except (TooLarge, TooManyValues):
        names.report("R504", block.at)


def _reaching(names: Names, ruleset: Ruleset, claim: When) -> Iterator[Situation]:
    """One situation for each rule that an escalation of the claim can reach: a rule's outcomes are always the same."""
    above: list[When] = []
    for rule in ruleset.rules:
        situation = find((claim, rule.when), above, names.directory.facts, ruleset.time_zone)
        if situation is not None:
            yield situation
        above.append(rule.when)


def _told(situation: Situation, ruleset: Ruleset) -> str:
    """``priority is urgent, ARR is unknown, on Mon at 09:00``"""
    said = [f"{name} {ruleset.vocabulary.say(name, value)}" for name, value in situation.facts.items()]
    said += [f"{name} is unknown" for name in situation.unknown]
    if situation.timed:
        local = situation.now.astimezone(ZoneInfo(ruleset.time_zone))
        said.append(f"on {DAYS[local.weekday()]} at {local:%H:%M}")
    return ", ".join(said) or "any"
