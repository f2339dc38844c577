"""Parses text into a tree, line by line. A bad line yields one diagnostic; parsing continues with the next line."""

from __future__ import annotations

from dataclasses import dataclass

from rules_dsl.syntax.blocks import BlockDraft, Sentence
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.diagnostics import BadLine, Diagnostic, diagnostic
from rules_dsl.syntax.fast_conditions import plain_condition
from rules_dsl.syntax.headings import open_block, plain_heading
from rules_dsl.syntax.tokens import LONGEST_LINE, Line, TokenKind, lines_of, read_line, read_lines
from rules_dsl.syntax.tree import Block, RulesFile
from rules_dsl.syntax.tree_conditions import START, Place

_UNCLOSED = TokenKind.UNCLOSED
LARGEST = 1_000_000
"""Maximum size of a file in UTF-8 bytes; a larger one is refused without being read."""
MOST_DIAGNOSTICS = 200
"""The number of diagnostics after which the rest of a file is not read."""


@dataclass(frozen=True)
class ParseResult:
    """A file's syntax tree and syntax errors."""

    tree: RulesFile
    diagnostics: tuple[Diagnostic, ...]
    """Syntax errors only (R1xx); the checker finds errors in names and structure."""
    complete: bool = True
    """False if parsing was abandoned; the tree then says nothing about the file."""


def parse_rules(text: str) -> ParseResult:
    """Parse any text. Never raises: there is always a tree, and a diagnostic for each line that wasn't understood."""
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        return ParseResult(RulesFile((), ()), (diagnostic("R123", START, most=LARGEST),), False)
    if "\0" in text:
        return ParseResult(RulesFile((), ()), (diagnostic("R124", _place_of_nul(text)),), False)
    return _Parser().parse(text)


def _place_of_nul(text: str) -> Place:
    line = next(line for line in read_lines(text) if "\0" in line.text)
    return Place(line.number, line.text.index("\0") + 1, 1)


class _Parser:
    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.blocks: list[Block] = []
        self.draft: BlockDraft | None = None
        self.line_before_heading = False
        """Whether R114 has already been reported; it is reported at most once."""
        self.sentences: dict[str, Sentence] = {}
        """Sentences parsed so far, keyed by the text of the line.

        A sentence means the same in every rule, and most lines in a long file are repeated.
        """

    def parse(self, text: str) -> ParseResult:
        comments = []
        diagnostics, sentences = self.diagnostics, self.sentences
        for number, raw in enumerate(lines_of(text), 1):
            if len(diagnostics) >= MOST_DIAGNOSTICS:
                diagnostics.append(diagnostic("R122", Place(number, 1, max(1, len(raw))), most=MOST_DIAGNOSTICS))
                break
            if not raw:
                continue
            sentence = sentences.get(raw)
            if self._fast(number, raw) if sentence is None else self.draft and self.draft.repeat(sentence, number):
                continue
            line = read_line(number, raw)
            if line.comment is not None:
                comments.append(line.comment)
            if line.tokens:
                self._line(line)
        self._close()
        complete = len(self.diagnostics) <= MOST_DIAGNOSTICS
        return ParseResult(RulesFile(tuple(self.blocks), tuple(comments)), tuple(self.diagnostics), complete)

    def _fast(self, number: int, raw: str) -> bool:
        """Parse a line from its text alone; False if it has to be tokenized."""
        draft = plain_heading(number, raw)
        if draft is not None:
            self._close()
            self.draft = draft
            return True
        sentence = plain_condition(raw)
        if sentence is None or self.draft is None or not self.draft.repeat(sentence, number):
            return False
        self.sentences[raw] = sentence
        return True

    def _close(self) -> None:
        if self.draft is not None:
            self.blocks.append(self.draft.block())

    def _line(self, line: Line) -> None:
        try:
            if len(line.text) > LONGEST_LINE:
                raise BadLine(diagnostic("R134", Place(line.number, 1, 1), most=LONGEST_LINE))
            draft = open_block(line, self.draft.kind if self.draft else None)
            if draft is not None:
                self._close()
                self.draft = draft
                if line.tokens[-1].kind is _UNCLOSED:
                    self._refuse_unclosed(line)
                if draft.heading_error is not None:
                    raise BadLine(draft.heading_error)
                return
            if line.tokens[-1].kind is _UNCLOSED:
                self._refuse_unclosed(line)
            if self.draft is not None:
                sentence = self.draft.add(line)
                if sentence is not None and line.comment is None:
                    self.sentences[line.text] = sentence
            elif not self.line_before_heading:
                self.line_before_heading = True
                cursor = Cursor(line)
                cursor.refuse("R114", cursor.whole(), found=cursor.text(0, len(line.tokens)))
        except BadLine as bad:
            self.diagnostics.append(bad.diagnostic.on(line.number))
            if self.draft is not None:
                self.draft.damaged = True

    def _refuse_unclosed(self, line: Line) -> None:
        """Refuse a line with an unclosed quote. The quote extends to the end of the line, so it is the last token."""
        Cursor(line, len(line.tokens) - 1).refuse("R102", found=line.tokens[-1].text)
