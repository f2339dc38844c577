"""All proofs of a rules file beside a SAT solver on the same sets, and the meaning of a change.

The solver is asked the same questions, rule by rule and then for a gap, incrementally, over the same classes of values;
what it takes to write the clauses is told apart. Both must come to the same verdicts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from pysat.solvers import Solver

from bench.rules_sample import DIRECTORY, conditions, text
from rules_dsl import Ruleset, compare_rules, draft_rules
from rules_dsl.budget import Budget
from rules_dsl.proofs import Proofs

SIZES = (10, 100, 300, 1000)
ROUNDS = 5
_UNLIMITED = 10**9
Found = TypeVar("Found")


def table() -> str:
    """Markdown. Raises ``AssertionError`` where the two differ."""
    rows = [
        "| rules | never reached | all proofs, ms | PySAT: writing, ms | PySAT: solving, ms | PySAT beside ours |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    rows += [_proving(size) for size in SIZES]
    changes = [
        "| rules | one rule added, ms | moves | every third rule gone, ms | moves |",
        "| --- | --- | --- | --- | --- |",
    ]
    changes += [_changing(size) for size in SIZES]
    told = f"Medians of {ROUNDS} rounds in turn, lowest to highest in brackets; processor time."
    return "\n\n".join([told, "\n".join(rows), "What a change means, worked out:", "\n".join(changes)])


def _proving(size: int) -> str:
    ruleset = _draft(text(conditions(size)))
    ours: list[float] = []
    writing: list[float] = []
    solving: list[float] = []
    for _ in range(ROUNDS):
        spent, found = _timed(partial(_ours, ruleset))
        ours.append(spent)
        spent, solver = _timed(partial(_written, ruleset))
        writing.append(spent)
        spent, other = _timed(partial(_solved, *solver))
        solving.append(spent)
        assert found == other
    ratio = (statistics.median(writing) + statistics.median(solving)) / statistics.median(ours)
    times = " | ".join(_spread(one) for one in (ours, writing, solving))
    return f"| {size} | {found[:-1].count(False)} | {times} | {ratio:.1f} |"


def _ours(ruleset: Ruleset) -> list[bool]:
    """For each rule whether it is ever reached, and last whether anything is left over by those with conditions."""
    proofs = _proofs(ruleset)
    reached = [proofs.reached(place) for place in range(len(proofs.rules))]
    return [*reached, bool(proofs.gaps(1))]


def _proofs(ruleset: Ruleset) -> Proofs:
    whens = [rule.when for rule in ruleset.rules[:-1]]
    return Proofs.of(whens, ruleset.vocabulary.facts, ruleset.time_zone, budget=Budget(_UNLIMITED))


def _written(ruleset: Ruleset) -> tuple[Solver, list[int]]:
    """Clauses for the same classes, and the variable of each rule. Every fact of the sample may be missing."""
    proofs, solver, last = _proofs(ruleset), Solver("cadical153"), 0
    variables: list[list[int]] = []
    for whole in proofs.space.possible:
        classes = list(range(last + 1, last + 1 + whole.bit_length()))
        last += len(classes)
        variables.append(classes)
        solver.add_clause(classes)
        for place, one in enumerate(classes):
            for other in classes[:place]:
                solver.add_clause([-one, -other])
    rules = []
    for cubes in proofs.rules:
        chosen = []
        for cube in cubes:
            last += 1
            chosen.append(last)
            allowed = [
                [one for at, one in enumerate(variables[place]) if mask >> at & 1] for place, mask in cube.items()
            ]
            outside = [
                [one for one in variables[place] if one not in kept] for place, kept in zip(cube, allowed, strict=True)
            ]
            for kept in allowed:
                solver.add_clause([-last, *kept])
            solver.add_clause([last, *(one for left in outside for one in left)])
        last += 1
        rules.append(last)
        solver.add_clause([-last, *chosen])
        for one in chosen:
            solver.add_clause([last, -one])
    return solver, rules


def _solved(solver: Solver, rules: Sequence[int]) -> list[bool]:
    above: list[int] = []
    found = []
    for rule in rules:
        found.append(bool(solver.solve(assumptions=[*above, rule])))
        above.append(-rule)
    found.append(bool(solver.solve(assumptions=above)))
    solver.delete()
    return found


def _changing(size: int) -> str:
    whole = text(conditions(size))
    before = _draft(whole)
    heading = '\nrule "'
    parts = whole.split(heading)
    added = 'Added"\n  when priority is urgent\n  and tier is at least business\n  send to team "Support"\n'
    middle = len(parts) // 2
    one = _draft(heading.join([*parts[:middle], added, *parts[middle:]]))
    fewer = _draft(
        heading.join([parts[0], *(part for place, part in enumerate(parts[1:]) if place % 3 or place == size - 1)])
    )
    cells = []
    for after in (one, fewer):
        spent, change = [], compare_rules(before, after)
        for _ in range(ROUNDS):
            seconds, change = _timed(partial(compare_rules, before, after))
            spent.append(seconds)
        cells += [_spread(spent), f"{len(change.moves)}{'' if change.complete else ' told of more'}"]
    return f"| {size} | {' | '.join(cells)} |"


def _draft(rules: str) -> Ruleset:
    ruleset = draft_rules(rules, DIRECTORY)
    assert ruleset is not None
    return ruleset


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def _spread(seconds: Sequence[float]) -> str:
    low, middle, high = (1000 * one for one in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"
