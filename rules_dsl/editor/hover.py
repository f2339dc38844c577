"""What stands at a place of a rules file, told to whoever points at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules_dsl.directory import Directory
from rules_dsl.directory.facts import kind_of_fact
from rules_dsl.editor.meanings import MEANINGS
from rules_dsl.syntax.tokens import Token, TokenKind, tokenize

_LINE_END = re.compile(r"\r\n|\n|\r")
_LONGEST = 6
"""Words of the longest phrase with a meaning."""


@dataclass(frozen=True)
class Hover:
    text: str
    start: int
    """Offsets into the text, in characters (code points)."""
    end: int


def hover(text: str, offset: int, directory: Directory) -> Hover | None:
    """None in comments, in free text, and between words. Never raises."""
    line_start = 0
    for found in _LINE_END.finditer(text, 0, max(0, offset)):
        line_start = found.end()
    line = _LINE_END.split(text[line_start:], maxsplit=1)[0]
    tokens, _ = tokenize(line)
    at = next(
        (
            at
            for at, token in enumerate(tokens)
            if token.column - 1 <= offset - line_start < token.column - 1 + token.length
        ),
        None,
    )
    if at is None:
        return None
    for first, last, told in _candidates(tokens, at, directory):
        start = line_start + tokens[first].column - 1
        return Hover(told, start, line_start + tokens[last].column - 1 + tokens[last].length)
    return None


def _candidates(tokens: Sequence[Token], at: int, directory: Directory) -> Iterator[tuple[int, int, str]]:
    """First and last word, and what to tell: a name, then a fact, then the longest phrase with a meaning."""
    if tokens[at].kind is TokenKind.NAME:
        told = _name(tokens, at, directory)
        if told:
            yield at, at, told
        return
    spans = [
        (first, last)
        for length in range(_LONGEST, 0, -1)
        for first in range(max(0, at - length + 1), at + 1)
        if (last := first + length - 1) < len(tokens) and last >= at
    ]
    for first, last in spans:
        fact = _fact(_said(tokens, first, last), directory)
        if fact:
            yield first, last, fact
    for first, last in spans:
        told = MEANINGS.get(_said(tokens, first, last), "")
        if told:
            yield first, last, told


def _said(tokens: Sequence[Token], first: int, last: int) -> str:
    return " ".join(token.low for token in tokens[first : last + 1]).replace(" ,", ",").replace("’", "'")


def _fact(said: str, directory: Directory) -> str:
    for fact in directory.facts:
        if fact.name.lower() == said:
            return f"{fact.name}: {kind_of_fact(fact)}{'' if fact.may_be_missing else '; always known'}"
    return ""


def _name(tokens: Sequence[Token], at: int, directory: Directory) -> str:
    """Who is in a team, has a title or a skill."""
    name = tokens[at].text
    kind = next((token.low for token in reversed(tokens[:at]) if token.low in ("team", "title", "skill")), "")
    if kind == "team" and (team := directory.team_named(name)) is not None:
        titles = {title.id: title.name for title in directory.titles}
        there = [titles[person.title] for person in directory.people if person.team == team.id]
        counted = ", ".join(f"{there.count(title)} {title}" for title in dict.fromkeys(there))
        return f"team {name}: {counted or 'nobody'}"
    if kind == "title" and (title := directory.title_named(name)) is not None:
        return f"title {name}: {sum(person.title == title.id for person in directory.people)} people"
    if kind == "skill" and (skill := directory.skill_named(name)) is not None:
        return f"skill {name}: {sum(skill.id in person.skills for person in directory.people)} people have it"
    return ""
