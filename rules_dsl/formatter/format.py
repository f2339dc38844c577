"""The formatter: one way to write a file. It proves itself: what it wrote is parsed and means the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise

from rules_dsl.formatter.lines import written_expectation, written_lines
from rules_dsl.model.amounts import read_duration
from rules_dsl.syntax.diagnostics import RulesRefused, diagnostic
from rules_dsl.syntax.parser import ParseResult, parse_rules
from rules_dsl.syntax.tokens import LONGEST_LINE, Comment, Line, read_lines
from rules_dsl.syntax.tree import BlockKind
from rules_dsl.syntax.tree_conditions import Lead, Phrase, Place, WhenLine

INDENT = "  "


class FormattingFailed(Exception):
    """What was written is not what was read: a fault of the formatter, never of the file."""


def format_rules(text: str) -> str:
    """The file in its canonical form; comments stay, meaning stays, a second time changes nothing.

    Raises ``RulesRefused`` with the messages where a line is not understood, or would become too long; names are not
    looked up.
    Raises ``FormattingFailed`` rather than return a text that means something else.
    """
    parsed = parse_rules(text)
    if parsed.diagnostics:
        raise RulesRefused(parsed.diagnostics)
    formatted = "".join(f"{line}\n" for line in _laid_out(parsed, text))
    again = parse_rules(formatted)
    if not again.whole:
        raise RulesRefused(again.diagnostics)
    if again.diagnostics or meaning_of(again.tree) != meaning_of(parsed.tree):
        raise FormattingFailed
    return formatted


def _laid_out(parsed: ParseResult, text: str) -> Iterator[str]:
    said = {number: line for block in parsed.tree.blocks for number, line in written_lines(block).items()}
    headings = {block.at.line for block in parsed.tree.blocks}
    together, deeper = _together(parsed), _deeper(parsed)
    waiting: list[Comment | None] = []
    """Own-line comments since the last sentence, None for blank lines between them."""
    started = False
    for line in read_lines(text):
        if not line.tokens:
            waiting.append(line.comment)
            continue
        heading = line.number in headings
        if heading and line.number not in together:
            yield from _between(waiting, started, False)
        else:
            yield from _inside(waiting, deeper.get(line.number, INDENT))
        waiting = []
        written = said.get(line.number) or written_expectation(line)
        whole = f"{'' if heading else deeper.get(line.number, INDENT)}{written}{_trailing(line)}"
        if len(whole) > LONGEST_LINE:
            raise RulesRefused((diagnostic("R134", Place(line.number, 1, 1), most=LONGEST_LINE),))
        yield whole
        started = True
    yield from _between(waiting, started, True)


def _together(parsed: ParseResult) -> set[int]:
    """Hours right below hours, with no comment between them: one line each, so they stand as a list."""
    commented = {comment.line for comment in parsed.tree.comments}
    return {
        block.at.line
        for above, block in pairwise(parsed.tree.blocks)
        if above.kind is block.kind is BlockKind.HOURS
        and not any(above.at.line < line < block.at.line for line in commented)
    }


def _deeper(parsed: ParseResult) -> dict[int, str]:
    """Where there are several ways into a rule, each one's ``and`` lines stand deeper than its first line."""
    return {
        line.number: 2 * INDENT
        for block in parsed.tree.blocks
        if any(line.lead is Lead.OR_WHEN for line in block.when)
        for line in block.when
        if line.lead is Lead.AND
    }


def _trailing(line: Line) -> str:
    return f"  {line.comment.text}" if line.comment else ""


def _inside(waiting: list[Comment | None], indent: str = INDENT) -> Iterator[str]:
    yield from (f"{indent}{comment.text}" for comment in waiting if comment)


def _between(waiting: list[Comment | None], started: bool, ending: bool) -> Iterator[str]:
    """Indented comments right below a block's last line are its own. The others stand before the next heading,
    with one blank line where they had any."""
    own = 0
    while started and own < len(waiting) and (comment := waiting[own]) is not None and comment.column > 1:
        own += 1
    yield from _inside(waiting[:own])
    groups: list[list[Comment]] = [[]]
    for comment in waiting[own:]:
        if comment is not None:
            groups[-1].append(comment)
        elif groups[-1]:
            groups.append([])
    apart = not groups[-1]
    for group in groups:
        if group:
            if started or group is not groups[0]:
                yield ""
            yield from (comment.text for comment in group)
    if apart and not ending and (started or len(groups) > 1):
        yield ""


def meaning_of(node: object) -> object:
    """The tree without places and without spellings that say the same; comparable."""
    if isinstance(node, Phrase):
        tokens = node.text.lower().split()
        duration = None if node.quoted or len(tokens) < 2 else read_duration(tokens)
        whole = duration is not None and duration.tokens == len(tokens)
        bare = (duration.seconds, duration.working_days) if duration and whole else node.text.lower()
        return ("name", node.text) if node.quoted else ("said", bare)
    if isinstance(node, Comment):
        return node.text
    if isinstance(node, WhenLine):
        return meaning_of(node.said)
    if isinstance(node, tuple):
        return tuple(meaning_of(part) for part in node)
    if is_dataclass(node):
        parts = ((field.name, getattr(node, field.name)) for field in fields(node) if field.name != "at")
        kept = ((name, meaning_of(part)) for name, part in parts if name != "text" or not isinstance(part, str))
        return (type(node).__name__, *kept)
    return node
