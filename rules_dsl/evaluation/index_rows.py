"""Conditions as rows: each a set of questions about facts that must all be answered so. What the index is built of.

A condition is certainly true exactly when one of its rows holds. So ``unless`` lines must be certainly
false, and a defined name is opened up; nothing three-valued is left in a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, When, Within

MOST_ROWS = 64
"""Rows of one condition; one that needs more (nested ``not`` of defined names) is walked instead."""


Asking = OneOf | Within | IsKnown | IsYes | HasTags | InHours


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """A question about one fact or about hours, and the answer that is asked for. Unknown is no answer.

    The same one wherever the same test is asked: it is compared by identity, for an index compares thousands.
    """

    test: Asking
    wanted: bool
    fact: str | None
    """None: it asks about hours."""


Row = tuple[Literal, ...]


class TooManyRows(Exception):
    """The condition has more than ``MOST_ROWS`` rows."""


@dataclass(frozen=True)
class Rows:
    """Turns the conditions of one file into rows."""

    _by_test: dict[tuple[Asking, bool], Literal] = field(default_factory=dict)
    _by_clause: dict[int, Literal] = field(default_factory=dict)
    """By where in memory the clause is: most are one object wherever they stand, and needn't be compared."""

    def of(self, when: When, wanted: bool = True) -> list[Row]:
        """Rows of which one holds exactly when the condition certainly has this truth. Raises ``TooManyRows``."""
        if wanted and len(when.alternatives) == 1 and not when.unless:
            row = self._plain(when.alternatives[0])
            if row is not None:
                return [row]
        if wanted:
            barred = [self._clause(clause, False) for clause in when.unless]
            found = [_all_of([*(self._clause(clause, True) for clause in one), *barred]) for one in when.alternatives]
            return _limited(row for rows in found for row in rows)
        failed = _all_of([_any_of(self._clause(clause, False) for clause in one) for one in when.alternatives])
        return _limited([*failed, *_any_of(self._clause(clause, True) for clause in when.unless)])

    def _plain(self, clauses: Iterable[Clause]) -> Row | None:
        """The one row where all of these hold; None where one of them is a defined name."""
        known, row = self._by_clause, []
        for clause in clauses:
            literal = known.get(id(clause))
            if literal is None:
                if isinstance(clause.test, IsDefined):
                    return None
                literal = known[id(clause)] = self._literal(clause.test, not clause.negated)
            row.append(literal)
        return tuple(dict.fromkeys(row))

    def _clause(self, clause: Clause, wanted: bool) -> list[Row]:
        truth, test = wanted is not clause.negated, clause.test
        return self.of(test.when, truth) if isinstance(test, IsDefined) else [(self._literal(test, truth),)]

    def _literal(self, test: Asking, truth: bool) -> Literal:
        fact = None if isinstance(test, InHours) else test.fact
        return self._by_test.setdefault((test, truth), Literal(test, truth, fact))


def _any_of(choices: Iterable[list[Row]]) -> list[Row]:
    return [row for rows in choices for row in rows]


def _all_of(parts: Sequence[list[Row]]) -> list[Row]:
    size = 1
    for rows in parts:
        size *= len(rows)
        if size > MOST_ROWS:
            raise TooManyRows
    if size == 1:
        return [tuple(dict.fromkeys([literal for rows in parts for literal in rows[0]]))]
    return [tuple(dict.fromkeys(literal for row in chosen for literal in row)) for chosen in product(*parts)]


def _limited(rows: Iterable[Row]) -> list[Row]:
    found = list(dict.fromkeys(rows))
    if len(found) > MOST_ROWS:
        raise TooManyRows
    return found
