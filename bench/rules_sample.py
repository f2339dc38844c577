"""Reproducible sample rules and escalations for benchmarks: 13 facts, any number of rules."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from rules_dsl.directory import Directory, FactType, FactValue, Person, Team, Title

FACTS = (
    FactType("priority", "choice", ("low", "normal", "high", "urgent"), ordered=True),
    FactType("tier", "choice", ("free", "starter", "business", "enterprise", "strategic"), ordered=True),
    FactType("product area", "choice", tuple(f"area{number}" for number in range(12))),
    FactType("language", "choice", ("english", "german", "french", "danish")),
    FactType("issue type", "choice", ("question", "incident", "bug", "security", "billing")),
    FactType("channel", "choice", ("mail", "chat", "phone", "form")),
    FactType("region", "choice", ("emea", "amer", "apac")),
    FactType("replies", "count"),
    FactType("contacts", "count"),
    FactType("ARR", "money"),
    FactType("ticket age", "duration"),
    FactType("reopened", "yes/no"),
    FactType("outage", "yes/no"),
)
DIRECTORY = Directory(
    "Sample desk",
    "Europe/Berlin",
    "EUR",
    teams=(Team(1, "Support", "support@desk.example"),),
    facts=FACTS,
    titles=(Title(1, "Advisor"),),
    people=(Person(1, "Mira Olsen", "mira@desk.example", 1, 1),),
)
NOW = datetime(2026, 2, 4, 11, tzinfo=UTC)
_TOP = {"replies": 12, "contacts": 9, "ARR": 500, "ticket age": 20}
_DAY = 86400


@dataclass(frozen=True)
class Condition:
    """One condition for every engine: the fact, the operator, and the values in the fact's own unit."""

    fact: FactType
    operator: str
    """``in``, ``at least``, ``under``, ``yes``, ``no``."""
    values: tuple[str | int, ...] = ()

    def line(self) -> str:
        name = self.fact.name
        match self.operator:
            case "in":
                return f"{name} is {' or '.join(str(value) for value in self.values)}"
            case "yes":
                return name
            case "no":
                return f"not {name}"
        unit = {"money": "k", "duration": " days"}.get(self.fact.kind, "")
        return f"{name} is {self.operator} {self.values[0]}{unit}"

    @property
    def amount(self) -> int:
        """The value in minor units or seconds, like facts."""
        return int(self.values[0]) * {"money": 100_000, "duration": _DAY}.get(self.fact.kind, 1)


Conditions = tuple[Condition, ...]


def conditions(rules: int) -> list[Conditions]:
    """Rules of four to six conditions, so that most escalations match late or never."""
    generator = random.Random(rules)
    return [
        tuple(_condition(fact, generator) for fact in generator.sample(FACTS, generator.randint(4, 6)))
        for _ in range(rules)
    ]


def _condition(fact: FactType, generator: random.Random) -> Condition:
    if fact.kind == "choice":
        return Condition(fact, "in", tuple(generator.sample(fact.values, generator.randint(1, 2))))
    if fact.kind == "yes/no":
        return Condition(fact, generator.choice(("yes", "no")))
    return Condition(fact, generator.choice(("at least", "under")), (generator.randint(1, _TOP[fact.name]),))


def text(rules: list[Conditions]) -> str:
    parts = [f'rules for "{DIRECTORY.desk}"']
    for number, lines in enumerate(rules):
        when = "\n  and ".join(line.line() for line in lines)
        parts.append(f'rule "r{number}"\n  when {when}\n  send to team "Support"')
    return "\n\n".join([*parts, 'otherwise\n  send to team "Support"']) + "\n"


def escalations(count: int) -> list[dict[str, FactValue]]:
    """Escalations in which one fact in twenty is unknown."""
    generator = random.Random(count)
    return [{fact.name: _value(fact, generator) for fact in FACTS if generator.random() > 0.05} for _ in range(count)]


def _value(fact: FactType, generator: random.Random) -> FactValue:
    if fact.kind == "choice":
        return generator.choice(fact.values)
    if fact.kind == "yes/no":
        return generator.random() < 0.5
    unit = {"money": 100_000, "duration": _DAY}.get(fact.kind, 1)
    return generator.randint(0, _TOP[fact.name]) * unit
