"""What a condition may still come to while some facts are open: the set of its possible truth values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from rules_dsl.compiled import Clause, HasTags, IsDefined, IsKnown, IsYes, OneOf, Test, When, Within
from rules_dsl.directory import Facts
from rules_dsl.evaluate import Truth, both, either, opposite, test_holds

Possible = frozenset[Truth]
ANY: Possible = frozenset({True, False, None})
_DEFINITE: Possible = frozenset({True, False})


def possible_test(test: Test, facts: Facts, open_facts: frozenset[str], now: datetime) -> Possible:
    """``open_facts`` are not decided yet. Too large a set is safe, too small a set is not."""
    match test:
        case IsDefined():
            return possible_when(test.when, facts, open_facts, now)
        case IsKnown() if test.fact in open_facts:
            return _DEFINITE
        case OneOf() | Within() | IsYes() | HasTags() if test.fact in open_facts:
            return ANY
        case _:
            return frozenset({test_holds(test, facts, now)})


def possible_clause(clause: Clause, facts: Facts, open_facts: frozenset[str], now: datetime) -> Possible:
    found = possible_test(clause.test, facts, open_facts, now)
    return frozenset(map(opposite, found)) if clause.negated else found


def possible_when(when: When, facts: Facts, open_facts: frozenset[str], now: datetime) -> Possible:
    reached = _combined(
        either,
        (
            _combined(both, (possible_clause(clause, facts, open_facts, now) for clause in alternative), True)
            for alternative in when.alternatives
        ),
        False,
    )
    barred = _combined(either, (possible_clause(clause, facts, open_facts, now) for clause in when.unless), False)
    return frozenset(both((one, opposite(other))) for one in reached for other in barred)


def _combined(join: Callable[[Iterable[Truth]], Truth], sets: Iterable[Possible], start: Truth) -> Possible:
    result: Possible = frozenset({start})
    for found in sets:
        result = frozenset(join((one, other)) for one in result for other in found)
    return result
