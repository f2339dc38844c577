"""Hover: an explanation of the phrase at a position in a rules file."""

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
"""Maximum number of words in a phrase that has a meaning."""


@dataclass(frozen=True)
class Hover:
    """An explanation and the phrase that it explains."""

    text: str
    start: int
    """Offsets into the text, in characters (code points)."""
    end: int


def hover(text: str, offset: int, directory: Directory) -> Hover | None:
    """The explanation at an offset; None in comments, in free text, and between words. Never raises."""
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
    for first, last, explanation in _candidates(tokens, at, directory):
        start = line_start + tokens[first].column - 1
        return Hover(explanation, start, line_start + tokens[last].column - 1 + tokens[last].length)
    return None


def _candidates(tokens: Sequence[Token], at: int, directory: Directory) -> Iterator[tuple[int, int, str]]:
    """Yield the first token, last token and explanation of a name, a fact, or the longest phrase that has a meaning."""
    if tokens[at].kind is TokenKind.NAME:
        explanation = _name(tokens, at, directory)
        if explanation:
            yield at, at, explanation
        return
    spans = [
        (first, last)
        for length in range(_LONGEST, 0, -1)
        for first in range(max(0, at - length + 1), at + 1)
        if (last := first + length - 1) < len(tokens) and last >= at
    ]
    for first, last in spans:
        fact = _fact(_phrase(tokens, first, last), directory)
        if fact:
            yield first, last, fact
    for first, last in spans:
        explanation = MEANINGS.get(_phrase(tokens, first, last), "")
        if explanation:
            yield first, last, explanation


def _phrase(tokens: Sequence[Token], first: int, last: int) -> str:
    return " ".join(token.low for token in tokens[first : last + 1]).replace(" ,", ",").replace("’", "'")


def _fact(name: str, directory: Directory) -> str:
    for fact in directory.facts:
        if fact.name.lower() == name:
            return f"{fact.name}: {kind_of_fact(fact)}{'' if fact.may_be_missing else '; always known'}"
    return ""


def _name(tokens: Sequence[Token], at: int, directory: Directory) -> str:
    """How many people are in a team, or have a title or a skill; empty for other names."""
    name = tokens[at].text
    kind = next((token.low for token in reversed(tokens[:at]) if token.low in ("team", "title", "skill")), "")
    if kind == "team" and (team := directory.team_named(name)) is not None:
        titles = {title.id: title.name for title in directory.titles}
        in_team = [titles[person.title] for person in directory.people if person.team == team.id]
        counts = ", ".join(f"{in_team.count(title)} {title}" for title in dict.fromkeys(in_team))
        return f"team {name}: {counts or 'nobody'}"
    if kind == "title" and (title := directory.title_named(name)) is not None:
        return f"title {name}: {sum(person.title == title.id for person in directory.people)} people"
    if kind == "skill" and (skill := directory.skill_named(name)) is not None:
        return f"skill {name}: {sum(skill.id in person.skills for person in directory.people)} people have it"
    return ""
