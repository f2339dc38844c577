"""Conditions in disjunctive normal form, for the index: in each row, all literals must hold.

A condition is certainly true if and only if one of its rows holds. So ``unless`` lines must be certainly false,
definitions are expanded, and a row either holds or doesn't.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, When, Within

MOST_ROWS = 64
"""Maximum number of rows per condition. One that needs more (nested negated definitions) is evaluated directly."""


Atom = OneOf | Within | IsKnown | IsYes | HasTags | InHours
"""A test other than a definition."""


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """A test of a fact or of hours, with the expected answer, which is never "unknown".

    Equal literals are one object, compared by identity, because an index compares thousands of them.
    """

    test: Atom
    expected: bool
    fact: str | None
    """None for a test of hours."""


Row = tuple[Literal, ...]


class TooManyRows(Exception):
    """A condition has more than ``MOST_ROWS`` rows."""


@dataclass(frozen=True)
class Rows:
    """Converts a file's conditions to rows."""

    _by_test: dict[tuple[Atom, bool], Literal] = field(default_factory=dict)
    _by_clause: dict[int, Literal] = field(default_factory=dict)
    """Keyed by the clause's ``id``: equal clauses are usually one object and needn't be compared."""

    def of(self, when: When, truth: bool = True) -> list[Row]:
        """Rows of which at least one holds if and only if the condition is certainly ``truth``. Raises
        ``TooManyRows``."""
        if truth and len(when.alternatives) == 1 and not when.unless:
            row = self._plain(when.alternatives[0])
            if row is not None:
                return [row]
        if truth:
            unless = [self._clause(clause, False) for clause in when.unless]
            found = [_all_of([*(self._clause(clause, True) for clause in one), *unless]) for one in when.alternatives]
            return _limited(row for rows in found for row in rows)
        failed = _all_of([_any_of(self._clause(clause, False) for clause in one) for one in when.alternatives])
        return _limited([*failed, *_any_of(self._clause(clause, True) for clause in when.unless)])

    def _plain(self, clauses: Iterable[Clause]) -> Row | None:
        """The single row of a conjunction; None if it contains a definition."""
        cache, row = self._by_clause, []
        for clause in clauses:
            literal = cache.get(id(clause))
            if literal is None:
                if isinstance(clause.test, IsDefined):
                    return None
                literal = cache[id(clause)] = self._literal(clause.test, not clause.negated)
            row.append(literal)
        return tuple(dict.fromkeys(row))

    def _clause(self, clause: Clause, truth: bool) -> list[Row]:
        expected, test = truth is not clause.negated, clause.test
        return self.of(test.when, expected) if isinstance(test, IsDefined) else [(self._literal(test, expected),)]

    def _literal(self, test: Atom, expected: bool) -> Literal:
        fact = None if isinstance(test, InHours) else test.fact
        return self._by_test.setdefault((test, expected), Literal(test, expected, fact))


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
