"""The rules language: from a text that a support manager reads aloud to a decision, and who may be asked.

A name's module is loaded when the name is first asked for, so that a command at a terminal pays for what it runs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules_dsl.analysis.check import check_rules, compile_rules, draft_rules
    from rules_dsl.analysis.diff import Change, Move, compare_rules
    from rules_dsl.directory import Directory, Facts
    from rules_dsl.directory.facts import FactRefused, read_facts, sent_as
    from rules_dsl.evaluation.pools import asked_after, pool
    from rules_dsl.evaluation.ranking import order_values, rank
    from rules_dsl.evaluation.ruleset import NoRuleApplies, Ruleset
    from rules_dsl.formatter.format import FormattingFailed, format_rules
    from rules_dsl.model.hours import is_open, wall_instant, working_days_after
    from rules_dsl.syntax.diagnostics import Message, RulesRefused, render
    from rules_dsl.syntax.parser import ParseResult, parse_rules

__all__ = [
    "Change",
    "Directory",
    "FactRefused",
    "Facts",
    "FormattingFailed",
    "Message",
    "Move",
    "NoRuleApplies",
    "ParseResult",
    "RulesRefused",
    "Ruleset",
    "asked_after",
    "check_rules",
    "compare_rules",
    "compile_rules",
    "draft_rules",
    "format_rules",
    "is_open",
    "order_values",
    "parse_rules",
    "pool",
    "rank",
    "read_facts",
    "render",
    "sent_as",
    "wall_instant",
    "working_days_after",
]

_NAMES = {
    "analysis.diff": ("Change", "Move", "compare_rules"),
    "analysis.check": ("check_rules", "compile_rules", "draft_rules"),
    "directory": ("Directory", "Facts"),
    "directory.facts": ("FactRefused", "read_facts", "sent_as"),
    "formatter.format": ("FormattingFailed", "format_rules"),
    "model.hours": ("is_open", "wall_instant", "working_days_after"),
    "syntax.diagnostics": ("Message", "RulesRefused", "render"),
    "syntax.parser": ("ParseResult", "parse_rules"),
    "evaluation.pools": ("asked_after", "pool"),
    "evaluation.ranking": ("order_values", "rank"),
    "evaluation.ruleset": ("NoRuleApplies", "Ruleset"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
