"""The same questions asked of two solvers: is each rule ever reached, and is anything left over by all of them.

Both get the classes of values that ours has, exactly one of each attribute; a rule that was asked about is then barred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import z3
from pysat.solvers import Solver

from rules_dsl.analysis.cubes import Cube
from rules_dsl.analysis.proofs import Proofs

Ask = Callable[[], list[bool]]
"""Solves what was written: whether each rule is reached, and last whether there is a gap."""


def _classes(proofs: Proofs) -> Iterator[range]:
    """The numbers of each attribute's classes, from 1 on. Every fact of the sample may be missing."""
    last = 1
    for whole in proofs.space.possible:
        yield range(last, last + whole.bit_length())
        last += whole.bit_length()


def _allowed(classes: Sequence[range], cube: Cube) -> list[list[int]]:
    return [[one for at, one in enumerate(classes[place]) if mask >> at & 1] for place, mask in cube.items()]


def pysat_written(proofs: Proofs) -> Ask:
    """CaDiCaL by PySAT, in clauses."""
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
            for kept, place in zip(_allowed(classes, cube), cube, strict=True):
                solver.add_clause([-last, *kept])
                outside += [one for one in classes[place] if one not in kept]
            solver.add_clause(outside)
        last += 1
        rules.append(last)
        solver.add_clause([-last, *chosen])
        for one in chosen:
            solver.add_clause([last, -one])

    def ask() -> list[bool]:
        found = []
        for rule in rules:
            found.append(bool(solver.solve(assumptions=[rule])))
            solver.add_clause([-rule])
        found.append(bool(solver.solve()))
        solver.delete()
        return found

    return ask


def z3_written(proofs: Proofs) -> Ask:
    """z3, in its own formulas."""
    classes = list(_classes(proofs))
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    variables: dict[int, Any] = {one: z3.Bool(f"c{one}", context) for among in classes for one in among}
    for among in classes:
        solver.add(z3.PbEq([(variables[one], 1) for one in among], 1))
    rules = []
    for number, cubes in enumerate(proofs.rules):
        rule = z3.Bool(f"r{number}", context)
        ways = [
            z3.And(
                *(z3.Or(*(variables[one] for one in kept)) for kept in _allowed(classes, cube)),
                z3.BoolVal(True, context),
            )
            for cube in cubes
        ]
        solver.add(rule == z3.Or(*ways, z3.BoolVal(False, context)))
        rules.append(rule)

    def ask() -> list[bool]:
        found = []
        for rule in rules:
            found.append(solver.check(rule) == z3.sat)
            solver.add(z3.Not(rule))
        found.append(solver.check() == z3.sat)
        return found

    return ask


PEERS: dict[str, Callable[[Proofs], Ask]] = {"PySAT (CaDiCaL)": pysat_written, "z3": z3_written}
