"""What may come next in a sentence that is half written: patterns of words, and walking along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules_dsl.syntax.tokens import Token, TokenKind

ChoiceKind = Literal["keyword", "team", "title", "skill", "fact", "value", "hours", "definition", "rule", "holidays"]


@dataclass(frozen=True)
class ChoicePhrase:
    """Words that stand together, in lower case where they are keywords."""

    text: str
    words: tuple[str, ...]
    kind: ChoiceKind = "keyword"
    detail: str = ""


@dataclass(frozen=True)
class Gap:
    """One word of the author's: a quoted name, or a bare word. ``choices`` are offered for it."""

    quoted: bool = True
    choices: tuple[ChoicePhrase, ...] = ()


@dataclass(frozen=True)
class InTurn:
    parts: tuple[Pattern, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Pattern, ...]


@dataclass(frozen=True)
class Any:
    """None, one or several."""

    part: Pattern


Pattern = ChoicePhrase | Gap | InTurn | Either | Any


@dataclass(frozen=True)
class WantedPhrase:
    """A phrase that could stand from a word on, of which some words are already there."""

    phrase: ChoicePhrase
    start: int
    taken: int
    quoted: bool


def phrase(text: str, kind: ChoiceKind = "keyword", detail: str = "") -> ChoicePhrase:
    return ChoicePhrase(text, tuple(text.lower().replace(",", " ,").split()), kind, detail)


def name(text: str, kind: ChoiceKind, detail: str = "") -> ChoicePhrase:
    """To stand in quotes, as one word."""
    return ChoicePhrase(text, (text.lower(),), kind, detail)


def in_turn(*parts: Pattern | str) -> InTurn:
    return InTurn(tuple(phrase(part) if isinstance(part, str) else part for part in parts))


def either(*parts: Pattern | str) -> Either:
    return Either(tuple(phrase(part) if isinstance(part, str) else part for part in parts))


def perhaps(part: Pattern) -> Either:
    return Either((InTurn(()), part))


def walk(pattern: Pattern, words: Sequence[Token], at: int, wanted: list[WantedPhrase]) -> frozenset[int]:
    """Where the pattern may end; whatever could follow the last word is added to ``wanted``."""
    match pattern:
        case ChoicePhrase():
            return _phrase(pattern, words, at, wanted)
        case Gap():
            return _gap(pattern, words, at, wanted)
        case InTurn():
            places = frozenset({at})
            for part in pattern.parts:
                places = frozenset(end for place in places for end in walk(part, words, place, wanted))
            return places
        case Either():
            return frozenset(end for part in pattern.parts for end in walk(part, words, at, wanted))
        case Any():
            reached, fresh = frozenset({at}), frozenset({at})
            while fresh:
                fresh = frozenset(end for place in fresh for end in walk(pattern.part, words, place, wanted)) - reached
                reached |= fresh
            return reached


def _phrase(pattern: ChoicePhrase, words: Sequence[Token], at: int, wanted: list[WantedPhrase]) -> frozenset[int]:
    for taken, low in enumerate(pattern.words):
        if at + taken == len(words):
            wanted.append(WantedPhrase(pattern, at, taken, quoted=False))
            return frozenset()
        if words[at + taken].low.replace("’", "'") != low:
            return frozenset()
    return frozenset({at + len(pattern.words)})


def _gap(pattern: Gap, words: Sequence[Token], at: int, wanted: list[WantedPhrase]) -> frozenset[int]:
    if at == len(words):
        wanted.extend(WantedPhrase(choice, at, 0, pattern.quoted) for choice in pattern.choices)
        return frozenset()
    fits = words[at].kind is (TokenKind.NAME if pattern.quoted else TokenKind.BARE)
    return frozenset({at + 1}) if fits else frozenset()
