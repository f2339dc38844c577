"""Puts a ticket's facts into words, and reads facts from form fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rules_dsl import value_from_text
from rules_dsl.directory import FactType
from web.wording.times import length

FIELD = "fact."
"""Prefix of form fields that hold facts."""


def fact_rows(facts: Mapping[str, Any], declared: Sequence[FactType]) -> list[tuple[str, str]]:
    """The known facts as (name, value): declared ones in declaration order, then others. Leaves out empty values."""
    types = {fact.name: fact for fact in declared}
    names = [*(name for name in types if name in facts), *sorted(name for name in facts if name not in types)]
    rows = ((name, fact_words(facts[name], types.get(name))) for name in names)
    return [(name, words) for name, words in rows if words]


def fact_words(value: Any, declared: FactType | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if declared is not None and declared.kind == "duration" and isinstance(value, int | float):
        return length(value)
    if declared is not None and declared.kind == "money" and isinstance(value, int):
        return f"{value / 100:,.2f}"
    return "" if value is None else str(value)


def facts_of_form(fields: Mapping[str, str], declared: Sequence[FactType]) -> dict[str, Any]:
    """The facts that somebody filled in, keyed by name, as a help desk would send them."""
    return {
        fact.name: value_from_text(fact, fields[fact.name]) for fact in declared if fields.get(fact.name, "").strip()
    }
