"""Proofs compared with exhaustive search."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from rules_dsl.analysis.proofs import find
from rules_dsl.directory import Facts, FactType, FactValue
from rules_dsl.evaluation.evaluate import when_holds
from rules_dsl.evaluation.program import Clause, HasTags, IsKnown, IsYes, OneOf, Test, When, Within
from tests.rules_dsl.desks import directory, ruleset

NOW = datetime(2026, 2, 4, 12, tzinfo=UTC)
FACTS = (
    FactType("area", "choice", ("a", "b", "c")),
    FactType("level", "choice", ("low", "high"), ordered=True, may_be_missing=False),
    FactType("count", "count"),
    FactType("again", "yes/no", may_be_missing=False),
    FactType("tags", "tags", may_be_missing=False),
)
DOMAINS: dict[str, tuple[FactValue | None, ...]] = {
    "area": ("a", "b", "c", None),
    "level": ("low", "high"),
    "count": (0, 1, 2, 3, 4, None),
    "again": (True, False),
    "tags": ((), ("x",), ("y",), ("x", "y")),
}
TESTS: st.SearchStrategy[Test] = st.one_of(
    st.sets(st.sampled_from("abc"), min_size=1).map(lambda values: OneOf("area", tuple(sorted(values)))),
    st.sampled_from(("low", "high")).map(lambda value: OneOf("level", (value,))),
    st.tuples(st.integers(0, 3), st.booleans()).map(
        lambda end: Within("count", end[0], None) if end[1] else Within("count", None, end[0])
    ),
    st.sampled_from(("area", "count")).map(IsKnown),
    st.just(IsYes("again")),
    st.tuples(st.sets(st.sampled_from("xy"), min_size=1), st.booleans()).map(
        lambda tags: HasTags("tags", tuple(sorted(tags[0])), tags[1])
    ),
)
CLAUSES = st.tuples(TESTS, st.booleans()).map(lambda pair: Clause(pair[0], pair[1], ""))
WHENS = st.tuples(
    st.lists(st.lists(CLAUSES, max_size=3).map(tuple), min_size=1, max_size=2).map(tuple),
    st.lists(CLAUSES, max_size=1).map(tuple),
).map(lambda parts: When(*parts))


def all_situations() -> list[Facts]:
    return [
        {name: value for name, value in zip(DOMAINS, values, strict=True) if value is not None}
        for values in product(*DOMAINS.values())
    ]


SITUATIONS = all_situations()


def matches(facts: Facts, holding: list[When], failing: list[When]) -> bool:
    return all(when_holds(when, facts, NOW) is True for when in holding) and not any(
        when_holds(when, facts, NOW) is True for when in failing
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(WHENS, max_size=2), st.lists(WHENS, max_size=3))
def test_a_situation_is_found_if_and_only_if_there_is_one(holding: list[When], failing: list[When]) -> None:
    found = find(holding, failing, FACTS, "UTC")
    if found is not None:
        filled = {name: found.facts.get(name, DOMAINS[name][0]) for name in DOMAINS if name not in found.unknown}
        assert matches({name: value for name, value in filled.items() if value is not None}, holding, failing)
    else:
        assert not any(matches(facts, holding, failing) for facts in SITUATIONS)


def test_every_rule_of_the_examples_can_be_reached() -> None:
    """The example of each rule is decided by it, at a real moment."""
    for name in ("small_team", "forty_agents", "follow_the_sun"):
        rules = ruleset(name)
        for place, rule in enumerate(rules.rules):
            above = [other.when for other in rules.rules[:place]]
            found = find([rule.when], above, directory(name).facts, rules.time_zone)
            assert found is not None, rule.name
            assert rules.decide(found.facts, found.now).rule == rule.name
