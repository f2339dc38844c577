"""Vital signs: what calls for somebody, and what is everyday life."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.vital_signs import VitalSigns, concerns

FINE = VitalSigns(
    unrelayed=2,
    oldest_unrelayed=0.4,
    unserved=0,
    oldest_unserved=0.0,
    queued=1,
    oldest_queued=3.0,
    failed_messages=0,
    rounds_last_minute=30,
    since_round=1.5,
    workflows_failing=0,
    since_audit=25.0,
    workflows_rebuilt=7,
)


def test_an_installation_at_work_worries_nobody() -> None:
    assert concerns(FINE) == []


def test_calls_that_nobody_takes_are_no_fault_while_rounds_run() -> None:
    assert concerns(replace(FINE, unserved=40, oldest_unserved=900.0)) == []


def test_an_installation_that_has_just_begun_worries_nobody() -> None:
    assert concerns(replace(FINE, since_round=None, since_audit=None, rounds_last_minute=0)) == []


@pytest.mark.parametrize(
    ("signs", "part", "words"),
    [
        (replace(FINE, since_round=16.0, unserved=3), "rounds", "no round for 16 s, 3 calls due: nobody is asked"),
        (
            replace(FINE, oldest_unrelayed=31.0),
            "outbox",
            "2 events not relayed, the oldest for 31 s: is a worker running",
        ),
        (replace(FINE, workflows_failing=1), "workflows", "tasks of 1 workflows fail: a worker rebuilds them"),
        (replace(FINE, since_audit=1000.0), "auditor", "no complete audit for 17 min: is a worker running"),
        (replace(FINE, queued=9, oldest_queued=600.0), "messages", "9 messages wait, the oldest for 10 min: is a"),
    ],
)
def test_each_concern_says_what_is_wrong_and_what_to_do(signs: VitalSigns, part: str, words: str) -> None:
    (concern,) = concerns(signs)
    assert concern.part == part
    assert str(concern).startswith(words)
