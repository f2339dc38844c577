"""Formats conditions, names, amounts and durations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules_dsl.model.amounts import read_duration, spell_out_duration
from rules_dsl.syntax.tokens import TokenKind, read_lines
from rules_dsl.syntax.tree_conditions import (
    Condition,
    DefinedHolds,
    Duration,
    FactBetween,
    FactCompares,
    FactHolds,
    FactIs,
    FactKnown,
    HoursHold,
    Phrase,
    TagsInclude,
    WhenLine,
)

_SCALED = re.compile(r"([$€£¥]?[0-9.]+)([kmb])(€?)", re.IGNORECASE)
_SCALES = {"k": "k", "m": "M", "b": "B"}


def format_when(line: WhenLine) -> str:
    condition = "anything" if line.condition is None else format_condition(line.condition)
    return f"{line.lead.value} {condition}"


def format_condition(condition: Condition) -> str:
    match condition:
        case FactIs(fact, values, negated):
            listed = join_list([_with_unit_case(value) for value in values], "or")
            return f"{fact.text} is {'not ' if negated else ''}{listed}"
        case FactCompares(fact, comparison, value):
            return f"{fact.text} is {comparison.value} {format_amount(value)}"
        case FactBetween(fact, low, high):
            return f"{fact.text} is between {format_amount(low)} and {format_amount(high)}"
        case FactKnown(fact, known):
            return f"{fact.text} is {'known' if known else 'unknown'}"
        case FactHolds(fact, negated):
            return f"{'not ' if negated else ''}{fact.text}"
        case TagsInclude(fact, tags, every, negated):
            names = join_list([format_phrase(tag) for tag in tags], "and" if every else "or")
            return f"{fact.text} {'do not include' if negated else 'include'} {names}"
        case HoursHold(hours, inside):
            return f"{'during' if inside else 'outside'} hours {format_phrase(hours)}"
        case DefinedHolds(name, negated):
            return f"{'not ' if negated else ''}{format_phrase(name)}"


def join_list(items: Sequence[str], join: str) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {join} {items[-1]}"


def format_phrase(phrase: Phrase) -> str:
    """A phrase as written. If it mixes quoted and bare words, its text contains the quotes."""
    return phrase.text if '"' in phrase.text else phrase.written


def format_word(phrase: Phrase) -> str:
    """A single word, quoted only if it has to be."""
    line = next(read_lines(phrase.text))
    plain = len(line.tokens) == 1 and line.tokens[0].kind in (TokenKind.BARE, TokenKind.COMMA) and line.comment is None
    return phrase.text if plain and line.tokens[0].text == phrase.text else f'"{phrase.text}"'


def format_amount(value: Phrase) -> str:
    """``90 mins`` becomes ``90 minutes``, and ``250K`` becomes ``250k``. A single word is never read as a duration,
    because an ordered choice may have a value such as ``24h``."""
    tokens = value.text.lower().split()
    duration = None if value.quoted or len(tokens) < 2 else read_duration(tokens)
    if duration is None or duration.tokens != len(tokens):
        return _with_unit_case(value)
    return spell_out_duration(tokens)


def _with_unit_case(value: Phrase) -> str:
    found = None if value.quoted else _SCALED.fullmatch(value.text)
    return f"{found[1]}{_SCALES[found[2].lower()]}{found[3]}" if found else format_phrase(value)


def format_duration_phrase(duration: Duration) -> str:
    """A duration in the author's units, which may be intentional: ``60 minutes`` stays unchanged."""
    return spell_out_duration(duration.text.lower().split())
