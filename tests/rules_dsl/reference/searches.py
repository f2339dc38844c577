"""Rules and their searches: which rule decides, who may be asked after each step, what an ``expect never`` means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.rules_dsl.reference.conditions import Situation, When


@dataclass(frozen=True)
class Person:
    team: str
    title: str
    skills: Mapping[str, int]
    languages: tuple[str, ...]
    takes_calls: bool


@dataclass(frozen=True)
class Target:
    team: str | None
    titles: tuple[str, ...]

    def text(self) -> str:
        titles = f"title {' or '.join(_quoted(title) for title in self.titles)}" if self.titles else ""
        return ", ".join(part for part in (f'team "{self.team}"' if self.team else "", titles) if part)

    def has(self, person: Person) -> bool:
        return (not self.team or person.team == self.team) and (not self.titles or person.title in self.titles)


def _quoted(name: str) -> str:
    return f'"{name}"'


@dataclass(frozen=True)
class Need:
    """What a ``require`` line says: a skill and its level, or what the customer speaks or the ticket is about."""

    text: str
    skill: str | None = None
    level: int = 1

    def of(self, situation: Situation) -> tuple[str, str, int] | None:
        """What is required for this escalation; nothing if that is unknown, or if no such skill exists."""
        if self.skill is not None:
            return ("skill", self.skill, self.level)
        if self.text == "the customer's language":
            language = situation.facts.get("language")
            return None if language is None else ("language", str(language), 1)
        area = situation.facts.get("product area")
        return ("skill", str(area), self.level) if area in SKILLS else None

    def line(self) -> str:
        level = f" at level {self.level}" if self.level > 1 else ""
        return f"  require {self.text}{level}"


SKILLS = ("sails", "hull", "diesel")
"""There is no skill for the product area ``engine``."""


@dataclass(frozen=True)
class Step:
    minutes: int
    text: str
    targets: tuple[Target, ...] = ()
    drops: str | None = None
    """A skill, or ``product area`` for that of the ticket."""

    def line(self) -> str:
        return f"  if nobody in {self.minutes} minutes, {self.text}"


@dataclass(frozen=True)
class Rule:
    name: str
    when: When | None
    """None for ``otherwise``."""
    kind: str
    """``a call``, ``booking only`` or ``no call``."""
    targets: tuple[Target, ...]
    needs: tuple[Need, ...]
    steps: tuple[Step, ...]

    def holds(self, situation: Situation) -> bool:
        return self.when is None or self.when.truth(situation) is True

    def lines(self) -> list[str]:
        heading = "otherwise" if self.when is None else f'rule "{self.name}"'
        lines = [heading, *(self.when.lines() if self.when else [])]
        if self.kind == "no call":
            return [*lines, '  no call, say "Please write."']
        lines.append(f"  send to {' or '.join(target.text() for target in self.targets)}")
        lines += ["  offer booking only"] * (self.kind == "booking only")
        return [*lines, *(need.line() for need in self.needs), *(step.line() for step in self.steps)]

    def asked(self, people: Sequence[Person], situation: Situation, taken: int) -> list[Person]:
        """Those who may be asked after this many steps: in a target, with every skill that is still required."""
        if self.kind == "no call":
            return []
        targets = [*self.targets, *(target for step in self.steps[:taken] for target in step.targets)]
        dropped = {_dropped(step, situation) for step in self.steps[:taken] if step.drops}
        needs = [need for one in self.needs if (need := one.of(situation)) and need[:2] not in dropped]
        return [
            one
            for one in people
            if one.takes_calls
            and any(target.has(one) for target in targets)
            and all(_meets(one, *need) for need in needs)
        ]

    def meant(self, people: Sequence[Person], situation: Situation, taken: int) -> list[Person]:
        """The same for a claim: where nobody is today, somebody may join."""
        if self.kind == "no call":
            return []
        targets = [*self.targets, *(target for step in self.steps[:taken] for target in step.targets)]
        empty = [target for target in targets if not any(target.has(one) for one in people)]
        joining = [Person(target.team or "", title, {}, (), True) for target in empty for title in target.titles]
        return [*self.asked(people, situation, taken), *joining]

    def begins(self, people: Sequence[Person], situation: Situation) -> list[float]:
        """The minute at which each part of the search begins. A step takes no time if there is nobody to ask."""
        minutes = [0.0]
        for place, step in enumerate(self.steps):
            minutes.append(step.minutes if self.asked(people, situation, place) else minutes[-1])
        return minutes


def _dropped(step: Step, situation: Situation) -> tuple[str, str]:
    area = situation.facts.get("product area")
    return "skill", str(area) if step.drops == "product area" else str(step.drops)


def _meets(person: Person, kind: str, name: str, level: int) -> bool:
    return name in person.languages if kind == "language" else person.skills.get(name, 0) >= level


@dataclass(frozen=True)
class Outcome:
    """A line of an ``expect never``."""

    kind: str
    """``rule``, ``team`` (a target), ``step``, or ``result`` for a call, booking only, no call."""
    text: str
    negated: bool = False
    target: Target | None = None
    at: str = ""
    """Empty for any time; ``at first``; ``5 minutes`` for that time."""

    def line(self, first: bool) -> str:
        words = f"{'not ' * self.negated}{self.text}"
        if self.at.endswith("minutes"):
            return f"  after {self.at} {words}"
        return f"  {'then' if first else 'and'} {'at first ' * (self.at == 'at first')}{words}"


def decides(rules: Sequence[Rule], situation: Situation) -> Rule | None:
    """Rules are read from top to bottom; the first that applies decides."""
    return next((rule for rule in rules if rule.holds(situation)), None)


def happens(outcomes: Sequence[Outcome], rule: Rule, people: Sequence[Person], situation: Situation) -> bool:
    """Whether this escalation, decided by this rule, gets what the lines describe, all of them together."""
    plain = [one for one in outcomes if one.kind != "team"]
    if not all(_result(one, rule) is not one.negated for one in plain):
        return False
    lines = [one for one in outcomes if one.kind == "team"]
    if not lines:
        return True
    said = [word for line in lines if not line.negated and line.target for word in _kinds(line.target)]
    if len(said) > len(set(said)):
        return all(_somebody([line], rule, people, situation) for line in lines)
    return _somebody(lines, rule, people, situation)


def _kinds(target: Target) -> set[str]:
    return {*["team"] * bool(target.team), *["title"] * bool(target.titles)}


def _somebody(lines: Sequence[Outcome], rule: Rule, people: Sequence[Person], situation: Situation) -> bool:
    """Whether all of these lines are about one person. Lines that name two teams, or two titles, are checked apart."""
    everybody = [one for taken in range(len(rule.steps) + 1) for one in rule.meant(people, situation, taken)]
    return any(all(_asked(line, one, rule, people, situation) for line in lines) for one in everybody)


def _result(line: Outcome, rule: Rule) -> bool:
    if line.kind == "rule":
        return rule.name == line.text.removeprefix('rule "').removesuffix('"')
    if line.kind == "step":
        return rule.kind != "no call" and any(step.text == line.text for step in rule.steps)
    return rule.kind == line.text


def _asked(line: Outcome, person: Person, rule: Rule, people: Sequence[Person], situation: Situation) -> bool:
    """Whether a line is about this person, at the time that it means."""
    if line.target is None or line.target.has(person) is line.negated:
        return False
    return any(person in rule.meant(people, situation, taken) for taken in _taken(line, rule, people, situation))


def _taken(line: Outcome, rule: Rule, people: Sequence[Person], situation: Situation) -> Iterator[int]:
    """After how many steps the line looks."""
    parts = range(len(rule.steps) + 1)
    if line.at == "at first":
        yield from [taken for taken in parts if rule.meant(people, situation, taken)][:1]
    elif line.at:
        begins = rule.begins(people, situation)
        yield max(taken for taken in parts if begins[taken] <= int(line.at.split()[0]))
    else:
        yield from parts
