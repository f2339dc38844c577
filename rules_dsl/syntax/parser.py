"""From text to tree, line by line. A bad line gives one message, and reading goes on with the next."""

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
"""Bytes of UTF-8: a larger file is refused unread."""
MOST_MESSAGES = 200
"""Bad lines after which the rest of a file is left unread."""


@dataclass(frozen=True)
class ParseResult:
    """What was read of a file."""

    tree: RulesFile
    diagnostics: tuple[Diagnostic, ...]
    """How the file is written (R1xx); names and structure are the checker's."""
    whole: bool = True
    """False where reading was given up, so that the tree says nothing about the file."""


def parse_rules(text: str) -> ParseResult:
    """Never raises: whatever the text, there is a tree, and a message for each line not understood."""
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        return ParseResult(RulesFile((), ()), (diagnostic("R123", START, most=LARGEST),), False)
    if "\0" in text:
        return ParseResult(RulesFile((), ()), (diagnostic("R124", _place_of_nul(text)),), False)
    return _Reading().read(text)


def _place_of_nul(text: str) -> Place:
    line = next(line for line in read_lines(text) if "\0" in line.text)
    return Place(line.number, line.text.index("\0") + 1, 1)


class _Reading:
    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.blocks: list[Block] = []
        self.draft: BlockDraft | None = None
        self.homeless = False
        self.sentences: dict[str, Sentence] = {}
        """Lines read so far that mean the same wherever they stand in a rule: most of a long file is said before."""

    def read(self, text: str) -> ParseResult:
        comments = []
        diagnostics, known = self.diagnostics, self.sentences
        for number, raw in enumerate(lines_of(text), 1):
            if len(diagnostics) >= MOST_MESSAGES:
                diagnostics.append(diagnostic("R122", Place(number, 1, max(1, len(raw))), most=MOST_MESSAGES))
                break
            if not raw:
                continue
            said = known.get(raw)
            if self._at_a_glance(number, raw) if said is None else self.draft and self.draft.again(said, number):
                continue
            line = read_line(number, raw)
            if line.comment is not None:
                comments.append(line.comment)
            if line.tokens:
                self._line(line)
        self._close()
        whole = len(self.diagnostics) <= MOST_MESSAGES
        return ParseResult(RulesFile(tuple(self.blocks), tuple(comments)), tuple(self.diagnostics), whole)

    def _at_a_glance(self, number: int, raw: str) -> bool:
        """Takes a line that is plain; False where its words have to be looked at."""
        draft = plain_heading(number, raw)
        if draft is not None:
            self._close()
            self.draft = draft
            return True
        said = plain_condition(raw)
        if said is None or self.draft is None or not self.draft.again(said, number):
            return False
        self.sentences[raw] = said
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
                if draft.complaint is not None:
                    raise BadLine(draft.complaint)
                return
            if line.tokens[-1].kind is _UNCLOSED:
                self._refuse_unclosed(line)
            if self.draft is not None:
                said = self.draft.add(line)
                if said is not None and line.comment is None:
                    self.sentences[line.text] = said
            elif not self.homeless:
                self.homeless = True
                cursor = Cursor(line)
                cursor.refuse("R114", cursor.whole(), found=cursor.text(0, len(line.tokens)))
        except BadLine as bad:
            self.diagnostics.append(bad.diagnostic.on(line.number))
            if self.draft is not None:
                self.draft.damaged = True

    def _refuse_unclosed(self, line: Line) -> None:
        """Such a word goes on to the end of its line."""
        Cursor(line, len(line.tokens) - 1).refuse("R102", found=line.tokens[-1].text)
