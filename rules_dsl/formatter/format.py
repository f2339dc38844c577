"""The formatter. It verifies itself: the output must parse to a tree with the same meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise

from rules_dsl.formatter.lines import format_block, format_expectation
from rules_dsl.model.amounts import read_duration
from rules_dsl.syntax.diagnostics import RulesRefused, diagnostic
from rules_dsl.syntax.parser import ParseResult, parse_rules
from rules_dsl.syntax.tokens import LONGEST_LINE, Comment, Line, read_lines
from rules_dsl.syntax.tree import BlockKind
from rules_dsl.syntax.tree_conditions import Lead, Phrase, Place, WhenLine

INDENT = "  "


class FormattingFailed(Exception):
    """The output differs in meaning from the input: a bug in the formatter, never an error in the file."""


def format_rules(text: str) -> str:
    """Format a file. Keeps comments and meaning; formatting the result again changes nothing. Names are not resolved.

    Raises ``RulesRefused`` with the diagnostics if a line is not understood or would become too long, and
    ``FormattingFailed`` rather than return a text with a different meaning.
    """
    parsed = parse_rules(text)
    if parsed.diagnostics:
        raise RulesRefused(parsed.diagnostics)
    formatted = "".join(f"{line}\n" for line in _formatted_lines(parsed, text))
    reparsed = parse_rules(formatted)
    if not reparsed.complete:
        raise RulesRefused(reparsed.diagnostics)
    if reparsed.diagnostics or meaning_of(reparsed.tree) != meaning_of(parsed.tree):
        raise FormattingFailed
    return formatted


def _formatted_lines(parsed: ParseResult, text: str) -> Iterator[str]:
    sentences = {number: line for block in parsed.tree.blocks for number, line in format_block(block).items()}
    headings = {block.at.line for block in parsed.tree.blocks}
    joined, deeper = _joined_hours(parsed), _deeper(parsed)
    pending: list[Comment | None] = []
    """Comments on their own lines since the last sentence; None for a blank line."""
    started = False
    for line in read_lines(text):
        if not line.tokens:
            pending.append(line.comment)
            continue
        heading = line.number in headings
        if heading and line.number not in joined:
            yield from _between(pending, started, False)
        else:
            yield from _inside(pending, deeper.get(line.number, INDENT))
        pending = []
        sentence = sentences.get(line.number) or format_expectation(line)
        formatted = f"{'' if heading else deeper.get(line.number, INDENT)}{sentence}{_trailing(line)}"
        if len(formatted) > LONGEST_LINE:
            raise RulesRefused((diagnostic("R134", Place(line.number, 1, 1), most=LONGEST_LINE),))
        yield formatted
        started = True
    yield from _between(pending, started, True)


def _joined_hours(parsed: ParseResult) -> set[int]:
    """First lines of ``hours`` blocks that directly follow another, without a comment: they get no blank line above."""
    commented = {comment.line for comment in parsed.tree.comments}
    return {
        block.at.line
        for above, block in pairwise(parsed.tree.blocks)
        if above.kind is block.kind is BlockKind.HOURS
        and not any(above.at.line < line < block.at.line for line in commented)
    }


def _deeper(parsed: ParseResult) -> dict[int, str]:
    """The indentation of ``and`` lines in rules with several alternatives: deeper than the alternative's first line."""
    return {
        line.number: 2 * INDENT
        for block in parsed.tree.blocks
        if any(line.lead is Lead.OR_WHEN for line in block.when)
        for line in block.when
        if line.lead is Lead.AND
    }


def _trailing(line: Line) -> str:
    return f"  {line.comment.text}" if line.comment else ""


def _inside(pending: list[Comment | None], indent: str = INDENT) -> Iterator[str]:
    yield from (f"{indent}{comment.text}" for comment in pending if comment)


def _between(pending: list[Comment | None], started: bool, ending: bool) -> Iterator[str]:
    """Comments between two blocks. Indented ones directly below a block belong to it; the others go above the next
    heading, in groups separated by blank lines."""
    own = 0
    while started and own < len(pending) and (comment := pending[own]) is not None and comment.column > 1:
        own += 1
    yield from _inside(pending[:own])
    groups: list[list[Comment]] = [[]]
    for comment in pending[own:]:
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
    """The tree without places and with equivalent spellings normalized, for comparison."""
    if isinstance(node, Phrase):
        tokens = node.text.lower().split()
        duration = None if node.quoted or len(tokens) < 2 else read_duration(tokens)
        is_duration = duration is not None and duration.tokens == len(tokens)
        bare = (duration.seconds, duration.working_days) if duration and is_duration else node.text.lower()
        return ("name", node.text) if node.quoted else ("bare", bare)
    if isinstance(node, Comment):
        return node.text
    if isinstance(node, WhenLine):
        return meaning_of(node.sentence)
    if isinstance(node, tuple):
        return tuple(meaning_of(part) for part in node)
    if is_dataclass(node):
        parts = ((field.name, getattr(node, field.name)) for field in fields(node) if field.name != "at")
        meanings = ((name, meaning_of(part)) for name, part in parts if name != "text" or not isinstance(part, str))
        return (type(node).__name__, *meanings)
    return node
