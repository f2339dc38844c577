"""Explains line by line why a rule did or didn't apply, with the actual values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rules_dsl.directory import Facts, FactType, FactValue
from rules_dsl.evaluation.evaluate import all_hold, clause_holds, when_holds
from rules_dsl.evaluation.program import Clause, InHours, IsDefined, Rule, Test, When
from rules_dsl.model.amounts import format_duration, format_money
from rules_dsl.model.clock_words import DAYS
from rules_dsl.model.decision import Reason


@dataclass(frozen=True)
class Vocabulary:
    """The declared facts and the currency, used to put values into words: money and durations are stored as numbers."""

    facts: tuple[FactType, ...]
    currency: str

    def describe(self, fact: str, value: FactValue | None) -> str:
        match value:
            case None:
                return "is unknown"
            case bool():
                return "is yes" if value else "is no"
            case tuple():
                return "are " + (", ".join(f'"{tag}"' for tag in value) if value else "none")
        kind = next((declared.kind for declared in self.facts if declared.name == fact), None)
        if isinstance(value, int) and kind == "money":
            return f"is {format_money(value, self.currency)}"
        if isinstance(value, int) and kind == "duration":
            return f"is {format_duration(value)}"
        return f"is {value}"


def reasons_against(rule: Rule, facts: Facts, now: datetime, vocabulary: Vocabulary) -> Iterator[Reason]:
    """Yield each alternative's first line that failed; if an alternative held, the ``unless`` lines that exclude it."""
    for place, clause in _failures(rule.when, facts, now):
        yield _reason(rule, place, clause, False, facts, now, vocabulary)


def reasons_for(rule: Rule, facts: Facts, now: datetime, vocabulary: Vocabulary) -> Iterator[Reason]:
    """Yield the lines of the first alternative that held, and the ``unless`` lines, which did not hold."""
    start = 0
    for alternative in rule.when.alternatives:
        if all_hold(alternative, facts, now) is True:
            lines = [*enumerate(alternative, start), *enumerate(rule.when.unless, _first_unless(rule.when))]
            yield from (_reason(rule, place, clause, True, facts, now, vocabulary) for place, clause in lines)
            if not lines:
                yield Reason(rule.name, True, rule.line, "anything", "no rule above applies")
            return
        start += len(alternative)


def _first_unless(when: When) -> int:
    """The index of the first ``unless`` clause."""
    return sum(map(len, when.alternatives))


def _failures(when: When, facts: Facts, now: datetime) -> Iterator[tuple[int, Clause]]:
    """Yield clauses that keep a condition from being true, with their indexes."""
    failed: list[tuple[int, Clause]] = []
    start = 0
    for alternative in when.alternatives:
        for place, clause in enumerate(alternative, start):
            if clause_holds(clause, facts, now) is not True:
                failed.append((place, clause))
                break
        else:
            unless = enumerate(when.unless, _first_unless(when))
            yield from (indexed for indexed in unless if clause_holds(indexed[1], facts, now) is not False)
            return
        start += len(alternative)
    yield from failed


def _reason(
    rule: Rule, place: int, clause: Clause, held: bool, facts: Facts, now: datetime, vocabulary: Vocabulary
) -> Reason:
    when = rule.when
    text = f"unless {clause.text}" if when.unless and place >= _first_unless(when) else clause.text
    line = when.lines[place] if when.lines else rule.line
    return Reason(rule.name, held, line, text, because(clause.test, facts, now, vocabulary))


def because(test: Test, facts: Facts, now: datetime, vocabulary: Vocabulary) -> str:
    """The actual value that a test saw: ``priority is normal``, ``product area is unknown``."""
    if isinstance(test, InHours):
        local = now.astimezone(ZoneInfo(test.hours.time_zone))
        return f"it is {DAYS[local.weekday()]} {local:%H:%M} in {test.hours.time_zone}"
    if isinstance(test, IsDefined):
        return "; ".join(dict.fromkeys(_within(test, facts, now, vocabulary)))
    return f"{test.fact} {vocabulary.describe(test.fact, facts.get(test.fact))}"


def _within(test: IsDefined, facts: Facts, now: datetime, vocabulary: Vocabulary) -> Iterator[str]:
    if when_holds(test.when, facts, now) is True:
        true_alternatives = (one for one in test.when.alternatives if all_hold(one, facts, now) is True)
        yield from (because(clause.test, facts, now, vocabulary) for clause in next(true_alternatives))
    else:
        yield from (because(clause.test, facts, now, vocabulary) for _, clause in _failures(test.when, facts, now))
