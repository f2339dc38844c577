"""The same questions for two solvers: whether each rule is reachable, and whether there is a gap.

Both get Muster's value classes, exactly one per attribute. After its question, each rule is excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import z3
from pysat.solvers import Solver

from rules_dsl.analysis.cubes import Cube
from rules_dsl.analysis.proofs import Proofs

Solve = Callable[[], list[bool]]
"""Solves an encoded problem: whether each rule is reachable, then whether there is a gap."""


def _classes(proofs: Proofs) -> Iterator[range]:
    """Yield the variables of each attribute's classes, from 1 on. Every fact of the sample may be missing."""
    last = 1
    for mask in proofs.space.possible:
        yield range(last, last + mask.bit_length())
        last += mask.bit_length()


def _allowed(classes: Sequence[range], cube: Cube) -> list[list[int]]:
    return [[one for at, one in enumerate(classes[place]) if mask >> at & 1] for place, mask in cube.items()]


def encode_for_pysat(proofs: Proofs) -> Solve:
    """Clauses for CaDiCaL, by PySAT."""
    solver, classes = Solver("cadical153"), list(_classes(proofs))
    last = classes[-1].stop - 1
    for among in classes:
        solver.add_clause(list(among))
        for place, one in enumerate(among):
            for other in among[:place]:
                solver.add_clause([-one, -other])
    rules = []
    for cubes in proofs.rules:
        chosen = []
        for cube in cubes:
            last += 1
            chosen.append(last)
            outside = [last]
            for allowed, place in zip(_allowed(classes, cube), cube, strict=True):
                solver.add_clause([-last, *allowed])
                outside += [one for one in classes[place] if one not in allowed]
            solver.add_clause(outside)
        last += 1
        rules.append(last)
        solver.add_clause([-last, *chosen])
        for one in chosen:
            solver.add_clause([last, -one])

    def solve() -> list[bool]:
        verdicts = []
        for rule in rules:
            verdicts.append(bool(solver.solve(assumptions=[rule])))
            solver.add_clause([-rule])
        verdicts.append(bool(solver.solve()))
        solver.delete()
        return verdicts

    return solve


def encode_for_z3(proofs: Proofs) -> Solve:
    """Formulas for z3."""
    classes = list(_classes(proofs))
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    variables: dict[int, Any] = {one: z3.Bool(f"c{one}", context) for among in classes for one in among}
    for among in classes:
        solver.add(z3.PbEq([(variables[one], 1) for one in among], 1))
    rules = []
    for number, cubes in enumerate(proofs.rules):
        rule = z3.Bool(f"r{number}", context)
        in_cubes = [
            z3.And(
                *(z3.Or(*(variables[one] for one in allowed)) for allowed in _allowed(classes, cube)),
                z3.BoolVal(True, context),
            )
            for cube in cubes
        ]
        solver.add(rule == z3.Or(*in_cubes, z3.BoolVal(False, context)))
        rules.append(rule)

    def solve() -> list[bool]:
        verdicts = []
        for rule in rules:
            verdicts.append(solver.check(rule) == z3.sat)
            solver.add(z3.Not(rule))
        verdicts.append(solver.check() == z3.sat)
        return verdicts

    return solve


PEERS: dict[str, Callable[[Proofs], Solve]] = {"PySAT (CaDiCaL)": encode_for_pysat, "z3": encode_for_z3}
