"""Reproducible sample rules and escalations for benchmarks: 13 facts, tags and hours, any number of rules."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rules_dsl.directory import Directory, FactType, FactValue, HolidayCalendar, Person, Team, Title

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
TAGS = FactType("tags", "tags", may_be_missing=False)
OFFICE = FactType("office", "yes/no", may_be_missing=False)
"""Whether the office is open: for Muster opening hours with holidays, for other engines a fact that is ready-made."""
DIRECTORY = Directory(
    "Sample desk",
    "Europe/Berlin",
    "EUR",
    teams=(Team(1, "Support", "support@desk.example"),),
    facts=(*FACTS, TAGS),
    holidays=(HolidayCalendar("Germany", "DE"),),
    titles=(Title(1, "Advisor"),),
    people=(Person(1, "Mira Olsen", "mira@desk.example", 1, 1),),
)
NOW = datetime(2026, 2, 4, 11, tzinfo=UTC)
_TOP = {"replies": 12, "contacts": 9, "ARR": 500, "ticket age": 20}
_DAY = 86400
_TAGS = tuple(f"tag{number}" for number in range(12))
_WEEKS = 52


@dataclass(frozen=True)
class Condition:
    """One condition for every engine: the fact, the operator, and the values in the fact's own unit."""

    fact: FactType
    operator: str
    """``in``, ``at least``, ``under``, ``yes``, ``no``, ``include``, ``do not include``."""
    values: tuple[str | int, ...] = ()

    def line(self) -> str:
        name = self.fact.name
        if self.fact is OFFICE:
            return f'{"during" if self.operator == "yes" else "outside"} hours "{name}"'
        match self.operator:
            case "include" | "do not include":
                return f'{name} {self.operator} "{self.values[0]}"'
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

    def opposite(self) -> Condition:
        """True if this one is false; both are unknown for an unknown fact."""
        others = {"at least": "under", "yes": "no", "include": "do not include"}
        others |= {other: one for one, other in others.items()}
        if self.operator != "in":
            return Condition(self.fact, others[self.operator], self.values)
        return Condition(self.fact, "in", tuple(value for value in self.fact.values if value not in self.values))


Conditions = tuple[Condition, ...]


@dataclass(frozen=True)
class SampleRule:
    alternatives: tuple[Conditions, ...]
    unless: Conditions = ()

    def rows(self) -> list[Conditions]:
        """The rule without ``or when`` and ``unless``: it holds if all conditions of a row do."""
        excluded = tuple(one.opposite() for one in self.unless)
        return [(*alternative, *excluded) for alternative in self.alternatives]

    def lines(self) -> list[str]:
        leads = [["when" if place == 0 else "or when", *["and"] * (len(one) - 1)]
                 for place, one in enumerate(self.alternatives)]  # fmt: skip
        found = [f"  {lead} {one.line()}" for some, alternative in zip(leads, self.alternatives, strict=True)
                 for lead, one in zip(some, alternative, strict=True)]  # fmt: skip
        return [*found, *(f"  unless {one.line()}" for one in self.unless)]


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


def sample_rules(number: int) -> list[SampleRule]:
    """Of these rules, a third have an alternative, a third an ``unless``; a third ask for a tag, a third for hours."""
    generator = random.Random(number)
    return [_sample_rule(alternative, generator) for alternative in conditions(number)]


def _sample_rule(first: Conditions, generator: random.Random) -> SampleRule:
    if generator.random() < 1 / 3:
        first = (
            *first[1:],
            Condition(TAGS, generator.choice(("include", "do not include")), (generator.choice(_TAGS),)),
        )
    if generator.random() < 1 / 3:
        first = (*first[1:], Condition(OFFICE, generator.choice(("yes", "no"))))
    asked = {one.fact.name for one in first}
    others = [fact for fact in FACTS if fact.name not in asked]
    alternatives, unless = [first], []
    if generator.random() < 1 / 3:
        facts = generator.sample(others, generator.randint(4, 6))
        alternatives.append(tuple(_condition(fact, generator) for fact in facts))
        others = [fact for fact in others if fact not in facts]
    if generator.random() < 1 / 3:
        unless = [_condition(generator.choice(others), generator)]
    return SampleRule(tuple(alternatives), tuple(unless))


def text(rules: Sequence[SampleRule]) -> str:
    parts = [
        f'rules for "{DIRECTORY.desk}"',
        'hours "office" are Mon to Fri 08:00 to 18:00 and Sat 09:00 to 13:00, except holidays "Germany"',
    ]
    parts += ["\n".join([f'rule "r{number}"', *rule.lines(), '  send to team "Support"'])
              for number, rule in enumerate(rules)]  # fmt: skip
    return "\n\n".join([*parts, 'otherwise\n  send to team "Support"']) + "\n"


def tagged_escalations(count: int) -> list[dict[str, FactValue]]:
    """The same with up to four tags each."""
    generator = random.Random(count)
    return [
        facts | {"tags": tuple(sorted(generator.sample(_TAGS, generator.randint(0, 4))))}
        for facts in escalations(count)
    ]


def moments(count: int) -> list[datetime]:
    """A moment of the year for each."""
    generator = random.Random(count)
    return [NOW + timedelta(minutes=generator.randrange(_WEEKS * 7 * 24 * 60)) for _ in range(count)]


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
