"""The change summary: which escalations move from one rule to another, and which actions and settings differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.cubes import intersection
from rules_dsl.analysis.diff_words import changed_actions, changed_settings, outcome_words, rule_title, same_outcome
from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import Situation, describe_region, describe_situation
from rules_dsl.analysis.value_classes import Region
from rules_dsl.evaluation.program import Rule
from rules_dsl.evaluation.ruleset import Ruleset

_REGIONS = 2
"""Maximum number of regions shown per move."""
_MOST_MOVES = 40


@dataclass(frozen=True)
class MovedRegion:
    """A region of escalations with an example."""

    where: str
    """``product area is billing and priority is urgent``; ``every escalation``."""
    example: Situation
    example_text: str
    """The example in words."""


@dataclass(frozen=True)
class Move:
    """Escalations that one rule decided before and another decides now."""

    before: str
    after: str
    """The rules' names."""
    text: str
    """``from rule "Invoices" (team "Office") to `otherwise` (team "Support")``"""
    same_outcome: bool
    """Whether both rules do the same thing."""
    regions: tuple[MovedRegion, ...]


@dataclass(frozen=True)
class Change:
    """What differs between two rulesets."""

    moves: tuple[Move, ...]
    actions: tuple[str, ...]
    """How the actions of rules with the same name differ, and which rules are new or removed."""
    settings: tuple[str, ...]
    complete: bool
    """False if there may be more moves: the search grew too large, or there were too many to list."""

    @property
    def nothing(self) -> bool:
        return self.complete and not (self.moves or self.actions or self.settings)


def compare_rules(before: Ruleset, after: Ruleset) -> Change:
    """Compare two rulesets. Never raises; if the change is too large to compute, the result is incomplete."""
    moves: list[Move] = []
    complete = True
    try:
        for move in _moves(before, after):
            if len(moves) == _MOST_MOVES:
                complete = False
                break
            moves.append(move)
    except TooLarge:
        complete = False
    actions = changed_actions(before.rules, after.rules)
    return Change(tuple(moves), tuple(actions), tuple(changed_settings(before, after)), complete)


def _moves(before: Ruleset, after: Ruleset) -> Iterator[Move]:
    """Yield the moves. Two unchanged rules are not compared, because no escalation moves between them."""
    rules = (*before.rules, *after.rules)
    facts = {fact.name: fact for fact in (*before.vocabulary.facts, *after.vocabulary.facts)}
    proofs = Proofs.of([rule.when for rule in rules], tuple(facts.values()), after.time_zone)
    old, new = len(before.rules), len(after.rules)
    changed = _changed(proofs, rules, old)
    for one in range(old):
        for other in range(old, old + new):
            if (one in changed or other in changed) and rules[one].name != rules[other].name:
                found = _moved(proofs, one, other, old)
                if found:
                    yield _move(proofs, after, rules[one], rules[other], found)


def _changed(proofs: Proofs, rules: Sequence[Rule], old: int) -> set[int]:
    """Rules from either version that the other version lacks or has in another position."""
    keys = [
        (rule.name, tuple(tuple(sorted(cube.items())) for cube in cubes))
        for rule, cubes in zip(rules, proofs.rules, strict=True)
    ]
    same: set[int] = set()
    for first, second, length in SequenceMatcher(None, keys[:old], keys[old:], autojunk=False).get_matching_blocks():
        same |= set(range(first, first + length)) | set(range(old + second, old + second + length))
    return set(range(len(rules))) - same


def _moved(proofs: Proofs, one: int, other: int, old: int) -> list[Region]:
    """Some regions that rule ``one`` decided before and rule ``other`` decides now."""
    above = proofs.between(0, one) | proofs.between(old, other)
    found: list[Region] = []
    for cube in proofs.rules[one]:
        for second in proofs.rules[other]:
            both = intersection(cube, second)
            for region in () if both is None else proofs.remainder(both, above):
                if region not in found:
                    found.append(region)
                if len(found) == _REGIONS:
                    return found
    return found


def _move(proofs: Proofs, after: Ruleset, one: Rule, other: Rule, regions: list[Region]) -> Move:
    vocabulary, zone = after.vocabulary, after.time_zone
    moved = []
    for region in regions:
        situation = proofs.situation(region)
        where = describe_region(proofs.space, region, vocabulary, zone)
        moved.append(MovedRegion(where, situation, describe_situation(situation, vocabulary, zone)))
    text = f"from {rule_title(one)} ({outcome_words(one)}) to {rule_title(other)} ({outcome_words(other)})"
    return Move(one.name, other.name, text, same_outcome(one, other), tuple(moved))
