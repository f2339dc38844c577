"""A line cut into words. Quoted names are one word; a comma is a word; `#` starts a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_OPENING = '"“”„'
_CLOSING = '"“”'
_BARE = re.compile(r"[^\s,\"“”„]+")
LONGEST_LINE = 5_000
"""Characters of a line that are read; the parser refuses a longer one."""


class WordKind(Enum):
    BARE = auto()
    NAME = auto()
    COMMA = auto()
    UNCLOSED = auto()
    """A quoted name whose closing quote is missing."""


@dataclass(frozen=True)
class Word:
    kind: WordKind
    text: str
    """Without its quotes."""
    column: int
    """1-based, in characters."""
    length: int
    """In characters, quotes included."""

    low: str = ""
    """The keyword it may be, in lower case; a quoted name never is one."""

    @property
    def written(self) -> str:
        return f'"{self.text}"' if self.kind is WordKind.NAME else self.text


@dataclass(frozen=True)
class Comment:
    line: int
    column: int
    text: str
    """With its ``#``."""


@dataclass(frozen=True)
class Line:
    number: int
    words: tuple[Word, ...]
    comment: Comment | None
    text: str


def read_lines(text: str) -> Iterator[Line]:
    """Every line of a file, blank ones too. Line ends may be ``\\n``, ``\\r\\n`` or ``\\r``."""
    for number, raw in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        yield _read_line(number, raw)


def _read_line(number: int, raw: str) -> Line:
    words: list[Word] = []
    place = 0
    while place < min(len(raw), LONGEST_LINE):
        mark = raw[place]
        if mark.isspace() or (place == 0 and mark == "\ufeff"):
            place += 1
        elif mark == "#":
            return Line(number, tuple(words), Comment(number, place + 1, raw[place:].rstrip()), raw)
        else:
            words.append(_read_word(raw, place))
            place += words[-1].length
    return Line(number, tuple(words), None, raw)


def _read_word(raw: str, place: int) -> Word:
    mark = raw[place]
    if mark == ",":
        return Word(WordKind.COMMA, ",", place + 1, 1, ",")
    if mark in _OPENING:
        end = next((at for at in range(place + 1, len(raw)) if raw[at] in _CLOSING), None)
        if end is None:
            rest = raw[place:].rstrip()
            return Word(WordKind.UNCLOSED, rest, place + 1, len(rest))
        return Word(WordKind.NAME, " ".join(raw[place + 1 : end].split()), place + 1, end + 1 - place)
    found = _BARE.match(raw, place)
    length = len(found[0]) if found else 1
    text = raw[place : place + length]
    return Word(WordKind.BARE, text, place + 1, length, text.lower())


def canonical_text(text: str) -> str:
    """The text with its spacing and comments taken out: what a version is the hash of."""
    lines = (" ".join(word.written for word in line.words) for line in read_lines(text))
    return "\n".join(line for line in lines if line)
