"""Rules that ask nobody, for lack of a level, a language or a shift."""

from __future__ import annotations

import pytest

from rules_dsl import check_rules
from tests.rules_dsl.desks import HEAD, directory, rules_text

END = 'otherwise\n  send to team "Support"\n'


def codes(rule: str) -> list[str]:
    text = f'{HEAD}hours "night" are Mon to Fri 22:00 to 24:00\nrule "A"\n  when {rule}\n{END}'
    return [one.code for one in check_rules(text, directory("small_team")) if one.code in ("R340", "R341", "R342")]


def test_a_level_that_no_incident_commander_has_is_named() -> None:
    text = rules_text("follow_the_sun").replace('"major incident" at level 3', '"major incident" at level 4')
    (found,) = check_rules(text, directory("follow_the_sun"))
    assert (found.code, found.line) == ("R340", 49)


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
    ],
)
def test_a_rule_is_reported_only_if_nobody_is_left(rule: str, expected: list[str]) -> None:
    assert codes(rule) == expected
