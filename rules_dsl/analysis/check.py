"""From text to ruleset: parse, compile, run the file's expectations, prove its claims."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from rules_dsl.analysis.advice import advised
from rules_dsl.analysis.claims import check_claims
from rules_dsl.compiler.contradictions import check_settings
from rules_dsl.compiler.expectations import check_expectations
from rules_dsl.compiler.lower_file import lower_file
from rules_dsl.compiler.odd_lines import check_odd_lines
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.syntax.diagnostics import Diagnostic, RulesRefused
from rules_dsl.syntax.parser import parse_rules
from rules_dsl.syntax.tokens import source_lines
from rules_dsl.syntax.tree import RulesFile

_INCOMPLETE = frozenset({"R305"})
_TARGET = re.compile(r"\b(?:send|assign|route|escalate|forward|team|title|no call)\b", re.IGNORECASE)


def check_rules(text: str, directory: Directory) -> tuple[Diagnostic, ...]:
    """All diagnostics for a rules file, in line order. Never raises."""
    return _checked(text, directory)[1]


def compile_rules(text: str, directory: Directory) -> Ruleset:
    """The ruleset. If there is an error, raises ``RulesRefused`` with all diagnostics; warnings alone don't raise."""
    ruleset, diagnostics = _checked(text, directory)
    if ruleset is None:
        raise RulesRefused(diagnostics)
    return ruleset


def draft_rules(text: str, directory: Directory) -> Ruleset | None:
    """The ruleset, without proofs and expectations: for comparisons, and for texts that have been published.

    None if there are errors, except those that only prevent publishing.
    """
    parsed = parse_rules(text)
    names = Names(directory, list(parsed.diagnostics))
    ruleset = lower_file(names, parsed.tree, text) if parsed.complete else None
    return None if names.cannot_run else ruleset


def _checked(text: str, directory: Directory) -> tuple[Ruleset | None, tuple[Diagnostic, ...]]:
    parsed = parse_rules(text)
    names = Names(directory, list(parsed.diagnostics))
    if not parsed.complete:
        return None, parsed.diagnostics
    ruleset = lower_file(names, parsed.tree, text)
    if not names.has_errors:
        check_settings(names, parsed.tree, ruleset)
        check_odd_lines(names, parsed.tree, ruleset)
    check_expectations(names, parsed.tree, ruleset)
    if not names.has_errors_beside_examples:
        check_claims(names, parsed.tree, ruleset)
    found = dict.fromkeys(_without_consequences(names.diagnostics, parsed.tree, text))
    diagnostics = sorted(found, key=lambda one: (one.line, one.column))
    if names.has_errors:
        return None, tuple(advised(text, diagnostics, directory, lambda changed: _without_advice(changed, directory)))
    return ruleset, tuple(diagnostics)


def _without_consequences(diagnostics: list[Diagnostic], tree: RulesFile, text: str) -> Iterator[Diagnostic]:
    """All but those saying that a rule has no target although a line with an error names one."""
    lines, starts = source_lines(text), [block.at.line for block in tree.blocks]
    wrong = (one.line for one in diagnostics if one.severity == "error" and one.code not in _INCOMPLETE)
    named = (line for line in wrong if 0 < line <= len(lines) and _TARGET.search(lines[line - 1].text))
    blocks = {bisect_right(starts, line) for line in named}
    for one in diagnostics:
        if one.code not in _INCOMPLETE or bisect_right(starts, one.line) not in blocks:
            yield one


def _without_advice(text: str, directory: Directory) -> tuple[Diagnostic, ...]:
    """What is wrong with each line by itself."""
    parsed = parse_rules(text)
    names = Names(directory, list(parsed.diagnostics))
    if parsed.complete:
        lower_file(names, parsed.tree, text)
        check_expectations(names, parsed.tree, None)
    return tuple(names.diagnostics)
