"""The rules language: turns a text that a support manager can read aloud into decisions and lists of people to ask.

A module is imported when one of its names is first used, so that a terminal command loads only what it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules_dsl.analysis.check import check_rules, compile_rules, draft_rules
    from rules_dsl.analysis.diff import Change, Move, compare_rules
    from rules_dsl.analysis.examples import examples_of
    from rules_dsl.analysis.rename import (
        NameKind,
        broken_lines,
        is_area_skill,
        may_name,
        name_uses,
        rename,
        replace_name,
        same_decisions,
        uses_area_skills,
    )
    from rules_dsl.directory import Directory, Facts
    from rules_dsl.directory.fact_types import MOST_FACTS, FactTypeProblem, fact_type_problem
    from rules_dsl.directory.facts import KINDS, FactRefused, kind_of_fact, read_facts, value_from_text
    from rules_dsl.editor.completion import Completion, complete
    from rules_dsl.editor.hover import hover
    from rules_dsl.evaluation.escalation_steps import EscalationStep, escalation_steps, on_shift
    from rules_dsl.evaluation.index import RuleIndex, index_of
    from rules_dsl.evaluation.people_masks import PeopleMasks
    from rules_dsl.evaluation.pools import pool, requirements_after
    from rules_dsl.evaluation.program import Clause, InHours, IsDefined, Rule, When
    from rules_dsl.evaluation.ranking import hash_of_escalation, order_key, order_values, order_words, rank
    from rules_dsl.evaluation.ruleset import LANGUAGE, PRODUCT_AREA, NoRuleApplies, Ruleset
    from rules_dsl.formatter.format import FormattingFailed, format_rules
    from rules_dsl.model.hours import is_open, wall_instant, working_days_after
    from rules_dsl.syntax.diagnostics import Diagnostic, RulesRefused, render
    from rules_dsl.syntax.parser import ParseResult, parse_rules
    from rules_dsl.syntax.quick_fixes import Fix, quick_fixes
    from rules_dsl.syntax.tree import Block, BlockKind
    from rules_dsl.syntax.tree_actions import SkillKind

__all__ = [
    "KINDS",
    "LANGUAGE",
    "MOST_FACTS",
    "PRODUCT_AREA",
    "Block",
    "BlockKind",
    "Change",
    "Clause",
    "Completion",
    "Diagnostic",
    "Directory",
    "EscalationStep",
    "FactRefused",
    "FactTypeProblem",
    "Facts",
    "Fix",
    "FormattingFailed",
    "InHours",
    "IsDefined",
    "Move",
    "NameKind",
    "NoRuleApplies",
    "ParseResult",
    "PeopleMasks",
    "Rule",
    "RuleIndex",
    "RulesRefused",
    "Ruleset",
    "SkillKind",
    "When",
    "broken_lines",
    "check_rules",
    "compare_rules",
    "compile_rules",
    "complete",
    "draft_rules",
    "escalation_steps",
    "examples_of",
    "fact_type_problem",
    "format_rules",
    "hash_of_escalation",
    "hover",
    "index_of",
    "is_area_skill",
    "is_open",
    "kind_of_fact",
    "may_name",
    "name_uses",
    "on_shift",
    "order_key",
    "order_values",
    "order_words",
    "parse_rules",
    "pool",
    "quick_fixes",
    "rank",
    "read_facts",
    "rename",
    "render",
    "replace_name",
    "requirements_after",
    "same_decisions",
    "uses_area_skills",
    "value_from_text",
    "wall_instant",
    "working_days_after",
]

_NAMES_BY_MODULE = {
    "analysis.check": (
        "check_rules",
        "compile_rules",
        "draft_rules",
    ),
    "analysis.diff": (
        "Change",
        "Move",
        "compare_rules",
    ),
    "analysis.examples": ("examples_of",),
    "analysis.rename": (
        "NameKind",
        "is_area_skill",
        "uses_area_skills",
        "broken_lines",
        "same_decisions",
        "may_name",
        "name_uses",
        "rename",
        "replace_name",
    ),
    "directory": (
        "Directory",
        "Facts",
    ),
    "directory.fact_types": (
        "MOST_FACTS",
        "FactTypeProblem",
        "fact_type_problem",
    ),
    "directory.facts": (
        "FactRefused",
        "KINDS",
        "read_facts",
        "value_from_text",
        "kind_of_fact",
    ),
    "editor.completion": (
        "Completion",
        "complete",
    ),
    "editor.hover": ("hover",),
    "evaluation.escalation_steps": (
        "EscalationStep",
        "escalation_steps",
        "on_shift",
    ),
    "evaluation.index": (
        "RuleIndex",
        "index_of",
    ),
    "evaluation.people_masks": ("PeopleMasks",),
    "evaluation.pools": (
        "requirements_after",
        "pool",
    ),
    "evaluation.program": (
        "Clause",
        "InHours",
        "IsDefined",
        "Rule",
        "When",
    ),
    "evaluation.ranking": (
        "hash_of_escalation",
        "order_key",
        "order_values",
        "order_words",
        "rank",
    ),
    "evaluation.ruleset": (
        "LANGUAGE",
        "NoRuleApplies",
        "PRODUCT_AREA",
        "Ruleset",
    ),
    "formatter.format": (
        "FormattingFailed",
        "format_rules",
    ),
    "model.hours": (
        "is_open",
        "wall_instant",
        "working_days_after",
    ),
    "syntax.diagnostics": (
        "Diagnostic",
        "RulesRefused",
        "render",
    ),
    "syntax.parser": (
        "ParseResult",
        "parse_rules",
    ),
    "syntax.quick_fixes": (
        "Fix",
        "quick_fixes",
    ),
    "syntax.tree": (
        "Block",
        "BlockKind",
    ),
    "syntax.tree_actions": ("SkillKind",),
}
_MODULES = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
