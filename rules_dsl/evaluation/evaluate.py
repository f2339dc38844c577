"""Evaluates conditions in three-valued logic: True, False, or None if the result depends on an unknown fact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rules_dsl.directory import Facts
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, Test, When, Within
from rules_dsl.model.hours import is_open

Truth = bool | None


def when_holds(when: When, facts: Facts, now: datetime) -> Truth:
    reached = either(all_hold(alternative, facts, now) for alternative in when.alternatives)
    if reached is False:
        return False
    excluded = either(clause_holds(clause, facts, now) for clause in when.unless)
    return both((reached, opposite(excluded)))


def all_hold(clauses: Iterable[Clause], facts: Facts, now: datetime) -> Truth:
    return both(clause_holds(clause, facts, now) for clause in clauses)


def clause_holds(clause: Clause, facts: Facts, now: datetime) -> Truth:
    truth = test_holds(clause.test, facts, now)
    return opposite(truth) if clause.negated else truth


def test_holds(test: Test, facts: Facts, now: datetime) -> Truth:
    if isinstance(test, InHours):
        return is_open(test.hours, now)
    if isinstance(test, IsDefined):
        return when_holds(test.when, facts, now)
    value = facts.get(test.fact)
    if isinstance(test, IsKnown):
        return value is not None
    if value is None:
        return None
    match test:
        case OneOf():
            return value in test.values
        case IsYes():
            return value is True
        case Within():
            if not isinstance(value, int):
                return None
            return (test.low is None or value >= test.low) and (test.high is None or value <= test.high)
        case HasTags():
            if not isinstance(value, tuple):
                return None
            found = [tag in value for tag in test.tags]
            return all(found) if test.every else any(found)


def both(truths: Iterable[Truth]) -> Truth:
    """Conjunction in Kleene logic."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def either(truths: Iterable[Truth]) -> Truth:
    """Disjunction in Kleene logic."""
    result: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            result = None
    return result


def opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth
