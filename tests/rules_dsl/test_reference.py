"""Muster and a second implementation, written from the language's page alone, agree on random files."""

from __future__ import annotations

import os
import time
from random import Random

import pytest

from rules_dsl import Directory, InHours, draft_rules
from rules_dsl.analysis.hour_classes import hour_combinations
from tests.rules_dsl.reference.calendar import HOURS, states
from tests.rules_dsl.reference.comparison import compare
from tests.rules_dsl.reference.random_files import random_file

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
MOST_SITUATIONS = 4_000
FEW_SITUATIONS = 500
COMPARED = 15


def test_decisions_proofs_and_claims_of_random_files_are_those_that_the_document_means() -> None:
    assert sum(compare(seed, FEW_SITUATIONS) for seed in range(40)) >= COMPARED


def test_hours_are_open_together_exactly_as_in_some_half_hour_of_31_years() -> None:
    conditions = "\n  and ".join(f'during hours "{one.name}"' for one in HOURS)
    blocks = ['rules for "Desk"', *(one.line() for one in HOURS), f'rule "r"\n  when {conditions}\n  no call, say "x"']
    ruleset = draft_rules("\n\n".join(blocks), Directory.from_json(random_file(0).directory))
    assert ruleset is not None
    tests = [clause.test for clause in ruleset.rules[0].when.alternatives[0]]
    hours = tuple(test.hours for test in tests if isinstance(test, InHours))
    assert {state for _, state in hour_combinations(hours, "UTC")} == states(HOURS).keys()


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 120)
def test_the_same_for_minutes() -> None:
    ends, seed, compared = time.monotonic() + MINUTES * 60, Random().randrange(2**40), 0
    while time.monotonic() < ends:
        seed += 1
        compared += compare(seed, MOST_SITUATIONS)
    assert compared > MINUTES * 30, "at least one in two seconds"
