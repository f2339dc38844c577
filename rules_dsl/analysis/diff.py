"""The meaning of a change: which escalations move from one rule to another, and what rules do otherwise than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.cubes import meet
from rules_dsl.analysis.diff_words import changed_actions, changed_settings, does, same_outcome, told
from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import Situation, say_region, say_situation
from rules_dsl.analysis.value_classes import Region
from rules_dsl.evaluation.program import Rule
from rules_dsl.evaluation.ruleset import Ruleset

_REGIONS = 2
"""Shown of one move."""
_MOST_MOVES = 40


@dataclass(frozen=True)
class MovedRegion:
    """A region of escalations, and one of them."""

    where: str
    """``product area is billing and priority is urgent``; ``every escalation``."""
    example: Situation
    told: str
    """The example in words."""


@dataclass(frozen=True)
class Move:
    """Escalations that one rule took before, and another one takes now."""

    before: str
    after: str
    """The rules' names."""
    text: str
    """``from rule "Invoices" (team "Office") to `otherwise` (team "Support")``"""
    same_outcome: bool
    """Another rule, which does the same."""
    regions: tuple[MovedRegion, ...]


@dataclass(frozen=True)
class Change:
    moves: tuple[Move, ...]
    actions: tuple[str, ...]
    """What rules that keep their name do otherwise, and which are new or gone."""
    settings: tuple[str, ...]
    complete: bool
    """False: there may be more moves than could be worked out or are told."""

    @property
    def nothing(self) -> bool:
        return self.complete and not (self.moves or self.actions or self.settings)


def compare_rules(before: Ruleset, after: Ruleset) -> Change:
    """What changes for whom. Never raises; a change too large to work out is told as far as it is known."""
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
    """Where both versions agree on rules and their order, no escalation moves: one side of a move has changed."""
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
                    yield _told(proofs, after, rules[one], rules[other], found)


def _changed(proofs: Proofs, rules: Sequence[Rule], old: int) -> set[int]:
    """Rules, of both versions, that the other version has not or has in another place."""
    keys = [
        (rule.name, tuple(tuple(sorted(cube.items())) for cube in cubes))
        for rule, cubes in zip(rules, proofs.rules, strict=True)
    ]
    same: set[int] = set()
    for first, second, length in SequenceMatcher(None, keys[:old], keys[old:], autojunk=False).get_matching_blocks():
        same |= set(range(first, first + length)) | set(range(old + second, old + second + length))
    return set(range(len(rules))) - same


def _moved(proofs: Proofs, one: int, other: int, old: int) -> list[Region]:
    """Some regions that ``one`` took before and ``other`` takes now."""
    above = proofs.between(0, one) | proofs.between(old, other)
    found: list[Region] = []
    for cube in proofs.rules[one]:
        for second in proofs.rules[other]:
            both = meet(cube, second)
            for region in () if both is None else proofs.left_of(both, above):
                if region not in found:
                    found.append(region)
                if len(found) == _REGIONS:
                    return found
    return found


def _told(proofs: Proofs, after: Ruleset, one: Rule, other: Rule, regions: list[Region]) -> Move:
    speech, zone = after.vocabulary, after.time_zone
    moved = []
    for region in regions:
        situation = proofs.situation(region)
        where = say_region(proofs.space, region, speech, zone)
        moved.append(MovedRegion(where, situation, say_situation(situation, speech, zone)))
    text = f"from {told(one)} ({does(one)}) to {told(other)} ({does(other)})"
    return Move(one.name, other.name, text, same_outcome(one, other), tuple(moved))
