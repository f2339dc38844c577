"""The compiled index finds the same rule as evaluating the rules in order, whatever is unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules_dsl.directory import FactValue
from rules_dsl.evaluation.evaluate import when_holds
from rules_dsl.evaluation.index import RuleIndex, index_of
from rules_dsl.evaluation.program import (
    Clause,
    HasTags,
    InHours,
    IsDefined,
    IsKnown,
    IsYes,
    OneOf,
    Rule,
    Test,
    When,
    Within,
)
from rules_dsl.model.decision import CallKind, OpenHours
from tests.rules_dsl.desks import ruleset

CHOICES = ("a", "b", "c", "d")
TAGS = ("x", "y", "z")
HOURS = (
    OpenHours("day", "UTC", ((0, 480, 1020), (1, 480, 1020))),
    OpenHours("weekend", "Europe/Berlin", ((5, 0, 1440), (6, 0, 1440))),
)
MONDAY = datetime(2026, 2, 2, tzinfo=UTC)
NUMBERS = st.one_of(st.none(), st.integers(0, 8))
SUBSETS = st.lists(st.sampled_from(TAGS), min_size=1, max_size=3, unique=True).map(lambda tags: tuple(sorted(tags)))
PLAIN: st.SearchStrategy[Test] = st.one_of(
    st.builds(OneOf, st.sampled_from(["choice", "other choice"]), st.lists(st.sampled_from(CHOICES)).map(tuple)),
    st.builds(Within, st.sampled_from(["count", "money"]), NUMBERS, NUMBERS),
    st.builds(IsKnown, st.sampled_from(["choice", "count", "flag", "tags", "moment"])),
    st.builds(IsYes, st.just("flag")),
    st.builds(HasTags, st.just("tags"), SUBSETS, st.booleans()),
    st.builds(InHours, st.sampled_from(HOURS)),
)


def clauses(tests: st.SearchStrategy[Test]) -> st.SearchStrategy[Clause]:
    return st.builds(Clause, tests, st.booleans(), st.just(""))


def whens(tests: st.SearchStrategy[Test]) -> st.SearchStrategy[When]:
    several = st.lists(clauses(tests), max_size=3).map(tuple)
    return st.builds(When, st.lists(several, max_size=3).map(tuple), st.lists(clauses(tests), max_size=2).map(tuple))


NAMED = st.recursive(PLAIN, lambda inner: st.builds(IsDefined, st.just("named"), whens(inner)), max_leaves=8)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "choice": st.sampled_from([*CHOICES, "never named"]),
        "other choice": st.sampled_from(CHOICES),
        "count": st.integers(0, 10),
        "money": st.integers(0, 10),
        "flag": st.booleans(),
        "tags": st.lists(st.sampled_from([*TAGS, "w"]), unique=True).map(lambda tags: tuple(sorted(tags))),
        "moment": st.just("2026-02-02T00:00:00+00:00"),
    },
)
MOMENTS = st.integers(0, 7 * 24 * 4).map(lambda quarters: MONDAY + timedelta(minutes=15 * quarters))


def rule(name: str, when: When) -> Rule:
    return Rule(name, 1, when, CallKind.CALL, "", (), (), (), (), (), None, None, "")


def evaluated_in_order(index: RuleIndex, facts: dict[str, FactValue], now: datetime) -> int | None:
    return next((place for place, one in enumerate(index.rules) if when_holds(one.when, facts, now) is True), None)


NEVER = When(((Clause(Within("count", 2, 0), False, ""),),))


@settings(max_examples=400, deadline=None)
@example([NEVER], [({"count": 1}, MONDAY)])
@given(st.lists(whens(NAMED), max_size=12), st.lists(st.tuples(FACTS, MOMENTS), min_size=1, max_size=12))
def test_the_index_finds_the_same_rule(
    conditions: list[When], situations: list[tuple[dict[str, FactValue], datetime]]
) -> None:
    index = index_of([rule(str(place), when) for place, when in enumerate(conditions)])
    for facts, now in situations:
        assert index.first(facts, now) == evaluated_in_order(index, facts, now)


@given(FACTS, MOMENTS)
def test_the_index_finds_the_same_rule_for_values_of_another_type(facts: dict[str, FactValue], now: datetime) -> None:
    swapped: dict[str, FactValue] = dict(zip(facts, reversed(facts.values()), strict=True))
    tests: list[Test] = [Within("count", 1, 3), HasTags("tags", ("x",), False), IsYes("flag"), IsKnown("tags")]
    whens = [When(((Clause(test, negated, ""),),)) for test in tests for negated in (False, True)]
    for when in whens:
        index = index_of([rule("only", when)])
        assert index.first(swapped, now) == evaluated_in_order(index, swapped, now)


def test_a_condition_with_too_many_rows_is_evaluated_directly() -> None:
    either = tuple(
        (Clause(OneOf("choice", (value,)), False, ""), Clause(IsYes("flag"), False, "")) for value in "abcdefgh"
    )
    named = IsDefined("many", When(either))
    index = index_of([rule("all but many", When(((Clause(named, True, ""),),)))])
    assert index.unindexed == {0}
    assert index.first({"flag": False}, MONDAY) == 0
    assert index.first({"flag": True, "choice": "h"}, MONDAY) is None


def test_an_explanation_is_optional() -> None:
    rules, now = ruleset("forty_agents"), datetime(2026, 2, 4, 12, tzinfo=UTC)
    without = rules.decide({"priority": "urgent"}, now, explain=False)
    explained = rules.decide({"priority": "urgent"}, now)
    assert without.why == ()
    assert explained.why != ()
    assert without.rule == explained.rule == rules.match({"priority": "urgent"}, now).name
