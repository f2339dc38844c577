"""``expect never`` over the whole search, compared with asking every search step by step."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from rules_dsl import check_rules, compile_rules, pool
from rules_dsl.directory import Directory, Facts
from rules_dsl.model.decision import CallKind
from tests.rules_dsl.desks import directory, rules_text
from tests.rules_dsl.evaluation.test_decide import MONDAY_NOON

SUN = "follow_the_sun"
OWN_STEPS = (
    '  send to team "Dublin Engineering"\n  if nobody in 20 minutes, offer booking\n',
    '  if nobody in 1 minute, widen to team "Dublin Engineering"\n  if nobody in 5 minutes, alert the duty manager\n',
)
CLAIM = '  then not team "Dublin Engineering"\n'


def false_claims(text: str, desk: str) -> list[tuple[str, ...]]:
    return [one.helps for one in check_rules(text, directory(desk)) if one.code == "R502"]


@pytest.mark.parametrize("steps", OWN_STEPS)
def test_a_rule_that_widens_later_breaks_a_claim_about_a_team(steps: str) -> None:
    kept = '  send to team "Dublin Engineering"\n' if steps.startswith("  send") else ""
    (helps,) = false_claims(rules_text(SUN).replace(steps, kept), SUN)
    assert helps[2] == (
        'after 6 minutes, `widen to team "Global Duty"` lets team "Global Duty", title "Incident Commander" be asked'
    )


@pytest.mark.parametrize("claim", ["  then at first not team", "  then not team"])
def test_at_first_is_about_the_beginning_of_the_search(claim: str) -> None:
    text = rules_text(SUN).replace(OWN_STEPS[0], '  send to team "Dublin Engineering"\n')
    ending = " at first" if "at first" not in claim else ""
    text = text.replace(CLAIM, f'{claim} "Dublin Engineering"{ending}\n')
    assert not false_claims(text, SUN)


def test_a_step_may_be_claimed_never_to_happen() -> None:
    claim = 'expect never "x"\n  when tags include "safety"\n  then {}\n'
    text = rules_text("small_team")
    assert not false_claims(text + claim.format("offer booking"), "small_team")
    assert false_claims(text + claim.format("alert the team lead"), "small_team")
    assert not false_claims(text + claim.format("not alert the team lead"), "small_team")


LINES = ('team "Support"', 'team "Office"', 'title "Advisor"', 'team "Support", title "Advisor"', 'title "Bookkeeper"')
STEPS = (
    'widen to team "Office"', 'widen to title "Advisor"', 'drop skill "diesel"', "offer booking",
    "drop skill of this product area",
)  # fmt: skip
REQUIRED = ('skill "diesel"', 'skill "sails" at level 3', "skill of this product area")


def random_file(random: Random) -> str:
    """A rule for one product area, another for the rest, and the claim that some people are never asked."""
    lines = ['rules for "Harbor Boats support"']
    for heading in ('rule "A"\n  when product area is sails or hull', "otherwise"):
        lines += [heading, f"  send to {random.choice(LINES)}"]
        lines += [f"  require {skill}" for skill in random.sample(REQUIRED, random.choice((0, 0, 1)))]
        steps = random.sample(STEPS, random.randint(0, 3))
        lines += [f"  if nobody in {minute} minutes, {step}" for minute, step in enumerate(steps, 1)]
    return "\n".join(lines) + "\n"


def asked(facts: Facts, text: str, desk: Directory) -> set[tuple[str, str]]:
    """The team and title of everybody whom the search for this escalation may ask."""
    decision = compile_rules(text, desk).decide(facts, MONDAY_NOON)
    if decision.kind is CallKind.REFUSED:
        return set()
    people = {
        member for step in range(len(decision.steps) + 1) for member in pool(decision, desk, 0, step=step).members
    }
    teams, titles = ({one.id: one.name for one in groups} for groups in (desk.teams, desk.titles))
    return {(teams[one.team], titles[one.title]) for one in desk.people if one.id in people}


def test_a_claim_is_refused_if_and_only_if_some_search_asks_such_a_person() -> None:
    desk, random, refused = directory("small_team"), Random(13), 0
    areas: list[Facts] = [*({"product area": area} for area in ("engine", "hull", "sails", "billing")), {}]
    for _ in range(60):
        text = random_file(random)
        if any(one.severity == "error" for one in check_rules(text, desk)):
            continue
        reached = [asked(facts, text, desk) for facts in areas]
        for (team, title), negated in product((("Support", "Advisor"), ("Office", "Bookkeeper")), (False, True)):
            happens = any(((team, title) == one) is not negated for people in reached for one in people)
            target = f'{"not " if negated else ""}team "{team}", title "{title}"'
            claim = f'expect never "x"\n  when anything\n  then {target}\n'
            assert bool(false_claims(text + claim, "small_team")) is happens, text + claim
            refused += happens
    assert 20 < refused < 200
