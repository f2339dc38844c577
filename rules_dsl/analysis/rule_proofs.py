"""Reports rules without effect (contradictory or unreachable) and why, and unknown facts that rules overlook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.cubes import Cube, within
from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import describe_situation
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.program import Clause, Rule, When
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile
from rules_dsl.syntax.tree_conditions import START, Place

_NAMED = 3
"""Maximum number of rules named in one diagnostic; the others are only counted."""
_MOST_EXPLAINED = 20
"""Maximum number of unreachable rules whose culprits are named; a file with more needs a review anyway."""


def check_rules_apply(names: Names, tree: RulesFile, ruleset: Ruleset, proofs: Proofs | None) -> None:
    """Check rule by rule. If the budget runs out, one diagnostic names the first rule that was not fully checked."""
    blocks = tree.of(BlockKind.RULE)
    if proofs is None:
        names.report("R327", _heading_of(blocks[0]) if blocks else START, found="every rule")
        return
    place, named = 0, 0
    try:
        for place, block in enumerate(blocks):
            named += _check_rule(names, ruleset, proofs, place, block, named < _MOST_EXPLAINED)
        _check_unknown(names, ruleset, proofs, blocks)
    except TooLarge:
        found = f'"{ruleset.rules[place].name}" and the rules below'
        names.report("R327", _heading_of(blocks[place]) if blocks else START, found=found)


def _heading_of(block: Block) -> Place:
    return block.name.at if block.name else block.at


def _check_rule(names: Names, ruleset: Ruleset, proofs: Proofs, place: int, block: Block, by_name: bool) -> bool:
    """Check one rule. Returns True if it could apply but is never reached."""
    rule = ruleset.rules[place]
    if block.name is None:
        return False
    holds = bool(proofs.rules[place])
    impossible = [] if holds and len(rule.when.alternatives) == 1 else list(_contradictions(proofs, rule.when))
    if not holds:
        names.report("R324", block.name.at, found=block.name.written, because=impossible[0][1] if impossible else None)
        return False
    for line, because in impossible:
        at = next((when.at for when in block.when if when.at.line == line), block.name.at)
        names.report("R325", at, found=block.name.written, because=because)
    possible = any(within(cube, proofs.space.possible) for cube in proofs.rules[place])
    if not possible or proofs.reached(place):
        return False
    because = "the rules above already take every call that it could take"
    if by_name:
        because = _because([ruleset.rules[other] for other in proofs.culprits(place)])
    names.report("R307", block.name.at, found=block.name.written, because=because)
    return True


def _because(culprits: Sequence[Rule]) -> str:
    if len(culprits) > _NAMED + 1:
        first = ", ".join(f'"{rule.name}" (line {rule.line})' for rule in culprits[:_NAMED])
        return f"{first} and {len(culprits) - _NAMED} more together already take every call that it could take"
    rules = [f'"{rule.name}" (line {rule.line})' for rule in culprits]
    if len(rules) == 1:
        return f"{rules[0]} already takes every call that it could take"
    return f"{', '.join(rules[:-1])} and {rules[-1]} together already take every call that it could take"


def _contradictions(proofs: Proofs, when: When) -> Iterator[tuple[int, str]]:
    """The first line of each alternative that can't be true, and the lines that exclude each other."""
    start = len(when.lines) - len(when.unless)
    unless = [(clause, line, True) for clause, line in zip(when.unless, when.lines[start:], strict=True)]
    start = 0
    for alternative in when.alternatives:
        numbers = when.lines[start : start + len(alternative)]
        start += len(alternative)
        if not proofs.cubes.of(When((alternative,), when.unless)):
            lines = [*((clause, line, False) for clause, line in zip(alternative, numbers, strict=True)), *unless]
            yield lines[0][1], _excluding(proofs, lines)


def _excluding(proofs: Proofs, lines: list[tuple[Clause, int, bool]]) -> str:
    """The smallest contradictory subset of ``lines`` (clause, line number, whether it is an ``unless``), in words."""
    for size in (1, 2, 3):
        for chosen in combinations(lines, size):
            clauses = tuple(clause for clause, _, is_unless in chosen if not is_unless)
            unless = tuple(clause for clause, _, is_unless in chosen if is_unless)
            if not proofs.cubes.of(When((clauses,), unless)):
                quoted = [f"`{'unless ' * is_unless}{clause.text}` (line {line})" for clause, line, is_unless in chosen]
                if size == 1:
                    return f"{quoted[0]} never holds"
                return f"{', '.join(quoted[:-1])} and {quoted[-1]} exclude each other"
    return "its lines exclude each other"


def _check_unknown(names: Names, ruleset: Ruleset, proofs: Proofs, blocks: Sequence[Block]) -> None:
    """Warn about rules that together cover every known value of a fact but not the case in which it is unknown."""
    if len(ruleset.rules) == len(blocks):
        return
    reported: set[tuple[int, int]] = set()
    for fact, first, last, rest in _splits(proofs):
        if (fact, last) in reported:
            continue
        region = next(proofs.remainder(rest, proofs.above(last + 1)), None)
        if region is None or _is_explicit(proofs, fact):
            continue
        reported.add((fact, last))
        decider = next(other for other in range(last + 1, len(ruleset.rules)) if _takes(proofs, other, region))
        # An example that this rule decides whatever else is known.
        situation = proofs.situation(next(proofs.reaching(decider, [rest])))
        name, fact_type = blocks[last].name, proofs.space.attributes[fact].fact
        if name is not None and fact_type is not None:
            names.report(
                "R401", name.at, fact=fact_type.name, one=f'"{ruleset.rules[first].name}"', found=name.written,
                example=describe_situation(situation, ruleset.vocabulary, ruleset.time_zone),
                instead=f'"{ruleset.rules[decider].name}"',
            )  # fmt: skip


def _splits(proofs: Proofs) -> Iterator[tuple[int, int, int, Cube]]:
    """For rules that overlook an unknown fact, yield its attribute, the first and last rule, and the missed cube."""
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
                rest = tuple(sorted((other, allowed) for other, allowed in cube.items() if other != place))
                first, before = seen.setdefault((place, rest), (rule, 0))
                seen[place, rest] = (first, before | mask)
                if before | mask == attribute.known and before != attribute.known and first != rule:
                    yield place, first, rule, dict(rest) | {place: attribute.unknown}


def _is_explicit(proofs: Proofs, fact: int) -> bool:
    """Whether a rule tests explicitly that this fact is unknown, which shows that its author considered that case."""
    unknown = proofs.space.attributes[fact].unknown
    return any(cube.get(fact) == unknown for cubes in proofs.rules for cube in cubes)


def _takes(proofs: Proofs, rule: int, region: tuple[int, ...]) -> bool:
    point = tuple(mask & -mask for mask in region)
    return bool(proofs.cover.touching(point, proofs.groups[rule]))
