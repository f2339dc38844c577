"""What a desk may declare as a fact of its own, so that every sentence about it can be read without doubt."""

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
class Unfit:
    """Why a declaration is refused, and which of its fields to mend."""

    field: Field
    reason: str


def unfit(name: str, kind: str, values: Sequence[str], ordered: bool, others: Sequence[str] = ()) -> Unfit | None:
    """The first thing that keeps this fact from standing in sentences beside ``others``; None where nothing does."""
    wrong = _name_wrong(name, others)
    if wrong is not None:
        return Unfit("name", wrong)
    if kind != "choice":
        if values:
            return Unfit("values", "only a choice has a list of values")
        return Unfit("ordered", "only a choice can be ordered") if ordered else None
    wrong = _values_wrong(values)
    return None if wrong is None else Unfit("values", wrong)


def _name_wrong(name: str, others: Sequence[str]) -> str | None:
    wrong = _words_wrong(name)
    if wrong is not None:
        return wrong
    low = name.lower().split()
    taken = sorted({*low} & (_VERBS | _JOINS))
    if taken:
        return f"`{taken[0]}` is a word of the rules' own sentences, so a name can't hold it"
    if low[0] in _NO_FIRST_OF_NAME:
        return f"a condition that begins with `{low[0]}` means something else; begin with another word"
    if name.lower() in {other.lower() for other in others}:
        return f"there is a fact `{name}` already"
    return None


def _values_wrong(values: Sequence[str]) -> str | None:
    if not values:
        return "a choice needs its values"
    if len(values) > MOST_VALUES:
        return f"at most {MOST_VALUES} values"
    seen: set[str] = set()
    for value in values:
        wrong = _words_wrong(value)
        if wrong is not None:
            return f"`{value[:LONGEST_NAME]}`: {wrong}"
        low = value.lower().split()
        if low[0] in _NO_FIRST_OF_VALUE:
            return f"`{value}`: `is {low[0]} …` means something else; begin with another word"
        if {*low} & _JOINS:
            return f"`{value}`: `and` and `or` stand between values; write a dash instead"
        if value.lower() in seen:
            return f"`{value}` stands there twice"
        seen.add(value.lower())
    return None


def _words_wrong(text: str) -> str | None:
    """Whether a text is read back as the bare words that it is."""
    if not text.strip():
        return "it is empty"
    if len(text) > LONGEST_NAME:
        return f"at most {LONGEST_NAME} letters"
    if not text.isprintable():
        return "it holds a character that can't be seen"
    words, comment = tokenize(text)
    if comment is not None or any(word.kind is not TokenKind.BARE for word in words):
        return "it is written without quotes, commas and `#`"
    if " ".join(word.text for word in words) != text:
        return "its words stand one space apart"
    if _SIGNS.search(text):
        return "conditions are written in words, so it holds none of < > = ! & | ( ) + *"
    if not any(mark.isalpha() for mark in text):
        return "it needs a letter"
    return None
