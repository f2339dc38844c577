"""The examples in a file's expectations, for other uses, such as comparing drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules_dsl.compiler.expectations import example_moment, given_facts
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, Facts
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.syntax.parser import parse_rules
from rules_dsl.syntax.tree import BlockKind


@dataclass(frozen=True)
class Example:
    name: str
    facts: Facts
    moment: datetime
    """In UTC."""


def examples_of(text: str, ruleset: Ruleset, directory: Directory) -> tuple[Example, ...]:
    """The examples in a text that compiles to ``ruleset``. Examples with an unknown fact are omitted."""
    found: list[Example] = []
    for block in parse_rules(text).tree.of(BlockKind.EXPECT):
        names = Names(directory, [])
        facts = given_facts(names, block)
        if block.name is not None and not names.diagnostics:
            found.append(Example(block.name.text, facts, example_moment(ruleset, block.moment)))
    return tuple(found)
