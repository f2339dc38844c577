"""Converts positions in a text between character offsets and an editor's lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from lsprotocol.types import Position, PositionEncodingKind, Range

from rules_dsl import Diagnostic

_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHS = {PositionEncodingKind.Utf8: ("utf-8", 1), PositionEncodingKind.Utf16: ("utf-16-le", 2)}


@dataclass(frozen=True)
class TextPositions:
    """A text and its line offsets."""

    text: str
    encoding: PositionEncodingKind
    """The unit in which columns are counted: a UTF-8 byte, a UTF-16 code unit, or a character."""
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", [0, *(found.end() for found in _LINE_END.finditer(self.text))])

    def line(self, number: int) -> str:
        """Line ``number``, counting from 0, without its line ending."""
        return _LINE_END.split(self.text[self.starts[number] :], maxsplit=1)[0]

    def position(self, offset: int) -> Position:
        number = bisect_right(self.starts, offset) - 1
        return Position(number, self._units(self.text[self.starts[number] : offset]))

    def offset(self, position: Position) -> int:
        """The offset of a position, or of the nearest one if the text has no such position."""
        if position.line >= len(self.starts):
            return len(self.text)
        line, units = self.line(position.line), 0
        for at, mark in enumerate(line):
            if units >= position.character:
                return self.starts[position.line] + at
            units += self._units(mark)
        return self.starts[position.line] + len(line)

    def range(self, start: int, end: int) -> Range:
        return Range(self.position(start), self.position(end))

    def of_diagnostic(self, diagnostic: Diagnostic) -> Range:
        """The range of a diagnostic, or of the text's first line if the diagnostic has no line."""
        number = min(max(diagnostic.line, 1), len(self.starts)) - 1
        line = self.line(number)
        first = min(max(diagnostic.column, 1) - 1, len(line))
        last = min(first + diagnostic.length, len(line)) if diagnostic.line else len(line)
        start = self.starts[number]
        return self.range(start + first, start + max(first, last))

    def _units(self, part: str) -> int:
        if self.encoding not in _WIDTHS:
            return len(part)
        name, width = _WIDTHS[self.encoding]
        return len(part.encode(name, "surrogatepass")) // width
