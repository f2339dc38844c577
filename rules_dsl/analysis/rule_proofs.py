"""Rules without effect: those that can't be true, those never reached and by whose doing, and facts left unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.cubes import Cube, within
from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import say_situation
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.program import Clause, Rule, When
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile
from rules_dsl.syntax.tree_conditions import START, Place

_NAMED = 3
"""Rules named in one message; of more, how many there are."""
_MOST_CULPRITS = 20
"""Rules that are never reached for which others are named; a file with more has to be read anew anyway."""


def check_rules_apply(names: Names, tree: RulesFile, ruleset: Ruleset, proofs: Proofs | None) -> None:
    """Reports by rule. Where the budget ends, one message names the first rule that was not proven."""
    blocks = tree.of(BlockKind.RULE)
    if proofs is None:
        names.report("R327", _heading_of(blocks[0]) if blocks else START, found="every rule")
        return
    place, named = 0, 0
    try:
        for place, block in enumerate(blocks):
            named += _check_rule(names, ruleset, proofs, place, block, named < _MOST_CULPRITS)
        _check_unknown(names, ruleset, proofs, blocks)
    except TooLarge:
        found = f'"{ruleset.rules[place].name}" and what comes after it'
        names.report("R327", _heading_of(blocks[place]) if blocks else START, found=found)


def _heading_of(block: Block) -> Place:
    return block.name.at if block.name else block.at


def _check_rule(names: Names, ruleset: Ruleset, proofs: Proofs, place: int, block: Block, by_name: bool) -> bool:
    """Whether the rule could apply and is never reached."""
    rule = ruleset.rules[place]
    if block.name is None:
        return False
    holds = bool(proofs.rules[place])
    impossible = [] if holds and len(rule.when.alternatives) == 1 else list(_impossible_ways(proofs, rule.when))
    if not holds:
        names.report("R324", block.name.at, found=block.name.written, because=impossible[0][1] if impossible else None)
        return False
    for line, because in impossible:
        at = next((when.at for when in block.when if when.at.line == line), block.name.at)
        names.report("R325", at, found=block.name.written, because=because)
    possible = any(within(cube, proofs.space.possible) for cube in proofs.rules[place])
    if not possible or proofs.reached(place):
        return False
    because = "every call it could take is already taken above"
    if by_name:
        because = _because([ruleset.rules[other] for other in proofs.culprits(place)])
    names.report("R307", block.name.at, found=block.name.written, because=because)
    return True


def _because(culprits: Sequence[Rule]) -> str:
    if len(culprits) > _NAMED + 1:
        first = ", ".join(f'"{rule.name}" (line {rule.line})' for rule in culprits[:_NAMED])
        return f"every call it could take is already taken by {first} and {len(culprits) - _NAMED} more together"
    told = [f'"{rule.name}" (line {rule.line})' for rule in culprits]
    if len(told) == 1:
        return f"every call it could take is already taken by {told[0]}"
    return f"every call it could take is already taken by {', '.join(told[:-1])} and {told[-1]} together"


def _impossible_ways(proofs: Proofs, when: When) -> Iterator[tuple[int, str]]:
    """The line where each alternative that can't be true begins, and the lines that exclude each other."""
    start = len(when.lines) - len(when.unless)
    barring = [(clause, line, True) for clause, line in zip(when.unless, when.lines[start:], strict=True)]
    start = 0
    for alternative in when.alternatives:
        numbers = when.lines[start : start + len(alternative)]
        start += len(alternative)
        if not proofs.cubes.of(When((alternative,), when.unless)):
            lines = [*((clause, line, False) for clause, line in zip(alternative, numbers, strict=True)), *barring]
            yield lines[0][1], _excluding(proofs, lines)


def _excluding(proofs: Proofs, lines: list[tuple[Clause, int, bool]]) -> str:
    """``lines`` are clauses, where they stand, and whether they do so after ``unless``."""
    for size in (1, 2, 3):
        for chosen in combinations(lines, size):
            held = tuple(clause for clause, _, barred in chosen if not barred)
            barring = tuple(clause for clause, _, barred in chosen if barred)
            if not proofs.cubes.of(When((held,), barring)):
                told = [f"`{'unless ' * barred}{clause.text}` (line {line})" for clause, line, barred in chosen]
                if size == 1:
                    return f"{told[0]} never holds"
                return f"{', '.join(told[:-1])} and {told[-1]} exclude each other"
    return "its lines exclude each other"


def _check_unknown(names: Names, ruleset: Ruleset, proofs: Proofs, blocks: Sequence[Block]) -> None:
    """Rules that split all known values of a fact between them, and say nothing about the unknown."""
    if len(ruleset.rules) == len(blocks):
        return
    reported: set[tuple[int, int]] = set()
    for fact, first, last, rest in _splits(proofs):
        if (fact, last) in reported:
            continue
        region = next(proofs.left_of(rest, proofs.above(last + 1)), None)
        if region is None or _meant(proofs, fact):
            continue
        reported.add((fact, last))
        situation = proofs.situation(region)
        taken = next(other for other in range(last + 1, len(ruleset.rules)) if _takes(proofs, other, region))
        name, asked = blocks[last].name, proofs.space.attributes[fact].fact
        if name is not None and asked is not None:
            names.report(
                "R401", name.at, fact=asked.name, one=f'"{ruleset.rules[first].name}"', found=name.written,
                example=say_situation(situation, ruleset.vocabulary, ruleset.time_zone),
                instead=f'"{ruleset.rules[taken].name}"',
            )  # fmt: skip


def _splits(proofs: Proofs) -> Iterator[tuple[int, int, int, Cube]]:
    """(attribute, first rule, last rule, the unknown beside what else they ask) of each split."""
    seen: dict[tuple[int, tuple[tuple[int, int], ...]], tuple[int, int]] = {}
    for rule, cubes in enumerate(proofs.rules):
        for cube in cubes:
            for place, mask in cube.items():
                attribute = proofs.space.attributes[place]
                fact = attribute.fact
                if fact is None or not fact.may_be_missing or attribute.tag or mask & attribute.unknown:
                    continue
                if mask == attribute.known:
                    continue
                rest = tuple(sorted((other, asked) for other, asked in cube.items() if other != place))
                first, before = seen.setdefault((place, rest), (rule, 0))
                seen[place, rest] = (first, before | mask)
                if before | mask == attribute.known and before != attribute.known and first != rule:
                    yield place, first, rule, dict(rest) | {place: attribute.unknown}


def _meant(proofs: Proofs, fact: int) -> bool:
    """Whether a rule asks whether this fact is unknown."""
    unknown = proofs.space.attributes[fact].unknown
    return any(cube.get(fact) == unknown for cubes in proofs.rules for cube in cubes)


def _takes(proofs: Proofs, rule: int, region: tuple[int, ...]) -> bool:
    point = tuple(mask & -mask for mask in region)
    return bool(proofs.cover.touching(point, proofs.groups[rule]))
