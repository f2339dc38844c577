"""Parses conditions: what follows ``when``, ``and``, ``or when`` and ``unless``, one per line."""

from __future__ import annotations

import re

from rules_dsl.syntax.cursor import Cursor
from rules_dsl.syntax.tokens import Line, TokenKind, cached_by_line, tokenize
from rules_dsl.syntax.tree_conditions import (
    Comparator,
    Condition,
    DefinedHolds,
    FactBetween,
    FactCompares,
    FactHolds,
    FactIs,
    FactKnown,
    HoursHold,
    Lead,
    Phrase,
    Place,
    TagsInclude,
    WhenSentence,
)

_SIGNS = re.compile(r"[<>=!&|()+*/]+|.*(==|<=|>=|!=|&&|\|\|).*")
_SIGN = re.compile(r"[<>=!&|()+*/]")
_INSIDE = (("during", True), ("outside", False))
_TIMED = frozenset(token for token, _ in _INSIDE)
_JOINS = frozenset({"and", "or"})
_IS = frozenset({"is", "are"})
_VERBS = _IS | {"include", "includes", "do", "does"}
_COMPARISONS: dict[tuple[str, ...], Comparator] = {
    ("at", "least"): Comparator.AT_LEAST,
    ("at", "most"): Comparator.AT_MOST,
    ("over",): Comparator.OVER,
    ("more", "than"): Comparator.OVER,
    ("under",): Comparator.UNDER,
    ("less", "than"): Comparator.UNDER,
}
_FIRST_OF_COMPARISONS = frozenset(tokens[0] for tokens in _COMPARISONS)
_NOT_A_VALUE = _FIRST_OF_COMPARISONS | {"known", "unknown", "not", "between"}
_TAG_WORDS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("include",), False),
    (("includes",), False),
    (("do", "not", "include"), True),
    (("does", "not", "include"), True),
)
_LEADS = {"when": Lead.WHEN, "and": Lead.AND, "unless": Lead.UNLESS}
_EXAMPLES = {lead.value.partition(" ")[0]: f"{lead.value} priority is urgent" for lead in Lead}


def lead_of(line: Line) -> Lead | None:
    """The lead of a condition line; None if the line isn't a condition."""
    first = line.tokens[0].low
    if first == "or":
        return Lead.OR_WHEN if len(line.tokens) > 1 and line.tokens[1].low == "when" else None
    return _LEADS.get(first)


@cached_by_line
def when_sentence(raw: str) -> WhenSentence:
    """Parse a line that begins with a lead. Raises ``BadLine``."""
    line = Line(0, tokenize(raw)[0], None, raw)
    lead = lead_of(line) or Lead.WHEN
    start = 2 if lead is Lead.OR_WHEN else 1
    cursor = Cursor(line, start, _EXAMPLES[line.tokens[0].low])
    if lead is Lead.WHEN and cursor.take("anything"):
        cursor.end()
        return WhenSentence(lead, None, "anything", cursor.whole())
    condition = read_condition(cursor)
    return WhenSentence(lead, condition, cursor.text(start), cursor.since(start))


def read_condition(cursor: Cursor) -> Condition:
    """Parse a condition up to the end of the line. Raises ``BadLine``."""
    start = cursor.index
    if cursor.done:
        cursor.refuse("R105", cursor.whole(), expected="a condition")
    _refuse_signs(cursor)
    for token, inside in _INSIDE if cursor.sees_any(_TIMED) else ():
        if cursor.take(token):
            cursor.example = f'{cursor.line.tokens[0].text} {token} hours "office"'
            cursor.need("hours")
            hours = cursor.name("the name of opening hours")
            cursor.end()
            return HoursHold(hours, inside, cursor.since(start))
    negated = cursor.take("not")
    if cursor.sees_name():
        name = cursor.name("a name")
        _end_condition(cursor)
        return DefinedHolds(name, negated, cursor.since(start))
    fact = _fact(cursor, start)
    if cursor.done:
        return FactHolds(fact, negated, cursor.since(start))
    if negated:
        cursor.refuse("R127", cursor.place(start, len(cursor.tokens)), found=fact.text)
    return _about(cursor, fact, start)


def _refuse_signs(cursor: Cursor) -> None:
    if not _SIGN.search(cursor.line.text):
        return
    for at in range(cursor.index, len(cursor.tokens)):
        if cursor.tokens[at].kind is TokenKind.BARE and _SIGNS.fullmatch(cursor.tokens[at].text):
            cursor.refuse("R120", cursor.place(at, at + 1), found=cursor.tokens[at].text)


def _fact(cursor: Cursor, start: int) -> Phrase:
    """The name of a fact: the words up to ``is`` or ``include``."""
    first, joined = cursor.index, False
    for token in cursor.tokens[first:]:
        if token.low in _VERBS and (token.low in _IS or any(cursor.sees(*tokens) for tokens, _ in _TAG_WORDS)):
            break
        if token.kind is not TokenKind.BARE:
            cursor.refuse("R118", cursor.place(start, len(cursor.tokens)), found=cursor.text(start, len(cursor.tokens)))
        joined = joined or token.low in _JOINS
        cursor.index += 1
    if cursor.index == first:
        cursor.refuse_expected("the name of a fact")
    if joined:
        _refuse_second(cursor, first)
    return Phrase(cursor.text(first), cursor.since(first))


def _refuse_second(cursor: Cursor, first: int) -> None:
    for at in range(first, len(cursor.tokens)):
        if (low := cursor.tokens[at].low) in ("and", "or"):
            rest = cursor.text(at + 1, len(cursor.tokens)) or "…"
            lead = "and" if low == "and" else "or when"
            cursor.refuse("R119", cursor.place(at, len(cursor.tokens)), instead=f"{lead} {rest}", found=low)


def _about(cursor: Cursor, fact: Phrase, start: int) -> Condition:
    for tokens, negated in () if cursor.sees_any(_IS) else _TAG_WORDS:
        if cursor.take(*tokens):
            return _tags(cursor, fact, negated, start)
    cursor.index += 1
    if not cursor.sees_any(_NOT_A_VALUE):
        return FactIs(fact, _values(cursor), False, cursor.since(start))
    if cursor.take("known"):
        return _ended(cursor, FactKnown(fact, True, cursor.since(start)))
    if cursor.take("unknown") or cursor.take("not", "known"):
        return _ended(cursor, FactKnown(fact, False, cursor.since(start)))
    if cursor.take("between"):
        low = _amount(cursor, ("and",))
        cursor.need("and")
        high = _amount(cursor, ())
        return _ended(cursor, FactBetween(fact, low, high, cursor.since(start)))
    for tokens, comparison in _COMPARISONS.items() if cursor.sees_any(_FIRST_OF_COMPARISONS) else ():
        if cursor.take(*tokens):
            value = _amount(cursor, ("and", "or"))
            return _ended(cursor, FactCompares(fact, comparison, value, cursor.since(start)))
    negated = cursor.take("not")
    values = _values(cursor)
    return FactIs(fact, values, negated, cursor.since(start))


def _ended(cursor: Cursor, condition: Condition) -> Condition:
    _end_condition(cursor)
    return condition


def _end_condition(cursor: Cursor) -> None:
    if cursor.sees_any(_JOINS):
        _refuse_second(cursor, cursor.index)
    cursor.end()


def _amount(cursor: Cursor, stops: tuple[str, ...]) -> Phrase:
    cursor.refuse_comma()
    return _value(cursor, stops)


def _value(cursor: Cursor, stops: tuple[str, ...]) -> Phrase:
    start = cursor.index
    tokens, last = cursor.tokens, len(cursor.tokens)
    while cursor.index < last and (low := tokens[cursor.index].low) != "," and low not in stops:
        cursor.index += 1
    if cursor.index == start:
        cursor.refuse_expected("a value")
    quoted = cursor.tokens[start].kind is TokenKind.NAME
    text = cursor.tokens[start].text if quoted and cursor.index == start + 1 else cursor.text(start)
    return Phrase(text, cursor.since(start), quoted)


def _values(cursor: Cursor) -> tuple[Phrase, ...]:
    values: list[Phrase] = []
    while True:
        start = cursor.index
        value = _value(cursor, ("or", "and"))
        if len(values) and any(token.low in ("is", "include") for token in cursor.tokens[start : cursor.index]):
            _refuse_second(cursor, start - 1)
            cursor.refuse("R106", cursor.since(start), found=cursor.text(start), expected="a value")
        values.append(value)
        if cursor.done:
            return tuple(values)
        low = cursor.tokens[cursor.index].low
        if low == "and":
            _refuse_second(cursor, cursor.index)
        cursor.index += 1
        if low == ",":
            cursor.take("or")


def _tags(cursor: Cursor, fact: Phrase, negated: bool, start: int) -> TagsInclude:
    cursor.example = 'when tags include "safety"'
    tags = [_tag(cursor)]
    joins: set[str] = set()
    while not cursor.done:
        comma = cursor.take(",")
        for join in ("or", "and"):
            if cursor.take(join):
                joins.add(join)
                break
        else:
            if not comma:
                cursor.end()
        tags.append(_tag(cursor))
    if len(joins) == 2:
        cursor.refuse("R128", _tag_place(tags))
    return TagsInclude(fact, tuple(tags), joins == {"and"}, negated, cursor.since(start))


def _tag(cursor: Cursor) -> Phrase:
    if not cursor.done and cursor.tokens[cursor.index].kind is TokenKind.BARE:
        low = cursor.tokens[cursor.index].low
        if low not in ("and", "or") and not any(token.low == "is" for token in cursor.tokens[cursor.index :]):
            token = cursor.next_token("a tag")
            cursor.refuse("R103", cursor.since(cursor.index - 1), found=token.text, expected="a tag")
        _refuse_second(cursor, max(0, cursor.index - 1))
    return cursor.name("a tag")


def _tag_place(tags: list[Phrase]) -> Place:
    first, last = tags[0].at, tags[-1].at
    return Place(first.line, first.column, last.column + last.length - first.column)
