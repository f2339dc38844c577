"""Checks fact declarations, so that sentences about facts are never ambiguous."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules_dsl.syntax.tokens import TokenKind, tokenize

MOST_FACTS = 100
MOST_VALUES = 500
LONGEST_NAME = 60
Field = Literal["name", "kind", "values", "ordered"]

_VERBS = frozenset({"is", "are", "include", "includes", "do", "does"})
_JOINS = frozenset({"and", "or"})
_NO_FIRST_OF_NAME = frozenset({"not", "during", "outside", "anything", "when", "unless"})
_NO_FIRST_OF_VALUE = frozenset(
    {"not", "known", "unknown", "between", "at", "over", "under", "more", "less", "is", "include"}
)
_SIGNS = re.compile(r"[<>=!&|()+*]")


@dataclass(frozen=True)
class FactTypeProblem:
    """Why a declaration is refused, and which field to correct."""

    field: Field
    reason: str


def fact_type_problem(
    name: str, kind: str, values: Sequence[str], ordered: bool, others: Sequence[str] = ()
) -> FactTypeProblem | None:
    """The first reason to refuse a fact, given the names of the other facts; None if there is none."""
    name_problem = _name_problem(name, others)
    if name_problem is not None:
        return FactTypeProblem("name", name_problem)
    if kind != "choice":
        if values:
            return FactTypeProblem("values", "only a choice has a list of values")
        return FactTypeProblem("ordered", "only a choice can be ordered") if ordered else None
    values_problem = _values_problem(values)
    return None if values_problem is None else FactTypeProblem("values", values_problem)


def _name_problem(name: str, others: Sequence[str]) -> str | None:
    problem = _text_problem(name)
    if problem is not None:
        return problem
    low = name.lower().split()
    taken = sorted({*low} & (_VERBS | _JOINS))
    if taken:
        return f"`{taken[0]}` is a word of the rules language, so a name can't contain it"
    if low[0] in _NO_FIRST_OF_NAME:
        return f"a condition that begins with `{low[0]}` means something else; begin with another word"
    if name.lower() in {other.lower() for other in others}:
        return f"there is already a fact `{name}`"
    return None


def _values_problem(values: Sequence[str]) -> str | None:
    if not values:
        return "a choice needs its values"
    if len(values) > MOST_VALUES:
        return f"the limit is {MOST_VALUES} values"
    seen: set[str] = set()
    for value in values:
        problem = _text_problem(value)
        if problem is not None:
            return f"`{value[:LONGEST_NAME]}`: {problem}"
        low = value.lower().split()
        if low[0] in _NO_FIRST_OF_VALUE:
            return f"`{value}`: `is {low[0]} …` means something else; begin with another word"
        if {*low} & _JOINS:
            return f"`{value}`: `and` and `or` separate values; write a dash instead"
        if value.lower() in seen:
            return f"duplicate value `{value}`"
        seen.add(value.lower())
    return None


def _text_problem(text: str) -> str | None:
    """Why a text can't be written as bare words in a rules file; None if it can."""
    if not text.strip():
        return "it is empty"
    if len(text) > LONGEST_NAME:
        return f"the limit is {LONGEST_NAME} characters"
    if not text.isprintable():
        return "it contains an invisible character"
    tokens, comment = tokenize(text)
    if comment is not None or any(token.kind is not TokenKind.BARE for token in tokens):
        return "it can't contain quotes, commas or `#`"
    if " ".join(token.text for token in tokens) != text:
        return "its words must be separated by single spaces"
    if _SIGNS.search(text):
        return "conditions are written in words, so it can't contain < > = ! & | ( ) + *"
    if not any(mark.isalpha() for mark in text):
        return "it needs at least one letter"
    return None
