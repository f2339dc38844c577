"""The same rules in other engines, each written as its documentation recommends and compiled beforehand.

``decide`` takes facts, of which unknown ones are absent, and a moment, and returns the number of the first rule that
holds, or None. Other engines have no opening hours: they get a ready-made fact that says whether the office is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import cedarpy
import cel
import rule_engine
import zen

from bench.rules_sample import DIRECTORY, FACTS, NOW, OFFICE, TAGS, Condition, Conditions, SampleRule, text
from rules_dsl import Facts, Ruleset, parse_rules
from rules_dsl.compiler.lower_file import lower_file
from rules_dsl.compiler.resolve_names import Names

Decide = Callable[[Facts, datetime], int | None]
_Rules = Sequence[SampleRule]
_SIGNS = {"at least": ">=", "under": "<"}
_SLUGS = {fact.name: fact.name.replace(" ", "_").lower() for fact in (*FACTS, TAGS, OFFICE)}
_NOTHING: dict[str, Any] = dict.fromkeys(_SLUGS.values())


def compiled_rules(rules: str) -> Ruleset:
    """Compile rules without running proofs and expectations. Raises ``ValueError`` if they have errors."""
    names = Names(DIRECTORY)
    parsed = parse_rules(rules)
    ruleset = lower_file(names, parsed.tree, rules)
    if parsed.diagnostics or names.has_errors:
        raise ValueError("the sample has errors")
    return ruleset


def muster(rules: _Rules) -> Decide:
    compiled = compiled_rules(text(rules))
    numbers: dict[str, int | None] = {f"r{number}": number for number in range(len(rules))}
    numbers["otherwise"] = None
    match = compiled.match
    match({}, NOW)
    return lambda facts, now: numbers[match(facts, now).name]


def if_chain(rules: _Rules) -> Decide:
    """What a developer would write by hand: one function with one ``if`` per rule."""
    lines = ["def decide(facts, now):", "    get = facts.get"]
    lines += [f"    {slug} = get({name!r})" for name, slug in _SLUGS.items()]
    for number, rule in enumerate(rules):
        lines.append(f"    if {_joined(rule, _python, ' and ', ' or ')}: return {number}")
    space: dict[str, Decide] = {}
    exec("\n".join(lines), space)  # noqa: S102 - our own sample, compiled like a developer's function
    return space["decide"]


def _joined(rule: SampleRule, written: Callable[[Condition], str], every: str, some: str) -> str:
    return some.join(f"({every.join(written(one) for one in row)})" for row in rule.rows())


def _converted(facts: Facts) -> dict[str, Any]:
    """The facts as engines from other languages take them, with nulls for what is unknown."""
    known = {_SLUGS[name]: value for name, value in facts.items()}
    return {**_NOTHING, **known, "tags": list(facts["tags"])}  # type: ignore[arg-type]


def _python(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "include":
            return f"{one.values[0]!r} in {slug}"
        case "do not include":
            return f"{one.values[0]!r} not in {slug}"
        case "in":
            return f"{slug} in {one.values!r}"
        case "yes" | "no":
            return f"{slug} is {one.operator == 'yes'}"
    return f"({slug} is not None and {slug} {_SIGNS[one.operator]} {one.amount})"


def zen_engine(rules: _Rules) -> Decide:
    """One decision table with the hit policy "first", behind a loader, which compiles it once; no comparison with null
    holds.
    """
    inputs = [{"id": slug, "name": slug, "field": slug} for slug in _SLUGS.values()]
    table = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": [
            {"_id": str(number), "rule": str(number)} | {_SLUGS[one.fact.name]: _zen(one) for one in row}
            for number, rule in enumerate(rules)
            for row in rule.rows()
        ],
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "1", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "2", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    content = zen.ZenDecisionContent(json.dumps({"nodes": nodes, "edges": edges}))
    evaluate = zen.ZenEngine({"loader": lambda key: content}).evaluate

    def decide(facts: Facts, now: datetime) -> int | None:
        found = evaluate("rules", _converted(facts))["result"]
        return found["rule"] if found else None

    return decide


def _zen(one: Condition) -> str:
    match one.operator:
        case "include":
            return f"contains($, {json.dumps(one.values[0])})"
        case "do not include":
            return f"not contains($, {json.dumps(one.values[0])})"
        case "in":
            return ", ".join(json.dumps(value) for value in one.values)
        case "yes" | "no":
            return "true" if one.operator == "yes" else "false"
    return f"{_SIGNS[one.operator]} {one.amount}"


def common_expression_language(rules: _Rules) -> Decide:
    """One program per rule; facts are converted once for all of them."""
    programs = [cel.compile(_joined(rule, _cel, " && ", " || ")) for rule in rules]

    def decide(facts: Facts, now: datetime) -> int | None:
        context = cel.Context(_converted(facts))
        return next((number for number, program in enumerate(programs) if program.execute(context) is True), None)

    return decide


def _cel(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "include" | "do not include":
            return f"{'!' * (one.operator != 'include')}({json.dumps(one.values[0])} in {slug})"
        case "in":
            return f"{slug} in {json.dumps(list(one.values))}"
        case "yes" | "no":
            return f"{slug} == {'true' if one.operator == 'yes' else 'false'}"
    return f"({slug} != null && {slug} {_SIGNS[one.operator]} {one.amount})"


def cedar(rules: _Rules) -> Decide:
    """One policy per alternative; the first rule is the smallest of the policies that Cedar calls determining."""
    rows: list[tuple[int, Conditions]] = [(number, row) for number, rule in enumerate(rules) for row in rule.rows()]
    policies = cedarpy.PolicySet.from_str(
        "\n".join(
            f"permit(principal, action, resource) when {{ {' && '.join(_cedar(one) for one in row)} }};"
            for _, row in rows
        )
    )
    entities = cedarpy.Entities.from_json_str("[]")
    request = {"principal": 'User::"a"', "action": 'Action::"b"', "resource": 'Desk::"c"'}

    def decide(facts: Facts, now: datetime) -> int | None:
        context = {name: value for name, value in _converted(facts).items() if value is not None}
        found = cedarpy.is_authorized({**request, "context": context}, policies, entities)
        reasons = found.diagnostics.reasons
        return min((rows[int(reason.removeprefix("policy"))][0] for reason in reasons), default=None)

    return decide


def _cedar(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "in":
            test = f"{json.dumps(list(one.values))}.contains(context.{slug})"
        case "yes" | "no":
            test = f"context.{slug} == {'true' if one.operator == 'yes' else 'false'}"
        case "include" | "do not include":
            test = f"{'!' * (one.operator != 'include')}context.{slug}.contains({json.dumps(one.values[0])})"
        case _:
            test = f"context.{slug} {_SIGNS[one.operator]} {one.amount}"
    return f"(context has {slug} && {test})"


def rule_engine_rules(rules: _Rules) -> Decide:
    """One rule object per rule."""
    compiled = [rule_engine.Rule(_joined(rule, _rule_engine, " and ", " or ")) for rule in rules]

    def decide(facts: Facts, now: datetime) -> int | None:
        values = _converted(facts)
        return next((number for number, rule in enumerate(compiled) if rule.matches(values)), None)

    return decide


def _rule_engine(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "include" | "do not include":
            return f"{json.dumps(one.values[0])} {'not ' * (one.operator != 'include')}in {slug}"
        case "in":
            return f"{slug} in {json.dumps(list(one.values))}"
        case "yes" | "no":
            return f"{slug} == {'true' if one.operator == 'yes' else 'false'}"
    return f"({slug} != null and {slug} {_SIGNS[one.operator]} {one.amount})"


PEERS: dict[str, Callable[[_Rules], Decide]] = {
    "Muster": muster,
    "compiled if-chain in Python": if_chain,
    "zen-engine": zen_engine,
    "CEL (Rust)": common_expression_language,
    "Cedar (cedarpy)": cedar,
    "rule-engine": rule_engine_rules,
}
