"""Sentence patterns, and a walk through them to find what can follow an unfinished sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules_dsl.syntax.tokens import Token, TokenKind

ChoiceKind = Literal["keyword", "team", "title", "skill", "fact", "value", "hours", "definition", "rule", "holidays"]


@dataclass(frozen=True)
class ChoicePhrase:
    """A fixed phrase. ``words`` are in lower case, so that they can be compared with tokens."""

    text: str
    words: tuple[str, ...]
    kind: ChoiceKind = "keyword"
    detail: str = ""


@dataclass(frozen=True)
class Gap:
    """One token to fill in, a quoted name or a bare word; ``choices`` are the values to offer for it."""

    quoted: bool = True
    choices: tuple[ChoicePhrase, ...] = ()


@dataclass(frozen=True)
class InTurn:
    """All parts, one after the other."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True)
class Either:
    """One of the parts."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True)
class Any:
    """The part, repeated any number of times, including zero."""

    part: Pattern


Pattern = ChoicePhrase | Gap | InTurn | Either | Any


@dataclass(frozen=True)
class PhraseCandidate:
    """A phrase that fits from token ``start`` on; its first ``matched`` words are already written."""

    phrase: ChoicePhrase
    start: int
    matched: int
    quoted: bool


def phrase(text: str, kind: ChoiceKind = "keyword", detail: str = "") -> ChoicePhrase:
    return ChoicePhrase(text, tuple(text.lower().replace(",", " ,").split()), kind, detail)


def name(text: str, kind: ChoiceKind, detail: str = "") -> ChoicePhrase:
    """A quoted name, which counts as one word."""
    return ChoicePhrase(text, (text.lower(),), kind, detail)


def in_turn(*parts: Pattern | str) -> InTurn:
    return InTurn(tuple(phrase(part) if isinstance(part, str) else part for part in parts))


def either(*parts: Pattern | str) -> Either:
    return Either(tuple(phrase(part) if isinstance(part, str) else part for part in parts))


def perhaps(part: Pattern) -> Either:
    return Either((InTurn(()), part))


def walk(pattern: Pattern, words: Sequence[Token], at: int, candidates: list[PhraseCandidate]) -> frozenset[int]:
    """The indexes at which the pattern can end. Adds what can follow the last token to ``candidates``."""
    match pattern:
        case ChoicePhrase():
            return _phrase(pattern, words, at, candidates)
        case Gap():
            return _gap(pattern, words, at, candidates)
        case InTurn():
            places = frozenset({at})
            for part in pattern.parts:
                places = frozenset(end for place in places for end in walk(part, words, place, candidates))
            return places
        case Either():
            return frozenset(end for part in pattern.parts for end in walk(part, words, at, candidates))
        case Any():
            reached, fresh = frozenset({at}), frozenset({at})
            while fresh:
                fresh = (
                    frozenset(end for place in fresh for end in walk(pattern.part, words, place, candidates)) - reached
                )
                reached |= fresh
            return reached


def _phrase(
    pattern: ChoicePhrase, words: Sequence[Token], at: int, candidates: list[PhraseCandidate]
) -> frozenset[int]:
    for matched, low in enumerate(pattern.words):
        if at + matched == len(words):
            candidates.append(PhraseCandidate(pattern, at, matched, quoted=False))
            return frozenset()
        if words[at + matched].low.replace("’", "'") != low:
            return frozenset()
    return frozenset({at + len(pattern.words)})


def _gap(pattern: Gap, words: Sequence[Token], at: int, candidates: list[PhraseCandidate]) -> frozenset[int]:
    if at == len(words):
        candidates.extend(PhraseCandidate(choice, at, 0, pattern.quoted) for choice in pattern.choices)
        return frozenset()
    fits = words[at].kind is (TokenKind.NAME if pattern.quoted else TokenKind.BARE)
    return frozenset({at + 1}) if fits else frozenset()
