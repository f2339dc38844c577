"""Lowers a file to a ruleset: names, structure, defaults. Reports all errors and raises none."""

from __future__ import annotations

import hashlib
import json

from rules_dsl.compiler.lower_actions import PRODUCT_AREA, check_lines, lower_rule, with_defaults
from rules_dsl.compiler.lower_conditions import lower_when
from rules_dsl.compiler.lower_definitions import lower_definitions
from rules_dsl.compiler.lower_settings import (
    check_agent_reminders,
    lower_booking,
    lower_calls,
    lower_feedback,
    lower_hours,
    lower_limits,
    lower_links,
    lower_reminders,
    zone_of,
)
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.compiler.structure import check_structure
from rules_dsl.evaluation.explain import Vocabulary
from rules_dsl.evaluation.program import ALWAYS, Rule, When
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.syntax.tokens import canonical_text
from rules_dsl.syntax.tree import BlockKind, RulesFile
from rules_dsl.syntax.tree_actions import ActionLine

NEVER = When(())


def lower_file(names: Names, tree: RulesFile, text: str) -> Ruleset:
    """Compile a file. Use the ruleset only if ``names.has_errors`` is false."""
    zone = zone_of(names, tree)
    lower_hours(names, tree, zone)
    lower_definitions(names, tree)
    rules = _rules(names, tree)
    booking, limits = lower_booking(names, tree), lower_limits(names, tree)
    calls, reminders = lower_calls(names, tree), lower_reminders(names, tree)
    feedback, links = lower_feedback(names, tree), lower_links(names, tree)
    prepares = [rule.prepare for rule in rules if rule.prepare is not None]
    if len(prepares) < len(rules):
        prepares.append(calls.prepare)
    check_agent_reminders(names, tree, max(prepares, default=0))
    check_structure(names, tree)
    return Ruleset(
        version=_version(text, names),
        time_zone=zone,
        rules=rules,
        limits=limits,
        booking=booking,
        calls=calls,
        reminders=reminders,
        feedback=feedback,
        links=links,
        area_skills=_area_skills(names),
        vocabulary=Vocabulary(names.directory.facts, names.directory.currency),
    )


def _rules(names: Names, tree: RulesFile) -> tuple[Rule, ...]:
    """The rules in file order, ``otherwise`` last."""
    default: tuple[ActionLine, ...] = tuple(line for block in tree.of(BlockKind.DEFAULT) for line in block.actions)
    check_lines(names, default)
    rules: list[Rule] = []
    silent = names.silent()
    for block in (*tree.of(BlockKind.RULE), *tree.of(BlockKind.OTHERWISE)):
        check_lines(names, block.actions)
        fallback = block.kind is BlockKind.OTHERWISE
        when = ALWAYS if fallback else lower_when(names, block.when)
        name = "otherwise" if fallback else block.name.text if block.name else ""
        rules.append(lower_rule(silent, name, block, when or NEVER, with_defaults(block.actions, default)))
    return tuple(rules)


def _area_skills(names: Names) -> tuple[tuple[str, int], ...]:
    fact = names.directory.fact_named(PRODUCT_AREA)
    skills = {skill.name.lower(): skill.id for skill in names.directory.skills}
    return tuple((value, skills[value.lower()]) for value in (fact.values if fact else ()) if value.lower() in skills)


def _version(text: str, names: Names) -> str:
    used = json.dumps(sorted(names.used), ensure_ascii=False)
    return hashlib.sha256(f"{canonical_text(text)}\n{used}".encode("utf-8", "surrogatepass")).hexdigest()
