"""Lowers conditions to tests: resolves facts and values, parses amounts according to the fact's type."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import FactType
from rules_dsl.directory.facts import KINDS
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsKnown, IsYes, OneOf, Test, When, Within
from rules_dsl.model.amounts import clearer_amounts, foreign_sign, read_duration, read_money, read_whole
from rules_dsl.syntax.tree_conditions import (
    Comparator,
    Condition,
    DefinedHolds,
    FactBetween,
    FactCompares,
    FactHolds,
    FactIs,
    FactKnown,
    HoursHold,
    Lead,
    Phrase,
    TagsInclude,
    WhenLine,
)

_EXAMPLES = {"count": "3", "money": "250k", "duration": "3 days"}
_YES = {"yes": True, "true": True, "no": False, "false": False}


def lower_when(names: Names, lines: Sequence[WhenLine]) -> When | None:
    """The compiled condition; None if any line has an error. Reports every error."""
    alternatives: list[list[Clause]] = []
    unless: list[Clause] = []
    lines_of_alternatives: list[int] = []
    lines_of_unless: list[int] = []
    sound = True
    for sentence, number in lines:
        names.line, lead = number, sentence.lead
        if lead is Lead.WHEN or lead is Lead.OR_WHEN or (not alternatives and lead is not Lead.UNLESS):
            alternatives.append([])
        if sentence.condition is None:
            continue
        clause = lower_clause(names, sentence.condition, sentence.text)
        if clause is None:
            sound = False
        elif lead is Lead.UNLESS:
            unless.append(clause)
            lines_of_unless.append(number)
        else:
            alternatives[-1].append(clause)
            lines_of_alternatives.append(number)
    if not alternatives:
        alternatives.append([])
    if not sound:
        return None
    return When(tuple(map(tuple, alternatives)), tuple(unless), (*lines_of_alternatives, *lines_of_unless))


def lower_clause(names: Names, condition: Condition, text: str) -> Clause | None:
    """The compiled condition; None if it has an error. All lines with this condition share the result."""
    cached = names.clauses.get(condition)
    if cached is not None:
        return cached
    diagnostics_before = len(names.diagnostics)
    lowered = _lower(names, condition)
    if lowered is None:
        return None
    clause = names.clause(*lowered, text)
    if len(names.diagnostics) == diagnostics_before:
        names.clauses[condition] = clause
    return clause


def _lower(names: Names, condition: Condition) -> tuple[Test, bool] | None:
    if isinstance(condition, HoursHold):
        hours = names.hours_named(condition.hours)
        return None if hours is None else (InHours(hours), not condition.inside)
    if isinstance(condition, DefinedHolds):
        defined = names.defined_as(condition.name)
        return None if defined is None else (defined, condition.negated)
    fact = names.fact(condition.fact)
    if fact is None:
        return None
    match condition:
        case FactKnown():
            if not fact.may_be_missing:
                always = "always holds" if condition.known else "never holds"
                names.report("R321", condition.at, fact=fact.name, always=always)
            return IsKnown(fact.name), not condition.known
        case FactHolds():
            if fact.kind != "yes/no":
                _report_unsupported(names, fact, condition)
                return None
            return IsYes(fact.name), condition.negated
        case TagsInclude():
            if fact.kind != "tags":
                _report_unsupported(names, fact, condition)
                return None
            tags = tuple(sorted({tag.text for tag in condition.tags}))
            if condition.negated and condition.every and len(tags) > 1:
                _report_weak(names, condition)
            return HasTags(fact.name, tags, condition.every), condition.negated
        case FactIs():
            return _is(names, fact, condition)
        case FactCompares():
            test = _range(names, fact, condition, *_ends(condition))
        case FactBetween():
            test = _range(names, fact, condition, condition.low, condition.high, 0, 0)
    return None if test is None else (test, False)


def _ends(condition: FactCompares) -> tuple[Phrase | None, Phrase | None, int, int]:
    """The lower and upper bounds, and how far each moves inwards: 1 if exclusive (``over``, ``under``), otherwise 0."""
    value = condition.value
    if condition.comparison in (Comparator.AT_LEAST, Comparator.OVER):
        return value, None, int(condition.comparison is Comparator.OVER), 0
    return None, value, 0, int(condition.comparison is Comparator.UNDER)


def _range(
    names: Names, fact: FactType, condition: Condition, low: Phrase | None, high: Phrase | None, up: int, down: int
) -> Test | None:
    if fact.kind not in _EXAMPLES and not (fact.kind == "choice" and fact.ordered):
        _report_unsupported(names, fact, condition)
        return None
    ends: list[int | None] = []
    for phrase, shift in ((low, up), (high, -down)):
        end = read_amount(names, fact, phrase) if phrase else None
        if phrase and end is None:
            return None
        ends.append(None if end is None else end + shift)
    first, last = ends
    if first is not None and last is not None and first > last and high is not None:
        names.report("R218", high.at, found=high.text, fact=fact.name)
        return None
    if fact.kind == "choice":
        top = len(fact.values) - 1 if last is None else last
        return OneOf(fact.name, fact.values[max(first or 0, 0) : max(top + 1, 0)])
    return Within(fact.name, first, last)


def _is(names: Names, fact: FactType, condition: FactIs) -> tuple[Test, bool] | None:
    if fact.kind == "choice":
        values = [choice_value(names, fact, value) for value in condition.values]
        if None in values:
            return None
        return OneOf(fact.name, tuple(value for value in fact.values if value in values)), condition.negated
    if len(condition.values) == 1 and fact.kind in _EXAMPLES:
        amount = read_amount(names, fact, condition.values[0])
        return None if amount is None else (Within(fact.name, amount, amount), condition.negated)
    value = condition.values[0].text.lower()
    if len(condition.values) == 1 and fact.kind == "yes/no" and value in _YES:
        return IsYes(fact.name), condition.negated is _YES[value]
    _report_unsupported(names, fact, condition)
    return None


def choice_value(names: Names, fact: FactType, phrase: Phrase) -> str | None:
    """The value of a choice, ignoring case. If the value is unknown, reports it and returns None."""
    for value in fact.values:
        if value.lower() == phrase.text.lower():
            return value
    known = ", ".join(f"`{value}`" for value in fact.values)
    near = names.near(phrase.text, fact.values)
    names.report("R206", phrase.at, found=phrase.text, fact=fact.name, nearest=near, known=known)
    return None


def read_amount(names: Names, fact: FactType, phrase: Phrase) -> int | None:
    """A value as a number: seconds, minor units, or its index among a choice's values. None if there is an error."""
    amount: int | None = None
    if fact.kind == "choice":
        value = choice_value(names, fact, phrase)
        return None if value is None else fact.values.index(value)
    if fact.kind == "count":
        amount = read_whole(phrase.text)
    elif fact.kind == "money":
        amount = _money(names, phrase)
    elif fact.kind == "duration":
        words = phrase.text.lower().split()
        duration = read_duration(words)
        amount = duration.seconds if duration and duration.tokens == len(words) and not duration.working_days else None
    if amount is None:
        names.report(
            "R213", phrase.at, found=phrase.text, expected=KINDS[fact.kind], fact=fact.name,
            example=_EXAMPLES.get(fact.kind),
        )  # fmt: skip
    return amount


def _money(names: Names, phrase: Phrase) -> int | None:
    """An amount in minor units. If it could mean another, or is in another currency, an error asks which is meant."""
    currency = names.directory.currency
    amount = read_money(phrase.text, currency)
    if amount is None:
        return None
    sign = foreign_sign(phrase.text, currency)
    if sign is not None:
        names.report("R222", phrase.at, found=phrase.text, sign=sign, currency=currency)
    elif clearer := clearer_amounts(phrase.text, currency):
        one, other = (*clearer, None, None)[:2]
        names.report("R221", phrase.at, found=phrase.text, one=one, other=other)
    return amount


def _report_weak(names: Names, condition: TagsInclude) -> None:
    """``do not include "spam" and "test"`` lets a ticket with ``spam`` alone pass."""
    fact, quoted = condition.fact.text, [tag.written for tag in condition.tags]
    listed = [f"{', '.join(quoted[:-1])} {join} {quoted[-1]}" for join in ("and", "or")]
    names.report(
        "R330", condition.at, found=f"{fact} do not include {listed[0]}",
        instead=f"{fact} do not include {listed[1]}", unless=f"unless {fact} include {listed[0]}",
    )  # fmt: skip


def _report_unsupported(names: Names, fact: FactType, condition: Condition) -> None:
    suggestions = {
        "choice": f"{fact.name} is {fact.values[0]}" if fact.values else None,
        "count": f"{fact.name} is at least 3",
        "money": f"{fact.name} is at least 250k",
        "duration": f"{fact.name} is at least 3 days",
        "yes/no": f"{fact.name}, or: not {fact.name}",
        "tags": f'{fact.name} include "…"',
        "moment": f"{fact.name} is known",
    }
    unordered = fact.kind == "choice" and isinstance(condition, FactCompares | FactBetween)
    kind = "an unordered list" if unordered else KINDS[fact.kind]
    names.report("R212", condition.at, fact=fact.name, kind=kind, instead=suggestions[fact.kind])
