"""Examples in messages are true as they are written: put back into the file as an expectation, they come out so."""

from __future__ import annotations

import re

import pytest

from rules_dsl import Diagnostic, check_rules
from tests.rules_dsl.desks import directory
from tests.rules_dsl.test_cases import CASES

TOLD = {"R308", "R401", "R502"}
_MOMENT = re.compile(r", on (\w{3}) at (\d\d:\d\d)$")


def told() -> list[tuple[str, str, Diagnostic]]:
    found = []
    for path in sorted(CASES.glob("*/*.rules")):
        text = path.read_text("utf-8")
        for diagnostic in check_rules(text, directory(path.parent.name)):
            if diagnostic.code in TOLD and any(help.startswith("for example: ") for help in diagnostic.helps):
                found.append((path.parent.name, text, diagnostic))
    return found


EXAMPLES = told()


def test_every_kind_is_told() -> None:
    assert {diagnostic.code for _, _, diagnostic in EXAMPLES} == TOLD


@pytest.mark.parametrize(("desk", "text", "diagnostic"), EXAMPLES)
def test_an_example_comes_out_as_told(desk: str, text: str, diagnostic: Diagnostic) -> None:
    example = diagnostic.helps[0].removeprefix("for example: ")
    moment = _MOMENT.search(example)
    said = example[: moment.start()] if moment else example
    given = [f"  given {said}"] if said != "any" else []
    at = [f"  at {moment[1]} {moment[2]}"] if moment else []
    rule = next(
        (found[1] for help in diagnostic.helps if (found := re.search(r'"(.+)" applies', help))), "nobody's rule"
    )
    outcome = "otherwise" if rule in ("otherwise", "nobody's rule") else f'rule "{rule}"'
    whole = "\n".join([text, 'expect "as told"', *given, *at, f"  then {outcome}", ""])
    line = whole[: whole.index('expect "as told"')].count("\n") + 1
    codes = [one.code for one in check_rules(whole, directory(desk)) if one.line >= line]
    assert codes == (["R503"] if diagnostic.code == "R308" else [])
