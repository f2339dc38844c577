"""Conditions: each as the line that says it, and what the document says it means.

A condition is true, false, or unknown (None).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Value = str | int | bool | frozenset[str]
Truth = bool | None

PRIORITIES = ("low", "normal", "high", "urgent")
VALUES = {
    "priority": PRIORITIES,
    "product area": ("sails", "hull", "engine"),
    "language": ("danish", "german", "english"),
}
UNITS = {"ARR": ("k", 100_000), "ticket age": (" hours", 3600), "replies": ("", 1)}
"""How an amount is written, and how many cents or seconds it has."""
FACTS: dict[str, dict[str, object]] = {
    "priority": {"type": "choice", "values": [*PRIORITIES], "ordered": True, "may_be_missing": False},
    "product area": {"type": "choice", "values": [*VALUES["product area"]]},
    "language": {"type": "choice", "values": [*VALUES["language"]]},
    "ARR": {"type": "money"},
    "ticket age": {"type": "duration", "may_be_missing": False},
    "replies": {"type": "count"},
    "reopened": {"type": "yes/no"},
    "tags": {"type": "tags"},
}


@dataclass(frozen=True)
class Situation:
    """An escalation: what is known of it, and which hours are open at its moment."""

    facts: Mapping[str, Value]
    open: Mapping[str, bool]


class Condition:
    """One line after ``when``, ``and``, ``or when`` or ``unless``."""

    def line(self) -> str:
        raise NotImplementedError

    def truth(self, situation: Situation) -> Truth:
        raise NotImplementedError


@dataclass(frozen=True)
class Anything(Condition):
    def line(self) -> str:
        return "anything"

    def truth(self, situation: Situation) -> Truth:
        return True


@dataclass(frozen=True)
class Chosen(Condition):
    fact: str
    values: tuple[str, ...]
    negated: bool

    def line(self) -> str:
        return f"{self.fact} is {'not ' * self.negated}{' or '.join(self.values)}"

    def truth(self, situation: Situation) -> Truth:
        value = situation.facts.get(self.fact)
        return None if value is None else (value in self.values) is not self.negated


@dataclass(frozen=True)
class Compared(Condition):
    fact: str
    comparison: str
    amount: int | str

    def line(self) -> str:
        unit = UNITS[self.fact][0] if self.fact in UNITS else ""
        return f"{self.fact} is {self.comparison} {self.amount}{unit}"

    def truth(self, situation: Situation) -> Truth:
        value = situation.facts.get(self.fact)
        if value is None:
            return None
        if isinstance(self.amount, str):
            found, limit = PRIORITIES.index(str(value)), PRIORITIES.index(self.amount)
        else:
            found, limit = int(str(value)), self.amount * UNITS[self.fact][1]
        return {
            "at least": found >= limit, "at most": found <= limit, "over": found > limit, "under": found < limit
        }[self.comparison]  # fmt: skip


@dataclass(frozen=True)
class Between(Condition):
    fact: str
    low: int
    high: int

    def line(self) -> str:
        unit = UNITS[self.fact][0]
        return f"{self.fact} is between {self.low}{unit} and {self.high}{unit}"

    def truth(self, situation: Situation) -> Truth:
        value, size = situation.facts.get(self.fact), UNITS[self.fact][1]
        return None if value is None else self.low * size <= int(str(value)) <= self.high * size


@dataclass(frozen=True)
class Known(Condition):
    fact: str
    negated: bool

    def line(self) -> str:
        return f"{self.fact} is {'unknown' if self.negated else 'known'}"

    def truth(self, situation: Situation) -> Truth:
        return (self.fact in situation.facts) is not self.negated


@dataclass(frozen=True)
class Flag(Condition):
    fact: str
    negated: bool

    def line(self) -> str:
        return f"{'not ' * self.negated}{self.fact}"

    def truth(self, situation: Situation) -> Truth:
        value = situation.facts.get(self.fact)
        return None if value is None else (value is True) is not self.negated


@dataclass(frozen=True)
class Tagged(Condition):
    tags: tuple[str, ...]
    join: str
    negated: bool
    fact: str = "tags"

    def line(self) -> str:
        listed = f" {self.join} ".join(f'"{tag}"' for tag in self.tags)
        return f"tags {'do not ' * self.negated}include {listed}"

    def truth(self, situation: Situation) -> Truth:
        tags = situation.facts.get("tags")
        if not isinstance(tags, frozenset):
            return None
        found = [tag in tags for tag in self.tags]
        return (all(found) if self.join == "and" else any(found)) is not self.negated


@dataclass(frozen=True)
class Open(Condition):
    hours: str
    negated: bool

    def line(self) -> str:
        return f'{"outside" if self.negated else "during"} hours "{self.hours}"'

    def truth(self, situation: Situation) -> Truth:
        return situation.open[self.hours] is not self.negated


@dataclass(frozen=True)
class When:
    """``when`` and ``and``, the alternatives after ``or when``, and ``unless``, which excludes."""

    alternatives: tuple[tuple[Condition, ...], ...]
    unless: tuple[Condition, ...] = ()

    def lines(self) -> list[str]:
        found: list[str] = []
        for alternative in self.alternatives:
            leads = ("or when" if found else "when", *("and" for _ in alternative[1:]))
            found += [f"  {lead} {one.line()}" for lead, one in zip(leads, alternative, strict=True)]
        return [*found, *(f"  unless {one.line()}" for one in self.unless)]

    def truth(self, situation: Situation) -> Truth:
        some = _any(_every(one.truth(situation) for one in alternative) for alternative in self.alternatives)
        return _every((some, _opposite(_any(one.truth(situation) for one in self.unless))))

    def parts(self) -> list[Condition]:
        """Every condition in it, those of its definitions too."""
        found = [one for alternative in (*self.alternatives, self.unless) for one in alternative]
        return [part for one in found for part in (one.when.parts() if isinstance(one, Defined) else [one])]


@dataclass(frozen=True)
class Defined(Condition):
    name: str
    when: When
    negated: bool

    def line(self) -> str:
        return f'{"not " * self.negated}"{self.name}"'

    def truth(self, situation: Situation) -> Truth:
        truth = self.when.truth(situation)
        return _opposite(truth) if self.negated else truth


def _every(truths: Iterable[Truth]) -> Truth:
    """False if one is false; else unknown if one is unknown; else true."""
    found = set(truths)
    return False if False in found else None if None in found else True


def _any(truths: Iterable[Truth]) -> Truth:
    """True if one is true; else unknown if one is unknown; else false."""
    found = set(truths)
    return True if True in found else None if None in found else False


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth
