"""The same rules in other engines, each written as its documentation recommends and compiled beforehand.

``decide`` takes facts, of which unknown ones are absent, and returns the number of the first rule that holds, or None.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import cedarpy
import cel
import rule_engine
import zen

from bench.rules_sample import DIRECTORY, FACTS, NOW, Condition, Conditions, text
from rules_dsl import Facts, Ruleset, parse_rules
from rules_dsl.compiler.lower_file import lower_file
from rules_dsl.compiler.resolve_names import Names

Decide = Callable[[Facts], int | None]
_SIGNS = {"at least": ">=", "under": "<"}
_SLUGS = {fact.name: fact.name.replace(" ", "_").lower() for fact in FACTS}


def compiled_rules(rules: str) -> Ruleset:
    """Compile rules without running proofs and expectations. Raises ``ValueError`` if they have errors."""
    names = Names(DIRECTORY)
    parsed = parse_rules(rules)
    ruleset = lower_file(names, parsed.tree, rules)
    if parsed.diagnostics or names.has_errors:
        raise ValueError("the sample has errors")
    return ruleset


def muster(rules: Sequence[Conditions]) -> Decide:
    compiled = compiled_rules(text(list(rules)))
    numbers: dict[str, int | None] = {f"r{number}": number for number in range(len(rules))}
    numbers["otherwise"] = None
    match = compiled.match
    match({}, NOW)
    return lambda facts: numbers[match(facts, NOW).name]


def if_chain(rules: Sequence[Conditions]) -> Decide:
    """What a developer would write by hand: one function with one ``if`` per rule."""
    lines = ["def decide(facts):", "    get = facts.get"]
    lines += [f"    {slug} = get({name!r})" for name, slug in _SLUGS.items()]
    for number, conditions in enumerate(rules):
        lines.append(f"    if {' and '.join(_python(condition) for condition in conditions)}: return {number}")
    space: dict[str, Decide] = {}
    exec("\n".join(lines), space)  # noqa: S102 - our own sample, compiled like a developer's function
    return space["decide"]


def _python(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "in":
            return f"{slug} in {one.values!r}"
        case "yes" | "no":
            return f"{slug} is {one.operator == 'yes'}"
    return f"({slug} is not None and {slug} {_SIGNS[one.operator]} {one.amount})"


def zen_engine(rules: Sequence[Conditions]) -> Decide:
    """One decision table with the hit policy "first", compiled beforehand; no comparison with null holds."""
    inputs = [{"id": slug, "name": slug, "field": slug} for slug in _SLUGS.values()]
    table = {
        "hitPolicy": "first",
        "inputs": inputs,
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": [
            {"_id": str(number), "rule": str(number)} | {_SLUGS[one.fact.name]: _zen(one) for one in conditions}
            for number, conditions in enumerate(rules)
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
    evaluate = zen.ZenEngine().create_decision(content).evaluate
    nothing: dict[str, Any] = dict.fromkeys(_SLUGS.values())

    def decide(facts: Facts) -> int | None:
        found = evaluate({**nothing, **{_SLUGS[name]: value for name, value in facts.items()}})["result"]
        return found["rule"] if found else None

    return decide


def _zen(one: Condition) -> str:
    match one.operator:
        case "in":
            return ", ".join(json.dumps(value) for value in one.values)
        case "yes" | "no":
            return "true" if one.operator == "yes" else "false"
    return f"{_SIGNS[one.operator]} {one.amount}"


def common_expression_language(rules: Sequence[Conditions]) -> Decide:
    """One program per rule; facts are converted once for all of them."""
    programs = [cel.compile(" && ".join(_cel(one) for one in conditions)) for conditions in rules]
    nothing: dict[str, Any] = dict.fromkeys(_SLUGS.values())

    def decide(facts: Facts) -> int | None:
        context = cel.Context({**nothing, **{_SLUGS[name]: value for name, value in facts.items()}})
        return next((number for number, program in enumerate(programs) if program.execute(context) is True), None)

    return decide


def _cel(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "in":
            return f"{slug} in {json.dumps(list(one.values))}"
        case "yes" | "no":
            return f"{slug} == {'true' if one.operator == 'yes' else 'false'}"
    return f"({slug} != null && {slug} {_SIGNS[one.operator]} {one.amount})"


def cedar(rules: Sequence[Conditions]) -> Decide:
    """One policy per rule; the first rule is the smallest of the policies that Cedar calls determining."""
    policies = cedarpy.PolicySet.from_str(
        "\n".join(
            f"permit(principal, action, resource) when {{ {' && '.join(_cedar(one) for one in conditions)} }};"
            for conditions in rules
        )
    )
    entities = cedarpy.Entities.from_json_str("[]")
    request = {"principal": 'User::"a"', "action": 'Action::"b"', "resource": 'Desk::"c"'}

    def decide(facts: Facts) -> int | None:
        context = {_SLUGS[name]: value for name, value in facts.items()}
        found = cedarpy.is_authorized({**request, "context": context}, policies, entities)
        return min((int(reason.removeprefix("policy")) for reason in found.diagnostics.reasons), default=None)

    return decide


def _cedar(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "in":
            test = f"{json.dumps(list(one.values))}.contains(context.{slug})"
        case "yes" | "no":
            test = f"context.{slug} == {'true' if one.operator == 'yes' else 'false'}"
        case _:
            test = f"context.{slug} {_SIGNS[one.operator]} {one.amount}"
    return f"(context has {slug} && {test})"


def rule_engine_rules(rules: Sequence[Conditions]) -> Decide:
    """One rule object per rule."""
    compiled = [rule_engine.Rule(" and ".join(_rule_engine(one) for one in conditions)) for conditions in rules]
    nothing: dict[str, Any] = dict.fromkeys(_SLUGS.values())

    def decide(facts: Facts) -> int | None:
        values = {**nothing, **{_SLUGS[name]: value for name, value in facts.items()}}
        return next((number for number, rule in enumerate(compiled) if rule.matches(values)), None)

    return decide


def _rule_engine(one: Condition) -> str:
    slug = _SLUGS[one.fact.name]
    match one.operator:
        case "in":
            return f"{slug} in {json.dumps(list(one.values))}"
        case "yes" | "no":
            return f"{slug} == {'true' if one.operator == 'yes' else 'false'}"
    return f"({slug} != null and {slug} {_SIGNS[one.operator]} {one.amount})"


PEERS: dict[str, Callable[[Sequence[Conditions]], Decide]] = {
    "Muster": muster,
    "compiled if-chain in Python": if_chain,
    "zen-engine": zen_engine,
    "CEL (Rust)": common_expression_language,
    "Cedar (cedarpy)": cedar,
    "rule-engine": rule_engine_rules,
}
