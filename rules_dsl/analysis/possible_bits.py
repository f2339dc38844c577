"""For which values of one property a condition may hold, whatever else is so."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, or_

from rules_dsl.evaluation.program import Clause, IsDefined, Test, When

Bits = Callable[[Test, bool], int]
"""The values with which a test may be true, or false, as a bit mask; all if it is about another property."""
_ALL = -1


def possible_bits(when: When, bits: Bits, *, truth: bool = True) -> int:
    """The values with which the condition, its definitions included, may be true, or may be false."""
    some = [[_of_clause(clause, bits, truth) for clause in clauses] for clauses in when.alternatives]
    unless = [_of_clause(clause, bits, not truth) for clause in when.unless]
    if truth:
        return reduce(and_, unless, reduce(or_, (reduce(and_, masks, _ALL) for masks in some), 0))
    return reduce(or_, unless, reduce(and_, (reduce(or_, masks, 0) for masks in some), _ALL))


def _of_clause(clause: Clause, bits: Bits, truth: bool) -> int:
    truth = truth is not clause.negated
    if isinstance(clause.test, IsDefined):
        return possible_bits(clause.test.when, bits, truth=truth)
    return bits(clause.test, truth)
