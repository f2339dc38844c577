"""Quick fixes: applying a diagnostic's suggestion makes the diagnostic go away."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules_dsl import check_rules
from rules_dsl.syntax.diagnostics import Diagnostic
from rules_dsl.syntax.quick_fixes import quick_fixes
from tests.rules_dsl.desks import HEAD, directory

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/*.rules"))


def code_and_text(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, diagnostic.text


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_fix_removes_its_diagnostic(path: Path) -> None:
    text, desk = path.read_text("utf-8"), directory(path.parent.name)
    before = check_rules(text, desk)
    for diagnostic in before:
        for fix in quick_fixes(text, diagnostic):
            fixed = text[: fix.start] + fix.replacement + text[fix.end :]
            after = [code_and_text(one) for one in check_rules(fixed, desk)]
            assert after.count(code_and_text(diagnostic)) < [code_and_text(one) for one in before].count(
                code_and_text(diagnostic)
            ), (
                fix,
                diagnostic,
            )


def test_most_diagnostics_about_syntax_and_names_have_a_fix() -> None:
    fixed = set()
    for path in CASES:
        text = path.read_text("utf-8")
        diagnostics = check_rules(text, directory(path.parent.name))
        fixed |= {diagnostic.code for diagnostic in diagnostics if quick_fixes(text, diagnostic)}
    assert len(fixed) >= 24


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ('send to team "Suport"', 'send to team "Support"'),
        ('sent to team "Support"', 'send to team "Support"'),
        ("when prioriti is urgent", "when priority is urgent"),
        ("when priority is urgnt, or high", "when priority is urgent, or high"),
        ("when priority == urgent", "when priority is urgent"),
        ("when priority is urgent and reopened", "when priority is urgent\n  and reopened"),
        ("when not priority is urgent", "when priority is not urgent"),
        ("and reopened", "when reopened"),
        ('if nobody in 3 minutes, widen team "Workshop"', 'if nobody in 3 minutes, widen to team "Workshop"'),
        ('require skill "dissel', 'require skill "dissel"'),
        ("order by least bussy", "order by least busy"),
    ],
)
def test_a_line_is_fixed(line: str, fixed: str) -> None:
    text = f'{HEAD}rule "A"\n  {line}\n'
    diagnostic = next(one for one in check_rules(text, directory("small_team")) if one.line == 3)
    fix = quick_fixes(text, diagnostic)[0]
    changed = text[: fix.start] + fix.replacement + text[fix.end :]
    assert changed == f'{HEAD}rule "A"\n  {fixed}\n'


def test_a_fix_counts_characters_and_keeps_line_ends() -> None:
    text = 'rules for "Bœuf 🐂"\r\nrule "A"\r\n  when reopened and priority is urgent\r\n  send to team "Suport"\r\n'
    for diagnostic in check_rules(text, directory("small_team")):
        for fix in quick_fixes(text, diagnostic):
            text_after = text[: fix.start] + fix.replacement + text[fix.end :]
            assert "\n" not in text_after.replace("\r\n", "")
