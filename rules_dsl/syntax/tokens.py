"""The tokenizer. A quoted name is one token, and so is a comma; `#` starts a comment."""

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
"""Maximum characters in a line; the parser refuses a longer one."""
_LONGEST_CACHED = 200
"""The result for a line with more characters than this isn't cached."""
_CACHE_SIZE = 8192
_Result = TypeVar("_Result")
_clear_functions: list[Callable[[], None]] = []


def cached_by_line(read: Callable[[str], _Result]) -> Callable[[str], _Result]:
    """Cache a function whose result depends only on the text of one line.

    Most sentences in a long file are repeated, and a file is read again to compute its version and to find its
    diagnostics, and once more after each keystroke.
    """
    cached = lru_cache(maxsize=_CACHE_SIZE)(read)
    _clear_functions.append(cached.cache_clear)
    return lambda raw: cached(raw) if len(raw) <= _LONGEST_CACHED else read(raw)


def clear_caches() -> None:
    """Clear all of these caches, so that they are empty as in a new process."""
    for clear in _clear_functions:
        clear()


class TokenKind(Enum):
    BARE = auto()
    NAME = auto()
    COMMA = auto()
    UNCLOSED = auto()
    """A quoted name whose closing quote is missing."""


_BARE, _COMMA, _NAME, _UNCLOSED = TokenKind.BARE, TokenKind.COMMA, TokenKind.NAME, TokenKind.UNCLOSED


class Token(NamedTuple):
    """One token. A named tuple, because a file has tens of thousands of them."""

    kind: TokenKind
    text: str
    """Without quotes."""
    column: int
    """1-based, in characters."""
    length: int
    """In characters, quotes included."""

    low: str = ""
    """The text in lower case, for comparing with keywords; empty for a quoted name, which is never a keyword."""

    @property
    def written(self) -> str:
        return f'"{self.text}"' if self.kind is _NAME else self.text


@dataclass(frozen=True)
class Comment:
    """A comment: `#` to the end of the line."""

    line: int
    column: int
    text: str
    """With the ``#``."""


class Line(NamedTuple):
    number: int
    tokens: tuple[Token, ...]
    comment: Comment | None
    text: str


def read_lines(text: str) -> Iterator[Line]:
    """Yield every line in a file, including blank ones. Line ends may be ``\\n``, ``\\r\\n`` or ``\\r``."""
    for number, raw in enumerate(lines_of(text), 1):
        yield read_line(number, raw)


def read_line(number: int, raw: str) -> Line:
    tokens, comment = tokenize(raw)
    return Line(number, tokens, None if comment is None else Comment(number, *comment), raw)


@cached_by_line
def tokenize(raw: str) -> tuple[tuple[Token, ...], tuple[int, str] | None]:
    """The tokens of a line, and the column and text of its comment."""
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
    """The fast path: the tokens of a line that consists only of bare words, as most conditions do."""
    tokens: list[Token] = []
    end = 0
    for text in raw.split():
        start = raw.index(text, end)
        end = start + len(text)
        tokens.append(Token(_BARE, text, start + 1, end - start, text.lower()))
    return tuple(tokens)


def canonical_text(text: str) -> str:
    """The text without comments or extra spacing; a version is a hash of it."""
    lines = map(_canonical_line, lines_of(text))
    return "\n".join(line for line in lines if line)


@cached_by_line
def _canonical_line(raw: str) -> str:
    if len(raw) < LONGEST_LINE and not _MORE_THAN_BARE.search(raw):
        return " ".join(raw.split())
    return " ".join(token.written for token in tokenize(raw)[0])


def lines_of(text: str) -> list[str]:
    return _LINE_END.split(text)


class SourceLine(NamedTuple):
    start: int
    """The offset of the line's first character in the text."""
    text: str
    """Without the line ending."""


@lru_cache(maxsize=4)
def source_lines(text: str) -> tuple[SourceLine, ...]:
    """The lines of a text with their offsets. Cached, because a text may have thousands of diagnostics."""
    starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
    return tuple(SourceLine(start, line) for start, line in zip(starts, lines_of(text), strict=True))
