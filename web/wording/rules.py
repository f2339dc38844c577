"""Phrases of the rules language, shortened for reading at a glance: without quotes and keywords."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMED = re.compile(r'(?:\b(?:team|title|skill) )?"([^"]*)"')
_LANGUAGE = re.compile(r" with the customer's language \((\w+)\)")

_BRIEF = {
    "least busy": "in calls for {}",
    "longest idle": "idle for {}",
    "fewest calls today": "{}",
    "round robin": "{}",
    "best CSAT on this product area": "rated {} on this product area",
    "best CSAT": "rated {}",
    "most experienced": "skill {}",
}
"""Keyed by what precedes the colon in a ranking; ``{}`` stands for what follows it."""


def pool_words(pool: str) -> str:
    """Turns ``team "Payments" with the customer's language (German)`` into ``Payments, in German``."""
    return _NAMED.sub(r"\1", _LANGUAGE.sub(r", in \1", pool))


def why_words(values: Iterable[str]) -> list[str]:
    """The reasons for somebody's rank, without zeros and unmet preferences.

    ``prefer skill "SEPA": yes, skill "SEPA"`` becomes ``SEPA``; ``longest idle: 7 minutes`` becomes ``idle for 7
    minutes``.
    """
    return [words for words in map(_brief, values) if words]


def _brief(value: str) -> str:
    key, _, result = value.rpartition(": ")
    if result in ("no", "0 seconds"):
        return ""
    if key.startswith("prefer "):
        return _NAMED.sub(r"\1", result.removeprefix("yes, "))
    if result == "yes":
        return key
    return _BRIEF.get(key, key + ": {}").format(result)
