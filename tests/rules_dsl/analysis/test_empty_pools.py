"""Rules that ask nobody, for lack of a level, a language or a shift."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules_dsl import check_rules
from rules_dsl.directory import FactType
from tests.rules_dsl.desks import HEAD, directory, rules_text

END = 'otherwise\n  send to team "Support"\n'


LANGUAGE = "  require the customer's language"
DROP = 'if nobody in 5 minutes, drop skill "sails"'
WEEKEND = 'during hours "weekend"'
SPOKEN = FactType("language", "choice", ("danish", "english", "german"), may_be_missing=False)


def codes(rule: str) -> list[str]:
    text = (
        f'{HEAD}hours "night" are Mon to Fri 22:00 to 24:00\nhours "weekend" are Sat to Sun 18:00 to 20:00\n'
        f'define "nightly"\n  when during hours "night"\n  and reopened\nrule "A"\n  when {rule}\n{END}'
    )
    boats = directory("small_team")
    desk = replace(boats, facts=(*boats.facts, SPOKEN))
    return [one.code for one in check_rules(text, desk) if one.code in ("R340", "R341", "R342", "R343")]


def test_a_level_that_no_incident_commander_has_is_named() -> None:
    text = rules_text("follow_the_sun").replace('"major incident" at level 3', '"major incident" at level 4')
    (found,) = check_rules(text, directory("follow_the_sun"))
    assert (found.code, found.line) == ("R340", 49)


def test_a_pool_that_no_step_fills_is_said_to_be_empty_at_any_time() -> None:
    rule = 'when reopened\n  send to team "Office"\n  require skill "diesel"\n  if nobody in 5 minutes, offer booking'
    (found,) = (one for one in check_rules(f'{HEAD}rule "A"\n  {rule}\n{END}', directory("small_team")))
    assert found.text == 'nobody in team "Office" has skill "diesel", so nobody is asked at any time'


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('during hours "night"\n  send to team "Office"', ["R342"]),
        ('during hours "night"\n  or when reopened\n  send to team "Office"', []),
        ('outside hours "night"\n  send to team "Office"', []),
        ('during hours "night"\n  send to team "Office"\n  offer booking only', []),
        ('during hours "night"\n  no call, say "Tomorrow."', []),
        ('reopened\n  send to team "Support"\n  require skill "diesel" at level 5\n  require skill "sails"', ["R340"]),
        ('reopened\n  send to team "Support"\n  require skill "diesel" at level 5', []),
        # At level 2, two people can do sails, who speak all three languages between them; at level 5, one of them.
        ('reopened\n  send to team "Support"\n  require skill "sails" at level 2\n' + LANGUAGE, []),
        ('reopened\n  send to team "Support"\n  require skill "sails" at level 5\n' + LANGUAGE, ["R341"]),
        # Only Miguel is there at the weekend, and he has no sails.
        (f'{WEEKEND}\n  send to team "Support"\n  require skill "diesel"', []),
        (f'{WEEKEND}\n  send to team "Support"\n  require skill "sails"', ["R342"]),
        (f'{WEEKEND}\n  send to team "Support"\n  require skill "sails"\n  {DROP}', []),
        ('"nightly"\n  send to team "Office"', ["R342"]),
        ('not "nightly"\n  send to team "Office"', []),
        ('reopened\n  send to team "Office"\n  require skill of this product area', ["R343"]),
        ('product area is billing\n  send to team "Office"\n  require skill of this product area', []),
        (
            'reopened\n  send to team "Office"\n  require skill of this product area\n'
            "  if nobody in 5 minutes, drop skill of this product area",
            [],
        ),
    ],
)
def test_a_rule_is_reported_only_if_nobody_is_left(rule: str, expected: list[str]) -> None:
    assert codes(rule) == expected
