from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rules_dsl import Directory, compile_rules, order_values, pool, rank
from rules_dsl.directory import FactType
from rules_dsl.model.decision import AgentState, Decision
from tests.rules_dsl.desks import HEAD, boats, directory, ruleset

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
BOATS: Directory = directory("small_team")
IDS = {person.name.split()[0]: person.id for person in BOATS.people}


def named(ids: tuple[int, ...]) -> list[str]:
    return [person.name.split()[0] for one in ids for person in BOATS.people if person.id == one]


def decided(lines: str) -> Decision:
    return boats(f"otherwise\n{lines}\n").decide({}, NOON)


def test_pool_widens_with_time_and_never_shrinks() -> None:
    decision = ruleset("small_team").decide({"tags": ("safety",)}, NOON)
    assert named(pool(decision, BOATS, 0).members) == ["Anna", "Miguel"]
    assert named(pool(decision, BOATS, 59).members) == ["Anna", "Miguel"]
    wider = pool(decision, BOATS, 60)
    assert (wider.step, named(wider.members)) == (1, ["Anna", "Miguel", "Freja", "Lukas", "Noor"])
    assert [exclusion.reason for exclusion in wider.excluded] == [
        'not in team "Support", title "Marine Engineer" or team "Support"'
    ]


def test_skills_are_required_until_dropped() -> None:
    decision = decided(
        ' send to team "Support"\n require skill "diesel" at level 3\n'
        ' if nobody in 30 seconds, drop skill "diesel"\n if nobody in 1 minute, widen to team "Office"'
    )
    first = pool(decision, BOATS, 0)
    assert named(first.members) == ["Miguel"]
    reasons = {exclusion.person: exclusion.reason for exclusion in first.excluded}
    assert reasons[IDS["Anna"]] == 'has skill "diesel" at level 2, not 3'
    assert reasons[IDS["Freja"]] == 'lacks skill "diesel"'
    assert reasons[IDS["Ines"]] == 'not in team "Support"'
    assert len(pool(decision, BOATS, 30).members) == 5
    assert len(pool(decision, BOATS, 0, step=2).members) == 6


def test_an_empty_step_costs_no_time() -> None:
    decision = decided(
        ' send to team "Office", title "Marine Engineer"\n if nobody in 5 minutes, widen to team "Support"'
    )
    found = pool(decision, BOATS, 0)
    assert (found.step, len(found.members)) == (1, 5)
    assert pool(decision, BOATS, 0, step=0).members == ()
    with pytest.raises(ValueError, match="2"):
        pool(decision, BOATS, 0, step=2)


def test_people_who_take_no_calls_are_excluded() -> None:
    lead = replace(BOATS.people[0], roles=("manager",))
    desk = replace(BOATS, people=(lead, *BOATS.people[1:]))
    decision = decided(' send to team "Support"')
    found = pool(decision, desk, 0)
    assert found.excluded[0].reason == "takes no calls"


def test_order_is_lexicographic() -> None:
    decision = decided(' send to title "Advisor"\n order by least busy, then longest idle')
    states = {
        IDS["Freja"]: AgentState(IDS["Freja"], load=10, idle=9000),
        IDS["Lukas"]: AgentState(IDS["Lukas"], load=0, idle=60),
        IDS["Noor"]: AgentState(IDS["Noor"], load=0, idle=2880),
    }
    found = pool(decision, BOATS, 0)
    assert named(rank(decision, "e", found, states, BOATS)) == ["Noor", "Lukas", "Freja"]
    assert order_values(decision, IDS["Noor"], found, states[IDS["Noor"]], BOATS) == (
        "least busy: 0 minutes in the last 4 hours",
        "longest idle: 48 minutes",
    )


def test_preference_comes_before_order_until_dropped() -> None:
    decision = decided(
        ' send to title "Advisor"\n prefer skill "sails" at level 4\n order by least busy\n'
        " if nobody in 1 minute, drop preferred skills"
    )
    states = {IDS["Freja"]: AgentState(IDS["Freja"], load=200)}
    early, late = pool(decision, BOATS, 0), pool(decision, BOATS, 60)
    assert named(rank(decision, "e", early, states, BOATS))[0] == "Freja"
    assert named(rank(decision, "e", late, states, BOATS))[-1] == "Freja"
    assert order_values(decision, IDS["Noor"], early, None, BOATS)[0] == 'prefer skill "sails" at level 4: no'


def test_preferred_language() -> None:
    text = HEAD + 'otherwise\n send to title "Advisor"\n prefer the customer\'s language\n'
    spoken = FactType("language", "choice", ("english", "danish"))
    rules = compile_rules(text, replace(BOATS, facts=(*BOATS.facts, spoken)))
    decision = rules.decide({"language": "english"}, NOON)
    assert named(rank(decision, "e", pool(decision, BOATS, 0), {}, BOATS))[0] == "Noor"
    assert rules.decide({}, NOON).prefers == ()


FRESH = AgentState(0)


@pytest.mark.parametrize(
    ("key", "better", "worse"),
    [
        ("fewest calls today", AgentState(0, calls_today=1), AgentState(0, calls_today=2)),
        ("round robin", AgentState(0, last_asked=90), AgentState(0, last_asked=30)),
        ("best CSAT", AgentState(0, csat=4.5), AgentState(0, csat=4.4)),
        ("best CSAT on this product area", AgentState(0, csat_here=4.5), AgentState(0, csat_here=4.4)),
        ("handled this customer before", AgentState(0, handled_before=True), FRESH),
    ],
)
def test_each_key(key: str, better: AgentState, worse: AgentState) -> None:
    decision = decided(f' send to title "Marine Engineer"\n order by {key}')
    found = pool(decision, BOATS, 0)
    for one, other in (("Anna", "Miguel"), ("Miguel", "Anna")):
        states = {IDS[one]: replace(better, person=IDS[one]), IDS[other]: replace(worse, person=IDS[other])}
        assert named(rank(decision, "e", found, states, BOATS)) == [one, other]


def test_most_experienced_counts_levels() -> None:
    decision = decided(' send to title "Advisor"\n order by most experienced')
    assert named(rank(decision, "e", pool(decision, BOATS, 0), {}, BOATS))[0] == "Freja"


def test_ties_are_broken_by_a_stable_hash() -> None:
    decision = decided(' send to team "Support"')
    found = pool(decision, BOATS, 0)
    firsts = {rank(decision, f"escalation-{number}", found, {}, BOATS)[0] for number in range(60)}
    assert firsts == set(found.members)
    assert rank(decision, "e", found, {}, BOATS) == rank(decision, "e", found, {}, BOATS)
