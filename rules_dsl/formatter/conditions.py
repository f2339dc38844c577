"""How the formatter writes conditions, names, amounts and lengths of time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules_dsl.model.amounts import read_duration, spelt_duration
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


def written_when(line: WhenLine) -> str:
    said = "anything" if line.condition is None else written_condition(line.condition)
    return f"{line.lead.value} {said}"


def written_condition(condition: Condition) -> str:
    match condition:
        case FactIs(fact, values, negated):
            return f"{fact.text} is {'not ' if negated else ''}{listed([_cased(value) for value in values], 'or')}"
        case FactCompares(fact, comparison, value):
            return f"{fact.text} is {comparison.value} {written_amount(value)}"
        case FactBetween(fact, low, high):
            return f"{fact.text} is between {written_amount(low)} and {written_amount(high)}"
        case FactKnown(fact, known):
            return f"{fact.text} is {'known' if known else 'unknown'}"
        case FactHolds(fact, negated):
            return f"{'not ' if negated else ''}{fact.text}"
        case TagsInclude(fact, tags, every, negated):
            names = listed([written(tag) for tag in tags], "and" if every else "or")
            return f"{fact.text} {'do not include' if negated else 'include'} {names}"
        case HoursHold(hours, inside):
            return f"{'during' if inside else 'outside'} hours {written(hours)}"
        case DefinedHolds(name, negated):
            return f"{'not ' if negated else ''}{written(name)}"


def listed(said: Sequence[str], join: str) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {join} {said[-1]}"


def written(phrase: Phrase) -> str:
    """A phrase that mixes quoted and bare words carries its quotes in its text."""
    return phrase.text if '"' in phrase.text else phrase.written


def written_word(phrase: Phrase) -> str:
    """A single word, in quotes only where it could not be read without them."""
    line = next(read_lines(phrase.text))
    plain = len(line.tokens) == 1 and line.tokens[0].kind in (TokenKind.BARE, TokenKind.COMMA) and line.comment is None
    return phrase.text if plain and line.tokens[0].text == phrase.text else f'"{phrase.text}"'


def written_amount(value: Phrase) -> str:
    """``90 mins`` becomes ``90 minutes``, ``250K`` ``250k``. One word alone is never taken for a length of time:
    an ordered choice may have the value ``24h``."""
    tokens = value.text.lower().split()
    duration = None if value.quoted or len(tokens) < 2 else read_duration(tokens)
    if duration is None or duration.tokens != len(tokens):
        return _cased(value)
    return spelt_duration(tokens)


def _cased(value: Phrase) -> str:
    found = None if value.quoted else _SCALED.fullmatch(value.text)
    return f"{found[1]}{_SCALES[found[2].lower()]}{found[3]}" if found else written(value)


def written_duration(duration: Duration) -> str:
    """In the author's units: an hour of 60 minutes may be meant so."""
    return spelt_duration(duration.text.lower().split())
