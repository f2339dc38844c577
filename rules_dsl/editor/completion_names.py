"""The names to offer, from the directory and the file's headings, and the possible conditions on each fact."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from rules_dsl.directory import Directory, FactType
from rules_dsl.directory.facts import kind_of_fact
from rules_dsl.editor.completion_grammar import Any, Either, Gap, Pattern, either, in_turn, name, perhaps, phrase

DURATION_UNITS = ("seconds", "minutes", "hours", "days", "weeks", "second", "minute", "hour", "day", "week")
_DECLARED = re.compile(r'^[ \t]*(hours|define|rule)[ \t]+["“”„]([^"“”\n]*)["“”]', re.IGNORECASE | re.MULTILINE)
_COMPARISONS = ("at least", "at most", "over", "under")
NUMBER = Gap(quoted=False)
TEXT = Gap()
DURATION = in_turn(NUMBER, either(*DURATION_UNITS, "working days", "working day"))


@dataclass(frozen=True)
class KnownNames:
    """The names in a directory and a file, as gaps and sentence patterns."""

    directory: Directory
    text: str
    """The whole file, which declares hours, definitions and rules."""

    @cached_property
    def teams(self) -> Gap:
        people = Counter(person.team for person in self.directory.people)
        return Gap(choices=tuple(name(one.name, "team", _people(people[one.id])) for one in self.directory.teams))

    @cached_property
    def titles(self) -> Gap:
        people = Counter(person.title for person in self.directory.people)
        return Gap(choices=tuple(name(one.name, "title", _people(people[one.id])) for one in self.directory.titles))

    @cached_property
    def skills(self) -> Gap:
        people = Counter(skill for person in self.directory.people for skill in person.skills)
        return Gap(choices=tuple(name(one.name, "skill", _people(people[one.id])) for one in self.directory.skills))

    @cached_property
    def holidays(self) -> Gap:
        return Gap(choices=tuple(name(one.name, "holidays", one.country) for one in self.directory.holidays))

    @cached_property
    def zone(self) -> Gap:
        return Gap(quoted=False, choices=(phrase(self.directory.time_zone, "value", "the organisation's time zone"),))

    @cached_property
    def hours(self) -> Gap:
        return Gap(choices=tuple(name(one, "hours") for one in self._declared("hours")))

    @cached_property
    def definitions(self) -> Gap:
        return Gap(choices=tuple(name(one, "definition") for one in self._declared("define")))

    @cached_property
    def rules(self) -> Gap:
        return Gap(choices=tuple(name(one, "rule") for one in self._declared("rule")))

    @cached_property
    def targets(self) -> Pattern:
        several = in_turn(self.titles, Any(in_turn("or", self.titles)))
        target = either(in_turn("team", self.teams, perhaps(in_turn(", title", several))), in_turn("title", several))
        return in_turn(target, Any(in_turn(either(", or", ",", "or"), target)))

    @cached_property
    def condition(self) -> Pattern:
        facts = tuple(pattern for fact in self.directory.facts for pattern in _conditions(fact))
        hours = in_turn(either("during hours", "outside hours"), self.hours)
        return Either((*facts, hours, in_turn("not", self.definitions), self.definitions))

    @cached_property
    def given_fact(self) -> Pattern:
        return Either(tuple(_given(fact) for fact in self.directory.facts))

    def _declared(self, word: str) -> list[str]:
        found = (one for one in _DECLARED.finditer(self.text) if one[1].lower() == word)
        return [name for name in dict.fromkeys(" ".join(one[2].split()) for one in found) if name]


def _people(count: int) -> str:
    return "nobody" if not count else "1 person" if count == 1 else f"{count} people"


def _conditions(fact: FactType) -> list[Pattern]:
    name_of_fact = phrase(fact.name, "fact", kind_of_fact(fact))
    values = _values(fact)
    patterns: list[Pattern] = []
    if fact.kind == "yes/no":
        patterns = [in_turn(perhaps(phrase("not")), name_of_fact), in_turn(name_of_fact, "is", either("yes", "no"))]
    elif fact.kind == "tags":
        more = Any(in_turn(either(", or", ", and", ",", "or", "and"), TEXT))
        patterns = [in_turn(name_of_fact, either("include", "do not include"), TEXT, more)]
    elif fact.kind == "choice":
        more = Any(in_turn(either(",", ", or", "or"), values))
        patterns = [in_turn(name_of_fact, "is", perhaps(phrase("not")), values, more)]
    if fact.kind in ("count", "money", "duration") or fact.ordered:
        patterns.append(in_turn(name_of_fact, "is", either(*_COMPARISONS), values))
        patterns.append(in_turn(name_of_fact, "is between", values, "and", values))
    if fact.may_be_missing:
        patterns.append(in_turn(name_of_fact, "is", either("known", "unknown")))
    return patterns


def _given(fact: FactType) -> Pattern:
    """A fact in an example: its name, then its value."""
    name_of_fact = phrase(fact.name, "fact", kind_of_fact(fact))
    if fact.kind == "yes/no":
        value: Pattern = perhaps(phrase("no"))
    elif fact.kind == "tags":
        value = in_turn(TEXT, Any(in_turn("and", TEXT)))
    else:
        value = _values(fact)
    return in_turn(name_of_fact, either(value, "unknown") if fact.may_be_missing else value)


def _values(fact: FactType) -> Pattern:
    if fact.kind == "choice":
        return Either(tuple(phrase(value, "value", f"a value of {fact.name}") for value in fact.values))
    return DURATION if fact.kind == "duration" else NUMBER
