"""The change summary lists exactly the escalations that move."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from rules_dsl import Ruleset, compare_rules, compile_rules
from rules_dsl.evaluation.explain import Vocabulary
from rules_dsl.evaluation.program import ALWAYS, Rule
from tests.rules_dsl.desks import boats, directory, rules_text, ruleset
from tests.rules_dsl.random_rules import FACTS, MOMENTS, all_facts, random_when

BEFORE = """
rule "Engines"
  when product area is engine
  send to team "Support", title "Marine Engineer"

rule "Invoices"
  when product area is billing
  send to team "Office"

otherwise
  send to team "Support"
"""


def test_a_narrower_rule() -> None:
    after = BEFORE.replace("is billing", "is billing\n  and priority is at most normal")
    change = compare_rules(boats(BEFORE), boats(after))
    (move,) = change.moves
    assert move.text == 'from rule "Invoices" (team "Office") to `otherwise` (team "Support")'
    (moved,) = move.regions
    assert moved.where == "priority is high or urgent and product area is billing"
    assert moved.example_text == "priority is high, product area is billing"
    assert (change.actions, change.settings, change.complete) == ((), (), True)


def test_changed_actions_and_settings() -> None:
    after = BEFORE.replace('send to team "Office"', 'send to team "Office"\n  offer booking only\n  note "Calmly."')
    after += "limits\n  at most 4 calls a day per agent\nbooking\n  slots of 20 minutes\n"
    change = compare_rules(boats(BEFORE), boats(after))
    assert change.moves == ()
    assert change.actions == (
        'rule "Invoices": it gives booking only, before: a call',
        'rule "Invoices": its note "Calmly.", before: nothing',
    )
    assert change.settings == (
        "limits: calls a day per agent 4, before: nothing",
        "booking: slots 20 minutes, before: 30 minutes",
        "booking: start every 20 minutes, before: 30 minutes",
    )


def test_a_renamed_rule_moves_escalations_to_the_same_outcome() -> None:
    change = compare_rules(boats(BEFORE), boats(BEFORE.replace("Invoices", "Bills")))
    assert [(move.before, move.after, move.same_outcome) for move in change.moves] == [("Invoices", "Bills", True)]
    assert change.actions == ('rule "Bills" is new (team "Office")', 'rule "Invoices" was removed')


def test_changed_opening_hours_come_with_an_example_moment() -> None:
    text = rules_text("small_team")
    after = compile_rules(text.replace("08:30 to 16:30", "09:00 to 16:30"), directory("small_team"))
    change = compare_rules(ruleset("small_team"), after)
    assert [(move.before, move.after) for move in change.moves] == [("otherwise", "Outside opening hours")]
    assert "at moments such as Mon 2026-02-02 at 08:30" in change.moves[0].regions[0].where


def test_nothing_changed() -> None:
    for name in ("small_team", "forty_agents", "follow_the_sun"):
        assert compare_rules(ruleset(name), ruleset(name)).nothing


def random_ruleset(random: Random) -> Ruleset:
    desk = boats(BEFORE)
    rules = [
        replace(desk.rules[random.randrange(2)], name=f"rule {number}", when=random_when(random)) for number in range(4)
    ]
    return changed(desk, tuple(rules))


def changed(desk: Ruleset, rules: tuple[Rule, ...]) -> Ruleset:
    last = replace(boats(BEFORE).rules[-1], when=ALWAYS)
    return replace(desk, rules=(*rules, last), vocabulary=Vocabulary(FACTS, "EUR"))


@pytest.mark.parametrize("seed", range(30))
def test_moves_are_exactly_those_that_happen(seed: int) -> None:
    """Compared with the decisions for all facts at random moments."""
    random = Random(seed)
    before = random_ruleset(random)
    rules = list(before.rules[:-1])
    rules[random.randrange(len(rules))] = replace(rules[0], name="new", when=random_when(random))
    if random.random() < 0.5:
        random.shuffle(rules)
    after = changed(before, tuple({rule.name: rule for rule in rules}.values()))
    change = compare_rules(before, after)
    for move in change.moves:
        for moved in move.regions:
            assert before.decide(moved.example.facts, moved.example.now).rule == move.before
            assert after.decide(moved.example.facts, moved.example.now).rule == move.after
    listed = {(move.before, move.after) for move in change.moves}
    for facts in all_facts():
        now = random.choice(MOMENTS)
        old, new = before.decide(facts, now).rule, after.decide(facts, now).rule
        assert old == new or (old, new) in listed
