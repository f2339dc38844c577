"""A check ends soon, whatever stands in the file; and says what it could not prove."""

from __future__ import annotations

import time

from rules_dsl import check_rules
from tests.rules_dsl.desks import directory

LONGEST = 10.0
"""Seconds of processor time; about two are meant, and a test may run on anything."""


def pigeons(holes: int) -> str:
    """No way to put one bird more than there are holes into them: as hard as a few lines can be."""
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


def test_few_pigeons_are_proven() -> None:
    assert [message.code for message in check_rules(pigeons(4), directory("small_team"))] == ["R307"]


def test_many_pigeons_are_given_up() -> None:
    start = time.process_time()
    (message,) = check_rules(pigeons(11), directory("small_team"))
    assert message.code == "R327"
    assert '"Impossible"' in message.helps[0]
    assert time.process_time() - start < LONGEST
