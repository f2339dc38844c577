"""A name of the directory changes: where a file says it, the file with the new one, and what else would break."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Literal

from rules_dsl.analysis.check import check_rules
from rules_dsl.compiler.lower_actions import PRODUCT_AREA
from rules_dsl.directory import Directory
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.formatter.format import format_rules
from rules_dsl.syntax.diagnostics import Diagnostic
from rules_dsl.syntax.parser import parse_rules
from rules_dsl.syntax.tokens import Token, TokenKind, read_lines
from rules_dsl.syntax.tree import ExpectedOutcome, Setting
from rules_dsl.syntax.tree_actions import IfNobody, SkillPhrase, TargetPhrase
from rules_dsl.syntax.tree_conditions import Phrase, Place

NameKind = Literal["team", "title", "skill"]


@dataclass(frozen=True)
class NameUse:
    """One place of a file that says a name."""

    line: int
    """1-based."""
    text: str
    """The whole line as written, without its indent."""


def places_named(text: str, kind: NameKind, name: str) -> tuple[NameUse, ...]:
    """The lines that name this team, title or skill, in their order; each once."""
    lines = {place.line for place in _places(text, kind, name)}
    return tuple(NameUse(line.number, line.text.strip()) for line in read_lines(text) if line.number in lines)


def replace_name(text: str, kind: NameKind, was: str, becomes: str) -> str:
    """The text with one name said otherwise and every other letter kept, finished or not: for drafts."""
    places = {(place.line, place.column): place for place in _places(text, kind, was)}
    if not places:
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for (number, column), place in sorted(places.items(), reverse=True):
        line = lines[number - 1]
        lines[number - 1] = f'{line[: column - 1]}"{becomes}"{line[column - 1 + place.length :]}'
    return "\n".join(lines)


def rename(text: str, kind: NameKind, was: str, becomes: str) -> str:
    """A whole file with one name said otherwise, written by the formatter; unchanged where it does not say it.

    Raises ``RulesRefused`` where a line of it is not understood.
    """
    replaced = replace_name(text, kind, was, becomes)
    return text if replaced == text else format_rules(replaced)


def decides_alike(before: Ruleset, after: Ruleset) -> bool:
    """Whether two rulesets are the same but for the words they are written in: then no decision differs."""
    return _without_words(before) == _without_words(after)


def asks_area_skills(ruleset: Ruleset) -> bool:
    """Whether a rule looks for the skill that is named like the escalation's product area."""
    kinds = (want.kind.value for rule in ruleset.rules for wants in (rule.requires, *rule.prefers) for want in wants)
    drops = any(step.kind.value == "drop_skill" and step.skill is None for rule in ruleset.rules for step in rule.steps)
    return drops or "skill of this product area" in kinds


def area_named(directory: Directory, skill: str) -> bool:
    """Whether a product area has this name, so that a skill of this name belongs to it."""
    fact = directory.fact_named(PRODUCT_AREA)
    return fact is not None and skill.lower() in (value.lower() for value in fact.values)


_WORDS = {"text", "line", "lines", "version", "vocabulary"}


def _without_words(node: object) -> object:
    if isinstance(node, Ruleset) and not asks_area_skills(node):
        node = replace(node, area_skills=())
    if is_dataclass(node):
        said = (getattr(node, field.name) for field in fields(node) if field.name not in _WORDS)
        return (type(node).__name__, *(_without_words(one) for one in said))
    if isinstance(node, tuple):
        return tuple(_without_words(one) for one in node)
    return node


def may_name(text: str, kind: NameKind, name: str) -> bool:
    """Whether a line has this name in quotes and the kind's word: quick, and too often rather than too seldom."""
    return any(
        any(token.low == kind for token in line.tokens) and any(_is_name(token, name) for token in line.tokens)
        for line in read_lines(text)
    )


def _is_name(token: Token, name: str) -> bool:
    return token.kind is TokenKind.NAME and token.text == name


def _places(text: str, kind: NameKind, name: str) -> Iterator[Place]:
    lines = {line.number for line in read_lines(text) if any(_is_name(token, name) for token in line.tokens)}
    for block in parse_rules(text).tree.blocks if lines else ():
        # A sentence that stands in many lines is one tree: only the line itself knows where it stands.
        said = [(one, line.at.line) for line in block.do if line.at.line in lines for one in _names(line)]
        said += [(one, one[1].at.line) for part in (block.settings, block.outcomes) for one in _names(part)]
        for (found, phrase), line in said:
            if found == kind and phrase.text == name:
                yield phrase.at.on(line)


def _names(node: object) -> Iterator[tuple[str, Phrase]]:
    """Every name of the directory in a tree, with its kind."""
    match node:
        case TargetPhrase(team, titles):
            if team is not None:
                yield "team", team
            yield from (("title", title) for title in titles)
        case SkillPhrase(name=Phrase() as name):
            yield "skill", name
        case IfNobody(skill=Phrase() as name):
            yield "skill", name
        case ExpectedOutcome(kind="team" | "title" as kind, names=names):
            yield from ((kind, name) for name in names)
        case Setting(key="title calls", name=Phrase() as name):
            yield "title", name
    if isinstance(node, tuple) and not isinstance(node, Place):
        for one in node:
            yield from _names(one)
    elif is_dataclass(node) and not isinstance(node, Phrase):
        for field in fields(node):
            yield from _names(getattr(node, field.name))


def broken_lines(text: str, before: Directory, after: Directory) -> tuple[Diagnostic, ...]:
    """The errors that the file would have with the directory ``after`` and has not with the one ``before``."""
    standing = {(one.code, one.line, one.column) for one in check_rules(text, before)}
    return tuple(
        one
        for one in check_rules(text, after)
        if one.severity == "error" and (one.code, one.line, one.column) not in standing
    )
