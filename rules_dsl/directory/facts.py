"""Facts as they come from outside, checked against the desk's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rules_dsl.directory.directory import Directory, Facts, FactType, FactValue
from rules_dsl.model.amounts import LONGEST, read_duration, read_money
from rules_dsl.syntax.diagnostics import nearest

KINDS = {
    "choice": "one of a list",
    "count": "a whole number",
    "money": "an amount of money",
    "duration": "a length of time",
    "yes/no": "yes or no",
    "tags": "a set of tags",
    "moment": "a moment",
}
"""Each kind of fact, as messages name it."""
_YES, _NO = frozenset({"yes", "true"}), frozenset({"no", "false"})
_DIGITS = 20
"""More are out of range all the same."""
_MOST_TAGS = 1000
_LONGEST_TAG = 200
_LARGEST = 10**15
_SHOWN = 12


class FactRefused(Exception):
    """A fact that the desk does not know, or a value that its type does not have."""

    def __init__(self, name: str, reason: str, others: tuple[FactRefused, ...] = ()) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.others = others
        """What else was wrong among the same facts."""

    @property
    def all(self) -> tuple[FactRefused, ...]:
        return (self, *self.others)


def read_facts(raw: Mapping[str, object], directory: Directory) -> Facts:
    """Facts by their declared names. An absent one, or ``None``, is unknown. Raises ``FactRefused``, once for all.

    Count: a whole number, or its digits. Money: minor units, or ``"250k"``. Duration: seconds, or ``"3 days"``.
    Choice: one of its values. Tags: a list of texts. Yes/no: true or false, or the words. Moment: ISO 8601 with a zone.
    """
    found: dict[str, FactValue] = {}
    refused: list[FactRefused] = []
    for name, value in raw.items():
        try:
            fact = _declared(name, directory)
            if value is not None:
                found[name] = _read(fact, value, directory.currency)
        except FactRefused as wrong:
            refused.append(wrong)
    if refused:
        raise FactRefused(refused[0].name, refused[0].reason, tuple(refused[1:]))
    return found


def _declared(name: str, directory: Directory) -> FactType:
    fact = directory.fact_named(name)
    if fact is None:
        near = nearest(name, [known.name for known in directory.facts])
        raise FactRefused(name, "there is no such fact" + (f"; did you mean `{near}`?" if near else ""))
    return fact


def sent_as(fact: FactType, typed: str) -> object:
    """What somebody typed, or a help desk wrote into a text, in the form that ``read_facts`` reads. Empty: unknown."""
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
    """What a fact is, for a person: ``one of a list: low, normal, high``."""
    values = f": {', '.join(fact.values)}" if fact.values else ""
    return f"{'an ordered list' if fact.ordered else KINDS[fact.kind]}{values}"


def _read(fact: FactType, value: object, currency: str) -> FactValue:
    match fact.kind:
        case "choice":
            return _choice(fact, value)
        case "count":
            said = sent_as(fact, value) if isinstance(value, str) else value
            return _whole(fact, said, "a whole number is wanted")
        case "money":
            amount = read_money(value, currency) if isinstance(value, str) else None
            return amount if amount is not None else _whole(fact, value, "minor units or a text such as 250k is wanted")
        case "duration":
            return _duration(fact, value)
        case "yes/no":
            said = sent_as(fact, value) if isinstance(value, str) else value
            if isinstance(said, bool):
                return said
            raise FactRefused(fact.name, "true or false is wanted")
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
    raise FactRefused(fact.name, f"one of {_listed(fact.values)} is wanted{meant}")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values[:_SHOWN]) + (" …" if len(values) > _SHOWN else "")


def _whole(fact: FactType, value: object, wanted: str, largest: int = _LARGEST) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest:
        return value
    raise FactRefused(fact.name, wanted)


def _duration(fact: FactType, value: object) -> int:
    wanted = "seconds or a text such as 3 days is wanted"
    if isinstance(value, str):
        words = value.lower().split()
        duration = read_duration(words)
        if duration is None or duration.working_days or duration.tokens != len(words):
            raise FactRefused(fact.name, wanted)
        return duration.seconds
    return _whole(fact, value, wanted, LONGEST)


def _tags(fact: FactType, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MOST_TAGS:
        raise FactRefused(fact.name, f"a list of at most {_MOST_TAGS} texts is wanted")
    tags: set[str] = set()
    for tag in value:
        if not isinstance(tag, str) or not tag.strip() or len(tag) > _LONGEST_TAG:
            raise FactRefused(fact.name, f"each tag is a text of at most {_LONGEST_TAG} characters")
        tags.add(tag)
    return tuple(sorted(tags))


def _moment(fact: FactType, value: object) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FactRefused(fact.name, "a moment with its zone is wanted, such as 2026-03-01T09:30:00+01:00")
    return moment.isoformat()
