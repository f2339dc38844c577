"""Language behaviour as data: wrong files and their expected diagnostics, side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules_dsl import check_rules, render
from tests.rules_dsl.desks import directory

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*/*.rules"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_case_has_the_expected_diagnostics(path: Path) -> None:
    text = path.read_text("utf-8")
    found = check_rules(text, directory(path.parent.name))
    rendered = "\n".join(render(diagnostic, text, path.name) for diagnostic in found)
    assert rendered == path.with_suffix(".messages").read_text("utf-8")


def test_there_are_many_cases() -> None:
    assert len(FILES) >= 40
