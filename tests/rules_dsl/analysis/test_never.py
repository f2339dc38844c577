"""``expect never`` over the whole search."""

from __future__ import annotations

import pytest

from rules_dsl import check_rules
from tests.rules_dsl.desks import directory, rules_text

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


def test_a_step_whose_pool_before_is_empty_is_taken_immediately() -> None:
    text = (
        'rules for "Harbor Boats support"\notherwise\n  send to team "Office"\n  require skill "diesel"\n'
        '  if nobody in 5 minutes, widen to team "Support"\n'
        'expect never "x"\n  when anything\n  then team "Support"\n'
    )
    (helps,) = false_claims(text, "small_team")
    assert helps[-1] == (
        'immediately, because nobody is there before, `widen to team "Support"` lets team "Support", '
        'title "Marine Engineer" be asked'
    )
