"""A check ends soon for any file, and reports what it could not prove."""

from __future__ import annotations

import time

import pytest

from rules_dsl import check_rules
from tests.rules_dsl.desks import directory

LONGEST = 4.0
"""CPU seconds. The goal is less than one, but tests run on any machine."""


def pigeons(holes: int) -> str:
    """The pigeonhole principle, the hardest problem that a few lines can state."""
    lines = ['rules for "Harbor Boats support"', 'rule "Homeless or crowded"']
    lead = "when"
    for bird in range(holes + 1):
        tags = ", ".join(f'"b{bird}h{hole}"' for hole in range(holes))
        lines.append(f"  {lead} tags do not include {tags}")
        lead = "or when"
    for hole in range(holes):
        for bird in range(holes + 1):
            lines += [f'  or when tags include "b{bird}h{hole}" and "b{other}h{hole}"' for other in range(bird)]
    lines += ['  send to team "Support"', 'rule "Impossible"', "  when reopened", '  send to team "Office"']
    return "\n".join([*lines, "otherwise", '  send to team "Support"']) + "\n"


def test_a_proof_with_few_pigeons_succeeds() -> None:
    assert [diagnostic.code for diagnostic in check_rules(pigeons(4), directory("small_team"))] == ["R307"]


def test_a_proof_with_many_pigeons_is_given_up() -> None:
    start = time.process_time()
    (diagnostic,) = check_rules(pigeons(11), directory("small_team"))
    assert diagnostic.code == "R327"
    assert '"Impossible"' in diagnostic.helps[0]
    assert time.process_time() - start < LONGEST


def many_rules(rules: int, condition: str) -> str:
    """``condition`` has a placeholder for the rule's number."""
    blocks = [f'rule "{n}"\nwhen {condition.format(n=n)}\nsend to team "Support"\n' for n in range(rules)]
    return "".join(['rules for "Harbor Boats support"\n', *blocks, 'otherwise\nsend to team "Support"\n'])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("replies is {n}", set()),
        ("replies is between {n} and 5000", {"R307"}),
        ('tags include "t{n}"', {"R327"}),
        ('"big"\nand not "big"\nand replies is {n}', {"R327"}),
    ],
)
def test_a_hundred_kilobytes_of_rules_take_no_longer(condition: str, expected: set[str]) -> None:
    text = many_rules(1700, condition)[:100_000].rpartition("rule ")[0] + 'otherwise\nsend to team "Support"\n'
    if '"big"' in condition:
        alternatives = "\n".join(f"{'or ' * bool(n)}when replies is {n * 3}" for n in range(400))
        text += f'define "big"\n{alternatives}\n'
    start = time.process_time()
    codes = {diagnostic.code for diagnostic in check_rules(text, directory("small_team"))}
    assert time.process_time() - start < LONGEST
    assert codes == expected
