"""Walking along the words of one line. What isn't as it should be ends the line with one message."""

from __future__ import annotations

from typing import NoReturn

from rules_dsl.model.amounts import read_duration, read_whole
from rules_dsl.syntax.diagnostics import BadLine, diagnostic
from rules_dsl.syntax.tokens import Line, Word, WordKind
from rules_dsl.syntax.tree_conditions import Duration, Phrase, Place


class Cursor:
    __slots__ = ("example", "index", "line", "words")

    def __init__(self, line: Line, index: int = 0, example: str | None = None) -> None:
        self.line = line
        self.words: tuple[Word, ...] = line.words
        self.index = index
        self.example = example
        """A whole line to copy, shown with a message about this one."""

    @property
    def done(self) -> bool:
        return self.index >= len(self.words)

    def refuse(self, code: str, at: Place | None = None, **said: str | int | None) -> NoReturn:
        raise BadLine(diagnostic(code, at or self.here(), **{"example": self.example, **said}))

    def here(self) -> Place:
        """The next word, or the end of the line."""
        if not self.done:
            return self.place(self.index, self.index + 1)
        last = self.words[-1]
        return Place(self.line.number, last.column + last.length, 1)

    def place(self, start: int, end: int) -> Place:
        _, _, column, length, _ = self.words[start]
        if end > start + 1:
            last = self.words[end - 1]
            length = last.column + last.length - column
        return Place(self.line.number, column, length)

    def since(self, start: int) -> Place:
        """From a word up to the last one taken."""
        return self.place(start, self.index)

    def whole(self) -> Place:
        return self.place(0, len(self.words))

    def text(self, start: int, end: int | None = None) -> str:
        """Words as written, with single spaces and none before a comma."""
        chosen = self.words[start : self.index if end is None else end]
        if len(chosen) == 1:
            return chosen[0].written
        said = " ".join([word.text if word.low else word.written for word in chosen])
        return said.replace(" ,", ",") if "," in said else said

    def sees(self, *lows: str) -> bool:
        """Each parameter is one word, in lower case."""
        words, place = self.words, self.index
        if place + len(lows) > len(words) or words[place].low != lows[0]:
            return False
        return len(lows) == 1 or all(words[place + step].low == low for step, low in enumerate(lows))

    def sees_any(self, lows: frozenset[str]) -> bool:
        return self.index < len(self.words) and self.words[self.index].low in lows

    def sees_name(self) -> bool:
        return self.index < len(self.words) and self.words[self.index].kind is WordKind.NAME

    def take(self, *lows: str) -> bool:
        if self.index < len(self.words) and self.words[self.index].low == lows[0] and self.sees(*lows):
            self.index += len(lows)
            return True
        return False

    def need(self, *lows: str) -> None:
        for low in lows:
            if not self.take(low):
                self.refuse_wanted(f"`{low}`")

    def refuse_wanted(self, wanted: str) -> NoReturn:
        if self.done:
            self.refuse("R105", self.whole(), wanted=wanted)
        self.refuse("R106", found=self.words[self.index].written, wanted=wanted)

    def next_word(self, wanted: str) -> Word:
        if self.done:
            self.refuse("R105", self.whole(), wanted=wanted)
        self.index += 1
        return self.words[self.index - 1]

    def name(self, what: str) -> Phrase:
        """A quoted name; bare words in its place are explained."""
        if self.sees_name():
            word = self.next_word(what)
            at = self.since(self.index - 1)
            if not word.text:
                self.refuse("R104", at, what=what)
            return Phrase(word.text, at, quoted=True)
        if self.done or self.words[self.index].kind is not WordKind.BARE:
            self.refuse_wanted(f"{what} in quotes")
        start = self.index
        while not self.done and self.words[self.index].kind is WordKind.BARE:
            self.index += 1
        self.refuse("R103", self.since(start), found=self.text(start), what=what)

    def duration(self) -> Duration:
        start = self.index
        duration = read_duration([word.low for word in self.words[start:]])
        if duration is None:
            if self.done or self.words[start].kind is not WordKind.BARE:
                self.refuse_wanted("a length of time, such as 3 minutes,")
            self.refuse("R107", self.place(start, min(start + 2, len(self.words))), found=self.text(start, start + 2))
        self.index += duration.words
        return Duration(duration.seconds, self.since(start), duration.working_days, self.text(start))

    def count(self, low: int = 0, high: int = 1_000_000, *, percent: bool = False) -> int:
        word = self.next_word("a percentage" if percent else "a whole number")
        at = self.since(self.index - 1)
        written = word.low.removesuffix("%") if percent else word.low
        if percent and not word.low.endswith("%") and not self.take("percent"):
            self.refuse("R108", at, found=word.written, wanted="a percentage such as 15%")
        number = read_whole(written)
        if number is None:
            self.refuse("R108", at, found=word.written, wanted="a whole number")
        if not low <= number <= high:
            self.refuse("R109", at, found=word.written, low=low, high=high)
        return number

    def end(self) -> None:
        if not self.done:
            start = self.index
            self.refuse("R110", self.place(start, len(self.words)), found=self.text(start, len(self.words)))
