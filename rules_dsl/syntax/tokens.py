"""A line cut into words. Quoted names are one word; a comma is a word; `#` starts a comment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple, TypeVar

_TOKEN = re.compile(
    r"""([^\s,"“”„#][^\s,"“”„]*)     # 1: bare
      | (,)                          # 2: comma
      | ["“”„]([^"“”]*)["“”]         # 3: name
      | (\#.*)                       # 4: comment
      | (["“”„].*)                   # 5: unclosed""",
    re.VERBOSE,
)
_MORE_THAN_BARE = re.compile('[,"“”„#\ufeff]')
_IS_BARE, _IS_COMMA, _IS_NAME, _IS_COMMENT = 1, 2, 3, 4
_LINE_END = re.compile(r"\r\n|\n|\r")
_BYTE_ORDER_MARK = "\ufeff"
LONGEST_LINE = 5_000
"""Characters of a line that are read; the parser refuses a longer one."""
_LONGEST_KEPT = 200
"""Characters of a line that is remembered with what was read from it."""
_MOST_KEPT = 8192
_Read = TypeVar("_Read")
_forgetting: list[Callable[[], None]] = []


def remembered(read: Callable[[str], _Read]) -> Callable[[str], _Read]:
    """What a line says hangs on its text alone, so it is read once.

    Most sentences of a long file stand in it several times over; and a file is read again for its version, for its
    messages, and after each keystroke.
    """
    kept = lru_cache(maxsize=_MOST_KEPT)(read)
    _forgetting.append(kept.cache_clear)
    return lambda raw: kept(raw) if len(raw) <= _LONGEST_KEPT else read(raw)


def forget() -> None:
    """Nothing is remembered any more, as in a new process."""
    for clear in _forgetting:
        clear()


class TokenKind(Enum):
    BARE = auto()
    NAME = auto()
    COMMA = auto()
    UNCLOSED = auto()
    """A quoted name whose closing quote is missing."""


_BARE, _COMMA, _NAME, _UNCLOSED = TokenKind.BARE, TokenKind.COMMA, TokenKind.NAME, TokenKind.UNCLOSED


class Token(NamedTuple):
    """A tuple, for a file has tens of thousands of them."""

    kind: TokenKind
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
        return f'"{self.text}"' if self.kind is _NAME else self.text


@dataclass(frozen=True)
class Comment:
    """What stands after `#`."""

    line: int
    column: int
    text: str
    """With its ``#``."""


class Line(NamedTuple):
    number: int
    tokens: tuple[Token, ...]
    comment: Comment | None
    text: str


def read_lines(text: str) -> Iterator[Line]:
    """Every line of a file, blank ones too. Line ends may be ``\\n``, ``\\r\\n`` or ``\\r``."""
    for number, raw in enumerate(lines_of(text), 1):
        yield read_line(number, raw)


def read_line(number: int, raw: str) -> Line:
    tokens, comment = tokenize(raw)
    return Line(number, tokens, None if comment is None else Comment(number, *comment), raw)


@remembered
def tokenize(raw: str) -> tuple[tuple[Token, ...], tuple[int, str] | None]:
    """The words of a line, and the column and text of its comment."""
    if len(raw) < LONGEST_LINE and not _MORE_THAN_BARE.search(raw):
        return _bare_tokens(raw), None
    tokens: list[Token] = []
    for found in _TOKEN.finditer(raw, int(raw.startswith(_BYTE_ORDER_MARK))):
        start = found.start()
        if start >= LONGEST_LINE:
            break
        text, column, kind = found[0], start + 1, found.lastindex
        if kind == _IS_BARE:
            tokens.append(Token(_BARE, text, column, len(text), text.lower()))
        elif kind == _IS_COMMA:
            tokens.append(Token(_COMMA, text, column, 1, text))
        elif kind == _IS_NAME:
            tokens.append(Token(_NAME, " ".join(found[_IS_NAME].split()), column, len(text)))
        elif kind == _IS_COMMENT:
            return tuple(tokens), (column, text.rstrip())
        else:
            tokens.append(Token(_UNCLOSED, text.rstrip(), column, len(text.rstrip())))
    return tuple(tokens), None


def _bare_tokens(raw: str) -> tuple[Token, ...]:
    """Most conditions are nothing but words with spaces between."""
    tokens: list[Token] = []
    end = 0
    for text in raw.split():
        start = raw.index(text, end)
        end = start + len(text)
        tokens.append(Token(_BARE, text, start + 1, end - start, text.lower()))
    return tuple(tokens)


def canonical_text(text: str) -> str:
    """The text with its spacing and comments taken out: what a version is the hash of."""
    lines = map(_canonical_line, lines_of(text))
    return "\n".join(line for line in lines if line)


@remembered
def _canonical_line(raw: str) -> str:
    if len(raw) < LONGEST_LINE and not _MORE_THAN_BARE.search(raw):
        return " ".join(raw.split())
    return " ".join(token.written for token in tokenize(raw)[0])


def lines_of(text: str) -> list[str]:
    return _LINE_END.split(text)


class SourceLine(NamedTuple):
    start: int
    """Offset of its first character in the text."""
    text: str
    """Without its end."""


@lru_cache(maxsize=4)
def source_lines(text: str) -> tuple[SourceLine, ...]:
    """The lines of a text by place. Cut once for all of the messages about it, of which there may be thousands."""
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    return tuple(SourceLine(start, line) for start, line in zip(starts, lines_of(text), strict=True))
