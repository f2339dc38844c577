"""A cursor over the tokens of one line. The first error ends the line, with one diagnostic."""

from __future__ import annotations

import re
from typing import NoReturn

from rules_dsl.model.amounts import read_duration, read_whole
from rules_dsl.syntax.diagnostics import BadLine, diagnostic
from rules_dsl.syntax.tokens import Line, Token, TokenKind
from rules_dsl.syntax.tree_conditions import Duration, Phrase, Place

_WITH_COMMA = re.compile(r"[$€£¥]?[0-9]+(,[0-9]+)+[.0-9]*[a-zA-Z€]*")


class Cursor:
    """The position in a line that is being parsed. The ``refuse`` methods raise ``BadLine``."""

    __slots__ = ("example", "index", "line", "tokens")

    def __init__(self, line: Line, index: int = 0, example: str | None = None) -> None:
        self.line = line
        self.tokens: tuple[Token, ...] = line.tokens
        self.index = index
        self.example = example
        """A complete line to copy, shown with a diagnostic about the line being parsed."""

    @property
    def done(self) -> bool:
        return self.index >= len(self.tokens)

    def refuse(self, code: str, at: Place | None = None, **arguments: str | int | None) -> NoReturn:
        raise BadLine(diagnostic(code, at or self.here(), **{"example": self.example, **arguments}))

    def here(self) -> Place:
        """The position of the next token, or of the end of the line if no token is left."""
        if not self.done:
            return self.place(self.index, self.index + 1)
        last = self.tokens[-1]
        return Place(self.line.number, last.column + last.length, 1)

    def place(self, start: int, end: int) -> Place:
        _, _, column, length, _ = self.tokens[start]
        if end > start + 1:
            last = self.tokens[end - 1]
            length = last.column + last.length - column
        return Place(self.line.number, column, length)

    def since(self, start: int) -> Place:
        """The position of the phrase from token ``start`` to the last token consumed."""
        return self.place(start, self.index)

    def whole(self) -> Place:
        return self.place(0, len(self.tokens))

    def text(self, start: int, end: int | None = None) -> str:
        """The tokens as written, separated by single spaces, with no space before a comma."""
        chosen = self.tokens[start : self.index if end is None else end]
        if len(chosen) == 1:
            return chosen[0].written
        joined = " ".join([token.text if token.low else token.written for token in chosen])
        return joined.replace(" ,", ",") if "," in joined else joined

    def sees(self, *lows: str) -> bool:
        """Whether these tokens come next; each argument is one word, in lower case."""
        tokens, index = self.tokens, self.index
        if index + len(lows) > len(tokens) or tokens[index].low != lows[0]:
            return False
        return len(lows) == 1 or all(tokens[index + step].low == low for step, low in enumerate(lows))

    def sees_any(self, lows: frozenset[str]) -> bool:
        return self.index < len(self.tokens) and self.tokens[self.index].low in lows

    def sees_name(self) -> bool:
        return self.index < len(self.tokens) and self.tokens[self.index].kind is TokenKind.NAME

    def take(self, *lows: str) -> bool:
        if self.index < len(self.tokens) and self.tokens[self.index].low == lows[0] and self.sees(*lows):
            self.index += len(lows)
            return True
        return False

    def need(self, *lows: str) -> None:
        for low in lows:
            if not self.take(low):
                self.refuse_expected(f"`{low}`")

    def refuse_expected(self, expected: str) -> NoReturn:
        if self.done:
            self.refuse("R105", self.whole(), expected=expected)
        self.refuse("R106", found=self.tokens[self.index].written, expected=expected)

    def next_token(self, expected: str) -> Token:
        if self.done:
            self.refuse("R105", self.whole(), expected=expected)
        self.index += 1
        return self.tokens[self.index - 1]

    def name(self, expected: str) -> Phrase:
        """Consume a quoted name. Bare words get their own diagnostic, which suggests quotes."""
        if self.sees_name():
            token = self.next_token(expected)
            at = self.since(self.index - 1)
            if not token.text:
                self.refuse("R104", at, expected=expected)
            return Phrase(token.text, at, quoted=True)
        if self.done or self.tokens[self.index].kind is not TokenKind.BARE:
            self.refuse_expected(f"{expected} in quotes")
        start = self.index
        while not self.done and self.tokens[self.index].kind is TokenKind.BARE:
            self.index += 1
        self.refuse("R103", self.since(start), found=self.text(start), expected=expected)

    def duration(self) -> Duration:
        start = self.index
        duration = read_duration([token.low for token in self.tokens[start:]])
        if duration is None:
            if self.done or self.tokens[start].kind is not TokenKind.BARE:
                self.refuse_expected("a duration such as 3 minutes")
            self.refuse("R107", self.place(start, min(start + 2, len(self.tokens))), found=self.text(start, start + 2))
        self.index += duration.tokens
        return Duration(duration.seconds, self.since(start), duration.working_days, self.text(start))

    def count(self, low: int = 0, high: int = 1_000_000, *, percent: bool = False) -> int:
        token = self.next_token("a percentage" if percent else "a whole number")
        at = self.since(self.index - 1)
        written = token.low.removesuffix("%") if percent else token.low
        if percent and not token.low.endswith("%") and not self.take("percent"):
            self.refuse("R108", at, found=token.written, expected="a percentage such as 15%")
        number = read_whole(written)
        if number is None:
            self.refuse("R108", at, found=token.written, expected="a whole number")
        if not low <= number <= high:
            self.refuse("R109", at, found=token.written, low=low, high=high)
        return number

    def refuse_comma(self) -> None:
        """Refuse a number with a comma as the next word: ``1,5M``, ``250,000``."""
        start, end = self.index, self.index + 1
        while end < len(self.tokens) and self._adjoins(end):
            end += 1
        if any(token.kind not in (TokenKind.BARE, TokenKind.COMMA) for token in self.tokens[start:end]):
            return
        written = "".join(token.text for token in self.tokens[start:end])
        if end - start < 3 or not _WITH_COMMA.fullmatch(written):
            return
        groups = written.split(",")
        thousands = all(re.fullmatch("[0-9]{3}", group) for group in groups[1:])
        if thousands or len(groups) == 2:
            self.refuse("R135", self.place(start, end), found=written, instead=("" if thousands else ".").join(groups))
        self.refuse("R135", self.place(start, end), found=written)

    def _adjoins(self, index: int) -> bool:
        before = self.tokens[index - 1]
        return self.tokens[index].column == before.column + before.length

    def end(self) -> None:
        if not self.done:
            start = self.index
            self.refuse("R110", self.place(start, len(self.tokens)), found=self.text(start, len(self.tokens)))
