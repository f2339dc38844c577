"""Reads facts from outside and checks them against the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from rules_dsl.directory.directory import Directory, Facts, FactType, FactValue
from rules_dsl.model.amounts import LONGEST, clearer_amounts, foreign_sign, minor_units, read_duration, read_money
from rules_dsl.syntax.diagnostics import nearest

KINDS = {
    "choice": "one of a list",
    "count": "a whole number",
    "money": "an amount of money",
    "duration": "a duration",
    "yes/no": "yes or no",
    "tags": "a set of tags",
    "moment": "a moment",
}
"""The kinds of facts, as diagnostics and pages name them."""
_YES, _NO = frozenset({"yes", "true"}), frozenset({"no", "false"})
_DIGITS = 20
"""Maximum number of digits parsed in a number; longer numbers are out of range anyway."""
_MOST_TAGS = 1000
_LONGEST_TAG = 200
_LARGEST = 10**15
_MONEY = "expected an amount with at most two decimals, or a text such as 250k"
_MOST_LISTED = 12


class FactRefused(Exception):
    """A fact that isn't declared, or a value that doesn't fit its type."""

    def __init__(self, name: str, reason: str, others: tuple[FactRefused, ...] = ()) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.others = others
        """Further errors in the same facts."""

    @property
    def all(self) -> tuple[FactRefused, ...]:
        return (self, *self.others)


def read_facts(raw: Mapping[str, object], directory: Directory, *, stored: bool = False) -> Facts:
    """Read facts by name; one that is absent or ``None`` is unknown. Raises one ``FactRefused`` with all errors.

    A number and its text mean the same. Count: a whole number. Money: an amount in the organisation's currency, or
    ``"250k"``; in minor units if ``stored``, as an escalation's facts are. Duration: seconds, or ``"3 days"``. Choice:
    one of its values. Tags: a list of strings. Yes/no: true or false, or the words. Moment: ISO 8601 with a time zone.
    """
    found: dict[str, FactValue] = {}
    refused: list[FactRefused] = []
    for name, value in raw.items():
        try:
            fact = _declared(name, directory)
            if value is not None:
                found[name] = _read(fact, value, directory.currency, stored)
        except FactRefused as error:
            refused.append(error)
    if refused:
        raise FactRefused(refused[0].name, refused[0].reason, tuple(refused[1:]))
    return found


def _declared(name: str, directory: Directory) -> FactType:
    fact = directory.fact_named(name)
    if fact is None:
        near = nearest(name, [known.name for known in directory.facts])
        raise FactRefused(name, "there is no such fact" + (f"; did you mean `{near}`?" if near else ""))
    return fact


def value_from_text(fact: FactType, typed: str) -> object:
    """Convert text from a form or a help desk to input for ``read_facts``. Empty text means unknown."""
    typed = typed.strip()
    low = typed.lower()
    if not typed:
        return None
    if fact.kind == "tags":
        return [tag.strip() for tag in typed.split(",") if tag.strip()]
    if fact.kind == "yes/no":
        return True if low in _YES else False if low in _NO else typed
    if fact.kind in ("count", "duration") and typed.isascii() and typed.isdigit():
        return int(typed[:_DIGITS])
    return typed


def kind_of_fact(fact: FactType) -> str:
    """A fact's type and values in words: ``one of a list: low, normal, high``."""
    values = f": {', '.join(fact.values)}" if fact.values else ""
    return f"{'an ordered list' if fact.ordered else KINDS[fact.kind]}{values}"


def _read(fact: FactType, value: object, currency: str, stored: bool) -> FactValue:
    match fact.kind:
        case "choice":
            return _choice(fact, value)
        case "count":
            count = value_from_text(fact, value) if isinstance(value, str) else value
            return _whole(fact, count, "expected a whole number")
        case "money":
            return _whole(fact, value, _MONEY) if stored else _money(fact, value, currency)
        case "duration":
            return _duration(fact, value)
        case "yes/no":
            flag = value_from_text(fact, value) if isinstance(value, str) else value
            if isinstance(flag, bool):
                return flag
            raise FactRefused(fact.name, "expected true or false")
        case "tags":
            return _tags(fact, value)
        case "moment":
            return _moment(fact, value)


def _choice(fact: FactType, value: object) -> str:
    if isinstance(value, str):
        for known in fact.values:
            if known.lower() == value.lower():
                return known
    near = nearest(value, fact.values) if isinstance(value, str) else None
    meant = f"; did you mean `{near}`?" if near else ""
    raise FactRefused(fact.name, f"expected one of {_listed(fact.values)}{meant}")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values[:_MOST_LISTED]) + (" …" if len(values) > _MOST_LISTED else "")


def _whole(fact: FactType, value: object, reason: str, largest: int = _LARGEST) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest:
        return value
    raise FactRefused(fact.name, reason)


def _money(fact: FactType, value: object, currency: str) -> int:
    """Minor units from a number or a text, which mean the same."""
    if isinstance(value, str):
        sign, clearer = foreign_sign(value, currency), clearer_amounts(value, currency)
        if sign is not None:
            raise FactRefused(fact.name, f"expected an amount in {currency}, without `{sign}`")
        if clearer:
            raise FactRefused(fact.name, f"at most two digits may follow the point: write {' or '.join(clearer)}")
        return _whole(fact, read_money(value, currency), _MONEY)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise FactRefused(fact.name, _MONEY)
    return _whole(fact, minor_units(Decimal(str(value)), currency), _MONEY)


def _duration(fact: FactType, value: object) -> int:
    reason = "expected seconds or a text such as 3 days"
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:_DIGITS])
    if isinstance(value, str):
        words = value.lower().split()
        duration = read_duration(words)
        if duration is None or duration.working_days or duration.tokens != len(words):
            raise FactRefused(fact.name, reason)
        return duration.seconds
    return _whole(fact, value, reason, LONGEST)


def _tags(fact: FactType, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MOST_TAGS:
        raise FactRefused(fact.name, f"expected a list of at most {_MOST_TAGS} texts")
    tags: set[str] = set()
    for tag in value:
        if not isinstance(tag, str) or not tag.strip() or len(tag) > _LONGEST_TAG:
            raise FactRefused(fact.name, f"expected tags of 1 to {_LONGEST_TAG} characters")
        tags.add(tag)
    return tuple(sorted(tags))


def _moment(fact: FactType, value: object) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FactRefused(fact.name, "expected a moment with its time zone, such as 2026-03-01T09:30:00+01:00")
    return moment.isoformat()
