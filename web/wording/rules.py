"""The rules' own phrases, shortened for people who read at a glance: no quotes, no keywords."""

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
"""What follows the colon, in a place of its own."""


def pool_words(said: str) -> str:
    """``team "Payments" with the customer's language (German)`` as ``Payments, in German``."""
    return _NAMED.sub(r"\1", _LANGUAGE.sub(r", in \1", said))


def why_words(values: Iterable[str]) -> list[str]:
    """What put somebody where they stand, without what does not speak for them.

    ``prefer skill "SEPA": yes, skill "SEPA"`` is ``SEPA``; ``longest idle: 7 minutes`` is ``idle for 7 minutes``.
    """
    return [words for words in map(_brief, values) if words]


def _brief(value: str) -> str:
    key, _, found = value.rpartition(": ")
    if found in ("no", "0 seconds"):
        return ""
    if key.startswith("prefer "):
        return _NAMED.sub(r"\1", found.removeprefix("yes, "))
    if found == "yes":
        return key
    return _BRIEF.get(key, key + ": {}").format(found)
