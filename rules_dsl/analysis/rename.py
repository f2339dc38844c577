"""Supports renaming in the directory: finds where a file uses a name, replaces it, reports what else would break."""

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
    """A line in which a file uses a name."""

    line: int
    """1-based."""
    text: str
    """The line as written, without surrounding spaces."""


def name_uses(text: str, kind: NameKind, name: str) -> tuple[NameUse, ...]:
    """The lines that use the name of a team, title or skill, in order and without repeats."""
    lines = {place.line for place in _places(text, kind, name)}
    return tuple(NameUse(line.number, line.text.strip()) for line in read_lines(text) if line.number in lines)


def replace_name(text: str, kind: NameKind, was: str, becomes: str) -> str:
    """Replace a name and nothing else, except that line endings become newlines. Works on unfinished drafts too."""
    places = {(place.line, place.column): place for place in _places(text, kind, was)}
    if not places:
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for (number, column), place in sorted(places.items(), reverse=True):
        line = lines[number - 1]
        lines[number - 1] = f'{line[: column - 1]}"{becomes}"{line[column - 1 + place.length :]}'
    return "\n".join(lines)


def rename(text: str, kind: NameKind, was: str, becomes: str) -> str:
    """Replace a name and format the file; a file that doesn't use the name is returned unchanged.

    Raises ``RulesRefused`` if a line is not understood.
    """
    replaced = replace_name(text, kind, was, becomes)
    return text if replaced == text else format_rules(replaced)


def same_decisions(before: Ruleset, after: Ruleset) -> bool:
    """Whether two rulesets differ at most in wording, so that every decision is the same."""
    return _without_wording(before) == _without_wording(after)


def uses_area_skills(ruleset: Ruleset) -> bool:
    """Whether a rule uses ``skill of this product area``, the skill named after the product area."""
    groups = (references for rule in ruleset.rules for references in (rule.requires, *rule.prefers))
    kinds = (reference.kind.value for references in groups for reference in references)
    drops = any(step.kind.value == "drop_skill" and step.skill is None for rule in ruleset.rules for step in rule.steps)
    return drops or "skill of this product area" in kinds


def is_area_skill(directory: Directory, skill: str) -> bool:
    """Whether a product area has the skill's name, so that ``skill of this product area`` may refer to the skill."""
    fact = directory.fact_named(PRODUCT_AREA)
    return fact is not None and skill.lower() in (value.lower() for value in fact.values)


_WORDING_FIELDS = {"text", "line", "lines", "version", "vocabulary"}


def _without_wording(node: object) -> object:
    if isinstance(node, Ruleset) and not uses_area_skills(node):
        node = replace(node, area_skills=())
    if is_dataclass(node):
        values = (getattr(node, field.name) for field in fields(node) if field.name not in _WORDING_FIELDS)
        return (type(node).__name__, *(_without_wording(value) for value in values))
    if isinstance(node, tuple):
        return tuple(_without_wording(part) for part in node)
    return node


def may_name(text: str, kind: NameKind, name: str) -> bool:
    """Whether any line contains the kind's keyword and the quoted name: a quick check that may give false positives."""
    return any(
        any(token.low == kind for token in line.tokens) and any(_is_name(token, name) for token in line.tokens)
        for line in read_lines(text)
    )


def _is_name(token: Token, name: str) -> bool:
    return token.kind is TokenKind.NAME and token.text == name


def _places(text: str, kind: NameKind, name: str) -> Iterator[Place]:
    lines = {line.number for line in read_lines(text) if any(_is_name(token, name) for token in line.tokens)}
    for block in parse_rules(text).tree.blocks if lines else ():
        # Repeated sentences share a tree, so the line number must come from the line.
        uses = [(use, line.at.line) for line in block.actions if line.at.line in lines for use in _names(line)]
        uses += [(use, use[1].at.line) for part in (block.settings, block.outcomes) for use in _names(part)]
        for (kind_of_use, phrase), line in uses:
            if kind_of_use == kind and phrase.text == name:
                yield phrase.at.on(line)


def _names(node: object) -> Iterator[tuple[str, Phrase]]:
    """Yield every directory name in a tree, with its kind."""
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
        case Setting(key="title calls" | "follow up", name=Phrase() as name):
            yield "title", name
    if isinstance(node, tuple) and not isinstance(node, Place):
        for one in node:
            yield from _names(one)
    elif is_dataclass(node) and not isinstance(node, Phrase):
        for field in fields(node):
            yield from _names(getattr(node, field.name))


def broken_lines(text: str, before: Directory, after: Directory) -> tuple[Diagnostic, ...]:
    """The errors that a file has with the directory ``after`` but not with ``before``."""
    existing = {(one.code, one.line, one.column) for one in check_rules(text, before)}
    return tuple(
        one
        for one in check_rules(text, after)
        if one.severity == "error" and (one.code, one.line, one.column) not in existing
    )
