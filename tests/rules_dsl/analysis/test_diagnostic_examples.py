"""Examples in diagnostics are true: added to the file as expectations, they succeed."""

from __future__ import annotations

import re

import pytest

from rules_dsl import Diagnostic, check_rules
from tests.rules_dsl.desks import directory
from tests.rules_dsl.test_cases import CASES

WITH_EXAMPLE = {"R308", "R401", "R502"}
_MOMENT = re.compile(r", on (\w{3}) 2026-02-0[2-8] at (\d\d:\d\d)$")


def diagnostics_with_examples() -> list[tuple[str, str, Diagnostic]]:
    found = []
    for path in sorted(CASES.glob("*/*.rules")):
        text = path.read_text("utf-8")
        for diagnostic in check_rules(text, directory(path.parent.name)):
            if diagnostic.code in WITH_EXAMPLE and any(help.startswith("for example: ") for help in diagnostic.helps):
                found.append((path.parent.name, text, diagnostic))
    return found


EXAMPLES = diagnostics_with_examples()


def test_every_kind_has_an_example() -> None:
    assert {diagnostic.code for _, _, diagnostic in EXAMPLES} == WITH_EXAMPLE


@pytest.mark.parametrize(("desk", "text", "diagnostic"), EXAMPLES)
def test_an_example_is_true(desk: str, text: str, diagnostic: Diagnostic) -> None:
    example = diagnostic.helps[0].removeprefix("for example: ")
    moment = _MOMENT.search(example)
    facts = example[: moment.start()] if moment else example
    given = [f"  given {facts}"] if facts != "any" else []
    at = [f"  at {moment[1]} {moment[2]}"] if moment else []
    rule = next((found[1] for help in diagnostic.helps if (found := re.search(r'"(.+)" applies', help))), "no rule")
    outcome = "otherwise" if rule in ("otherwise", "no rule") else f'rule "{rule}"'
    text_with_example = "\n".join([text, 'expect "as shown"', *given, *at, f"  then {outcome}", ""])
    line = text_with_example[: text_with_example.index('expect "as shown"')].count("\n") + 1
    codes = [one.code for one in check_rules(text_with_example, directory(desk)) if one.line >= line]
    assert codes == (["R503"] if diagnostic.code == "R308" else [])
