"""A second opinion on proofs: conditions encoded independently, as clauses for a SAT solver.

Every condition becomes two variables, one for true and one for false, as in Kleene's logic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pysat.solvers import Solver

from rules_dsl.evaluation.evaluate import test_holds as holds
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, Test, When, Within
from rules_dsl.model.hours import is_open
from tests.rules_dsl.random_rules import DOMAINS, HOURS, MOMENTS

Both = tuple[int, int]
STATES = sorted({tuple(is_open(hours, moment) for hours in HOURS) for moment in MOMENTS})


@dataclass
class SolverModel:
    solver: Solver = field(default_factory=lambda: Solver("cadical153"))
    last: int = 0
    values: dict[tuple[str, object], int] = field(default_factory=dict)
    hours: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, domain in DOMAINS.items():
            for value in domain:
                self.values[name, value] = self.new()
            self.one_of([self.values[name, value] for value in domain])
        chosen = [self.new() for _ in STATES]
        self.one_of(chosen)
        for place, hours in enumerate(HOURS):
            self.hours[hours.name] = self.any([one for one, state in zip(chosen, STATES, strict=True) if state[place]])

    def new(self) -> int:
        self.last += 1
        return self.last

    def one_of(self, variables: list[int]) -> None:
        self.solver.add_clause(variables)
        for place, one in enumerate(variables):
            for other in variables[:place]:
                self.solver.add_clause([-one, -other])

    def any(self, variables: Sequence[int]) -> int:
        result = self.new()
        self.solver.add_clause([-result, *variables])
        for one in variables:
            self.solver.add_clause([result, -one])
        return result

    def every(self, variables: Sequence[int]) -> int:
        return -self.any([-one for one in variables])

    def when(self, when: When) -> Both:
        alternatives = [self._and([self._clause(one) for one in clauses]) for clauses in when.alternatives]
        unless = [self._clause(one) for one in when.unless]
        return self._and([self._or(alternatives), *((false, true) for true, false in unless)])

    def _and(self, parts: Sequence[Both]) -> Both:
        return self.every([true for true, _ in parts]), self.any([false for _, false in parts])

    def _or(self, parts: Sequence[Both]) -> Both:
        return self.any([true for true, _ in parts]), self.every([false for _, false in parts])

    def _clause(self, clause: Clause) -> Both:
        true, false = self._test(clause.test)
        return (false, true) if clause.negated else (true, false)

    def _test(self, test: Test) -> Both:
        match test:
            case IsDefined():
                return self.when(test.when)
            case InHours():
                return self.hours[test.hours.name], -self.hours[test.hours.name]
            case OneOf() | Within() | IsKnown() | IsYes() | HasTags():
                by_truth: dict[bool | None, list[int]] = {True: [], False: [], None: []}
                for value in DOMAINS[test.fact]:
                    truth = holds(test, {} if value is None else {test.fact: value}, MOMENTS[0])
                    by_truth[truth].append(self.values[test.fact, value])
                return self.any(by_truth[True]), self.any(by_truth[False])

    def possible(self, true: Sequence[int], not_true: Sequence[int]) -> bool:
        return bool(self.solver.solve(assumptions=[*true, *(-one for one in not_true)]))
