"""Declared facts: whatever may be declared can be written, parsed, decided and explained unambiguously."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules_dsl import Directory, FactRefused, check_rules, compile_rules, format_rules, read_facts, value_from_text
from rules_dsl.directory import FactKind, FactType
from rules_dsl.directory.fact_types import MOST_FACTS, fact_type_problem
from rules_dsl.editor.completion import complete
from tests.rules_dsl.desks import HEAD, directory

NOW = datetime(2026, 2, 4, 11, tzinfo=UTC)
DESK = directory("small_team")
CONTRACT = FactType("contract plan", "choice", ("bronze", "silver", "gold"), ordered=True)
BOATS = FactType("boats owned", "count")
OWN = replace(DESK, facts=(*DESK.facts, CONTRACT, BOATS))
RULES = f"""{HEAD}
rule "Gold fleet"
  when contract plan is at least gold
  and boats owned is over 3
  send to team "Office"

otherwise
  send to team "Support"

expect "a gold fleet goes to the office"
  given contract plan gold, boats owned 7
  then team "Office"
"""
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=14)


def json_of(facts: dict[str, object]) -> dict[str, object]:
    return {"desk": "D", "time_zone": "UTC", "currency": "EUR", "teams": [], "facts": facts}


def test_a_declared_fact_is_checked_decided_by_and_explained() -> None:
    assert check_rules(RULES, OWN) == ()
    rules = compile_rules(RULES, OWN)
    decision = rules.decide({"contract plan": "gold", "boats owned": 4}, NOW)
    assert decision.rule == "Gold fleet"
    assert any("contract plan is gold" in reason.text or "gold" in str(reason) for reason in decision.why)
    assert rules.decide({"contract plan": "gold"}, NOW).rule == "otherwise", "unknown is not over 3"


def test_without_the_declaration_each_line_that_uses_it_is_named() -> None:
    found = [(one.code, one.line) for one in check_rules(RULES, DESK)]
    assert found == [("R205", 4), ("R205", 5), ("R205", 12), ("R205", 12)]
    fewer = replace(OWN, facts=(*DESK.facts, replace(CONTRACT, values=("bronze", "silver")), BOATS))
    assert [(one.code, one.line) for one in check_rules(RULES, fewer)] == [("R206", 4), ("R206", 12)]


def test_a_gap_between_the_values_of_a_declared_fact_is_found() -> None:
    gap = RULES.replace("otherwise\n", 'rule "Others"\n  when contract plan is at most silver\n')
    (found,) = [one for one in check_rules(gap, OWN) if one.code == "R308"]
    assert any("contract plan" in help for help in found.helps)


def test_a_declared_fact_is_completed() -> None:
    text = f'{HEAD}rule "X"\n  when contr'
    assert [one.insert for one in complete(text, len(text), OWN)] == ["contract plan"]


@pytest.mark.parametrize(
    ("name", "kind", "values", "ordered", "field"),
    [
        ("", "count", (), False, "name"),
        ("plan, old", "count", (), False, "name"),
        ("what is it", "yes/no", (), False, "name"),
        ("not paid", "yes/no", (), False, "name"),
        ('the "plan"', "count", (), False, "name"),
        ("a  b", "count", (), False, "name"),
        ("plan#", "count", (), False, None),
        ("#plan", "count", (), False, "name"),
        ("a<b", "count", (), False, "name"),
        ("x" * 61, "count", (), False, "name"),
        ("Priority", "count", (), False, "name"),
        ("7", "count", (), False, "name"),
        ("plan", "choice", (), False, "values"),
        ("plan", "choice", ("gold", "Gold"), False, "values"),
        ("plan", "choice", ("gold or silver",), False, "values"),
        ("plan", "choice", ("not gold",), False, "values"),
        ("plan", "choice", ("unknown",), False, "values"),
        ("plan", "count", ("gold",), False, "values"),
        ("plan", "count", (), True, "ordered"),
        ("service plan", "choice", ("gold plus", "at-sea"), True, None),
    ],
)
def test_which_facts_may_be_declared(
    name: str, kind: str, values: tuple[str, ...], ordered: bool, field: str | None
) -> None:
    problem = fact_type_problem(name, kind, values, ordered, ["priority"])
    assert (problem.field if problem else None) == field


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3), st.booleans())
def test_any_fact_that_may_be_declared_can_be_used(name: str, values: list[str], ordered: bool) -> None:
    assume(fact_type_problem(name, "choice", values, ordered, [fact.name for fact in DESK.facts]) is None)
    fact = FactType(name, "choice", tuple(values), ordered)
    desk = replace(DESK, facts=(*DESK.facts, fact))
    text = (
        f'{HEAD}rule "A"\n  when {name} is {", ".join(values)}\n  and {name} is not {values[0]}\n'
        f'  send to team "Office"\notherwise\n  send to team "Support"\n'
        f'expect "B"\n  given {name} {values[-1]}\n  then {"rule" if len(values) > 1 else "otherwise"}'
        f"{' ' if len(values) > 1 else ''}{chr(34) + 'A' + chr(34) if len(values) > 1 else ''}\n"
    )
    assert [one for one in check_rules(text, desk) if one.severity == "error"] == []
    assert format_rules(format_rules(text)) == format_rules(text)
    rule = compile_rules(text, desk).decide({name: values[-1]}, NOW).rule
    assert rule == ("A" if len(values) > 1 else "otherwise")
    if ordered:
        between = text.replace(f"is not {values[0]}", f"is between {values[0]} and {values[-1]}")
        assert [one for one in check_rules(between, desk) if one.code[:2] in ("R1", "R2")] == []


def test_a_wrong_declaration_in_a_file_is_named_by_its_path() -> None:
    with pytest.raises(ValueError, match=r"facts\.not paid: .*begins with `not`"):
        Directory.from_json(json_of({"not paid": {"type": "yes/no"}}))
    with pytest.raises(ValueError, match=r"facts\.plan\.values: `unknown`"):
        Directory.from_json(json_of({"plan": {"type": "choice", "values": ["unknown"]}}))
    with pytest.raises(ValueError, match=r"facts\.Plan: there is already a fact `Plan`"):
        Directory.from_json(json_of({"plan": {"type": "count"}, "Plan": {"type": "count"}}))
    with pytest.raises(ValueError, match="the limit is"):
        Directory.from_json(json_of({f"fact{n}": {"type": "count"} for n in range(MOST_FACTS + 1)}))


def test_every_wrong_value_is_reported_with_a_suggestion() -> None:
    with pytest.raises(FactRefused) as refused:
        read_facts({"contract plan": "gould", "boats owned": "many", "priority": "high", "botes owned": 1}, OWN)
    assert [(one.name, one.reason) for one in refused.value.all] == [
        ("contract plan", "expected one of bronze, silver, gold; did you mean `gold`?"),
        ("boats owned", "expected a whole number"),
        ("botes owned", "there is no such fact; did you mean `boats owned`?"),
    ]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("count", " 7 ", 7), ("count", "seven", "seven"), ("count", "", None), ("count", "²", "²"),
        ("yes/no", "Yes", True), ("yes/no", "false", False), ("yes/no", "maybe", "maybe"),
        ("tags", "vip, refund,", ["vip", "refund"]), ("duration", "90", 90), ("duration", "3 days", "3 days"),
        ("money", "250k", "250k"), ("choice", "gold", "gold"),
    ],
)  # fmt: skip
def test_typed_text_is_converted(kind: FactKind, typed: str, value: object) -> None:
    assert value_from_text(FactType("own", kind), typed) == value
