"""Phrases of the rules language, shortened for reading at a glance."""

from __future__ import annotations

import pytest

from web.wording.rules import pool_words, why_words


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ('team "Support"', "Support"),
        ('team "Support", title "Marine Engineer" or "Skipper"', "Support, Marine Engineer or Skipper"),
        ('team "Payments" with the customer\'s language (German)', "Payments, in German"),
        ('team "Payments" with skill "SEPA" at level 2', "Payments with SEPA at level 2"),
        ('team "Team 7" or title "The "', "Team 7 or The "),
        ("otherwise", "otherwise"),
    ],
)
def test_pools(pool: str, words: str) -> None:
    assert pool_words(pool) == words


def test_reasons_leave_out_unmet_preferences() -> None:
    values = (
        'prefer skill "SEPA" or skill "tax": yes, skill "SEPA"',
        "prefer the customer's language: yes, speaks german",
        'prefer skill "python": no',
        "fewest calls today: 0 calls today",
        "longest idle: 7 minutes",
        "least busy: 12 minutes in the last 4 hours",
        "round robin: last asked 3 minutes ago",
        "best CSAT on this product area: 4.20",
        "handled this customer before: yes",
        "handled this customer before: no",
        "most experienced: levels add up to 7",
        "longest idle: 0 seconds",
        "something new: 5",
    )
    assert why_words(values) == [
        "SEPA",
        "speaks german",
        "0 calls today",
        "idle for 7 minutes",
        "in calls for 12 minutes in the last 4 hours",
        "last asked 3 minutes ago",
        "rated 4.20 on this product area",
        "handled this customer before",
        "skill levels add up to 7",
        "something new: 5",
    ]
