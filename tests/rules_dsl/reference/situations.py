"""Every escalation that a file can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from tests.rules_dsl.reference.calendar import states
from tests.rules_dsl.reference.conditions import (
    UNITS,
    VALUES,
    Between,
    Compared,
    Condition,
    Situation,
    Tagged,
    Value,
)
from tests.rules_dsl.reference.random_files import RandomFile

Domains = dict[str, list[Value | None]]


def domains(file: RandomFile, *, lacking: bool = False) -> Domains:
    """The values to try of each fact that the file asks about; ``lacking`` leaves out even what is never missing."""
    parts = [part for when in (*(rule.when for rule in file.rules), file.claim) if when for part in when.parts()]
    asked = {str(getattr(part, "fact", "")) for part in parts}
    needs = {need.text for rule in file.rules for need in rule.needs}
    asked |= {"language"} if "the customer's language" in needs else set()
    asked |= {"product area"} if "skill of this product area" in needs else set()
    found: Domains = {}
    for fact, declared in file.facts.items():
        if fact in asked:
            unknown: list[Value | None] = [None] if lacking or declared.get("may_be_missing", True) else []
            found[fact] = [*_values(fact, parts), *unknown]
    return found


def _values(fact: str, parts: list[Condition]) -> list[Value]:
    if fact in VALUES:
        return [*VALUES[fact]]
    if fact == "reopened":
        return [True, False]
    if fact == "tags":
        tags = sorted({tag for part in parts if isinstance(part, Tagged) for tag in part.tags})
        return [frozenset(some) for size in range(len(tags) + 1) for some in combinations(tags, size)]
    amounts: set[int] = {0}
    for part in parts:
        if isinstance(part, Compared) and part.fact == fact:
            amounts.add(int(part.amount))
        if isinstance(part, Between) and part.fact == fact:
            amounts |= {part.low, part.high}
    sized = [amount * UNITS[fact][1] for amount in amounts]
    return sorted({near for amount in sized for near in (amount - 1, amount, amount + 1) if near >= 0})


def number_of_situations(tried: Domains, file: RandomFile) -> int:
    number = len(states(file.hours))
    for values in tried.values():
        number *= len(values)
    return number


def situations(tried: Domains, file: RandomFile) -> Iterator[Situation]:
    names = [one.name for one in file.hours]
    for state in states(file.hours):
        for values in product(*tried.values()):
            facts = {name: value for name, value in zip(tried, values, strict=True) if value is not None}
            yield Situation(facts, dict(zip(names, state, strict=True)))
