"""Muster and a second implementation, written from the language's page alone, agree on random files."""

from __future__ import annotations

import os
import time
from random import Random

import pytest

from tests.rules_dsl.reference.comparison import compare

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
MOST_SITUATIONS = 4_000
FEW_SITUATIONS = 500
COMPARED = 15


def test_decisions_proofs_and_claims_of_random_files_are_those_that_the_document_means() -> None:
    assert sum(compare(seed, FEW_SITUATIONS) for seed in range(40)) >= COMPARED


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 120)
def test_the_same_for_minutes() -> None:
    ends, seed, compared = time.monotonic() + MINUTES * 60, Random().randrange(2**40), 0
    while time.monotonic() < ends:
        seed += 1
        compared += compare(seed, MOST_SITUATIONS)
    assert compared > MINUTES * 30, "at least one in two seconds"
