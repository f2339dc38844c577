"""Parses headings, the lines that open a block. A heading with an error still opens its block."""

from __future__ import annotations

import re
from collections.abc import Callable

from rules_dsl.model.clock_words import day_number, days_between
from rules_dsl.syntax.blocks import BlockDraft
from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.diagnostics import BadLine, diagnostic, nearest
from rules_dsl.syntax.parse_expectations import time_of_day
from rules_dsl.syntax.tokens import LONGEST_LINE, Line, TokenKind
from rules_dsl.syntax.tree import BlockKind, DaySpan
from rules_dsl.syntax.tree_conditions import Phrase, Place

_ALONE = {
    kind.value: kind
    for kind in (
        BlockKind.LIMITS, BlockKind.BOOKING, BlockKind.CALLS, BlockKind.REMINDERS, BlockKind.FEEDBACK, BlockKind.LINKS
    )
}  # fmt: skip
_NAMED = {"rule": BlockKind.RULE, "define": BlockKind.DEFINE, "hours": BlockKind.HOURS, "expect": BlockKind.EXPECT}
_PLAIN = re.compile(r'\s*(rule|define|expect)[ ]("([^"“”]*+)")\s*')
_FIRST_WORDS = frozenset({"rules", "by", "otherwise", *_ALONE, *_NAMED})
_NEVER_FIRST = frozenset({"when", "and", "or", "unless", "note"})
_MISSPELLED_AT_MOST = 2
"""A line with more tokens than this is never taken for a misspelled heading."""
_EXAMPLES = {
    BlockKind.HEAD: 'rules for "Harbor Boats support"',
    BlockKind.HOURS: 'hours "office" are Mon to Fri 08:30 to 16:30',
    BlockKind.DEFINE: 'define "big customer"',
    BlockKind.RULE: 'rule "Urgent payments"',
    BlockKind.EXPECT: 'expect "billing goes to the office"',
    BlockKind.NEVER: 'expect never "a big customer is refused"',
    BlockKind.EVERY: "expect every escalation finds a rule",
}


def plain_heading(number: int, raw: str) -> BlockDraft | None:
    """Parse a heading that consists of a word and a name, as nearly all do, with one regular expression; None for any
    other line.
    """
    found = _PLAIN.fullmatch(raw) if len(raw) <= LONGEST_LINE else None
    name = " ".join(found[3].split()) if found else ""
    if found is None or not name:
        return None
    (start, end), (first, last) = found.span(1), found.span(2)
    phrase = Phrase(name, Place(number, first + 1, last - first), quoted=True)
    return BlockDraft(_NAMED[found[1]], Place(number, start + 1, end - start), phrase)


def open_block(line: Line, inside: BlockKind | None) -> BlockDraft | None:
    """The block that a line opens; None if the line isn't a heading."""
    first = line.tokens[0].low
    if first in _NEVER_FIRST:
        return None
    first = first.removesuffix(":")
    if len(line.tokens) > _MISSPELLED_AT_MOST and first not in _FIRST_WORDS:
        return None
    cursor = Cursor(line)
    if first in _NAMED:
        cursor.index = 1
        return _named(cursor, _NAMED[first])
    if cursor.take("rules", "for"):
        return _headed(cursor, BlockKind.HEAD, _name)
    if cursor.take("by", "default") or cursor.take("by", "default:"):
        return _headed(cursor, BlockKind.DEFAULT, _no_more)
    if first == "otherwise":
        cursor.index = 1
        return _headed(cursor, BlockKind.OTHERWISE, _no_more)
    if first in _ALONE and not cursor.sees("booking", "link"):
        cursor.index = 1
        return _headed(cursor, _ALONE[first], _no_more)
    return _misspelled(cursor, inside)


def _named(cursor: Cursor, kind: BlockKind) -> BlockDraft:
    if kind is BlockKind.HOURS:
        return _headed(cursor, kind, _hours)
    if kind is BlockKind.EXPECT and cursor.take("never"):
        return _headed(cursor, BlockKind.NEVER, _name)
    if kind is BlockKind.EXPECT and cursor.take("every"):
        return _headed(cursor, BlockKind.EVERY, _every)
    return _headed(cursor, kind, _name)


def _headed(cursor: Cursor, kind: BlockKind, read: Callable[[Cursor, BlockDraft], None]) -> BlockDraft:
    draft = BlockDraft(kind, cursor.since(0))
    cursor.example = _EXAMPLES.get(kind)
    try:
        read(cursor, draft)
        cursor.end()
    except BadLine as bad:
        draft.heading_error = bad.diagnostic
    return draft


def _name(cursor: Cursor, draft: BlockDraft) -> None:
    draft.name = cursor.name("a name")


def _no_more(cursor: Cursor, draft: BlockDraft) -> None:
    heading = draft.kind.value
    if not cursor.done or cursor.tokens[0].low.endswith(":") or cursor.tokens[cursor.index - 1].low.endswith(":"):
        cursor.refuse("R112", cursor.whole(), heading=heading)


def _every(cursor: Cursor, draft: BlockDraft) -> None:
    cursor.need("escalation", "finds", "a", "rule")


def _hours(cursor: Cursor, draft: BlockDraft) -> None:
    draft.name = cursor.name("a name for the hours")
    cursor.need("are")
    draft.spans.append(_span(cursor))
    while cursor.take("and"):
        draft.spans.append(_span(cursor))
    if cursor.take("in"):
        token = cursor.next_token("a time zone")
        draft.zone = Phrase(token.text, cursor.since(cursor.index - 1))
    if cursor.take(",", "except", "holidays") or cursor.take("except", "holidays"):
        draft.holidays = cursor.name("a holiday calendar")


def _span(cursor: Cursor) -> DaySpan:
    start = cursor.index
    first = _day(cursor)
    last = _day(cursor) if cursor.take("to") else first
    begin = time_of_day(cursor)
    cursor.need("to")
    end = time_of_day(cursor)
    if begin >= end:
        cursor.refuse("R129", cursor.since(start), found=cursor.text(start))
    return DaySpan(days_between(first, last), begin, end, cursor.since(start))


def _day(cursor: Cursor) -> int:
    token = cursor.next_token("a day")
    day = day_number(token.text)
    if day is None:
        cursor.index -= 1
        cursor.refuse("R121", found=token.written, expected="a day such as Mon")
    return day


def _misspelled(cursor: Cursor, inside: BlockKind | None) -> BlockDraft | None:
    """Recognize a misspelled heading by its form: a word followed by a name, or a word alone on its line."""
    tokens = cursor.tokens
    if tokens[0].kind is not TokenKind.BARE:
        return None
    with_name = len(tokens) == 2 and tokens[1].kind is TokenKind.NAME
    candidates = tuple(_NAMED) if with_name else (*_ALONE, "otherwise") if len(tokens) == 1 else ()
    near = nearest(tokens[0].text, candidates)
    if near is None:
        return None
    kind = (_NAMED | _ALONE | {"otherwise": BlockKind.OTHERWISE})[near]
    cursor.index = 1
    draft = BlockDraft(kind, cursor.place(0, 1))
    if with_name and tokens[1].text:
        draft.name = cursor.name("a name")
    instead = " ".join([near, *(token.written for token in tokens[1:])])
    draft.heading_error = diagnostic("R113", cursor.place(0, 1), found=tokens[0].text, nearest=instead)
    return draft
