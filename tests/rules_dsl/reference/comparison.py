"""Compares Muster with the second implementation, for one random file: decisions, proofs, claims, examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations
from random import Random
from zoneinfo import ZoneInfo

from rules_dsl import Diagnostic, Directory, check_rules, draft_rules, pool
from rules_dsl.directory import FactValue
from tests.rules_dsl.reference.calendar import is_open, states
from tests.rules_dsl.reference.conditions import UNITS, Situation, Value, When
from tests.rules_dsl.reference.random_files import RandomFile, random_file
from tests.rules_dsl.reference.searches import Rule, decides, happens
from tests.rules_dsl.reference.situations import domains, number_of_situations, situations

_DECIDED = 25
_MINUTES = (0, 3, 5, 10, 12, 15, 30)
_MOMENT = re.compile(r"(?:^|, )on \w{3} (\d{4}-\d\d-\d\d) at (\d\d:\d\d)$")
_AMOUNTS = {"k": 100_000, "M": 100_000_000, "second": 1, "minute": 60, "hour": 3600, "day": 86400}


def compare(seed: int, most: int) -> bool:
    """Compare one random file; False if it tells more than ``most`` situations apart. Raises ``AssertionError``."""
    file = random_file(seed)
    if number_of_situations(domains(file), file) > most:
        return False
    try:
        _Comparison(file, seed).all()
    except AssertionError as different:
        raise AssertionError(f"seed {seed}: {different}\n{file.text}") from different
    return True


class _Comparison:
    def __init__(self, file: RandomFile, seed: int) -> None:
        self.file = file
        self.random = Random(seed)
        self.directory = Directory.from_json(file.directory)
        self.lines = file.text.splitlines()
        self.found = check_rules(file.text, self.directory)

    def all(self) -> None:
        assert {one.code for one in self.found if one.severity == "error"} <= {"R308", "R502"}, self.found
        assert not self.of("R327", "R504")
        self.decisions()
        self.reached()
        self.alternatives()
        self.gaps()
        self.claims()
        self.steps()
        self.pools()

    def of(self, *codes: str) -> list[Diagnostic]:
        return [one for one in self.found if one.code in codes]

    @cached_property
    def situations(self) -> list[Situation]:
        return [*situations(domains(self.file), self.file)]

    @cached_property
    def holding(self) -> list[list[bool]]:
        """For each rule, in which situations it holds."""
        return [[rule.holds(one) for one in self.situations] for rule in self.file.rules]

    @cached_property
    def decided(self) -> list[Rule | None]:
        """The first rule that holds in each situation."""
        found = (next((at for at, holds in enumerate(one) if holds), None) for one in zip(*self.holding, strict=True))
        return [None if at is None else self.file.rules[at] for at in found]

    def line_of(self, rule: Rule) -> int:
        return 1 + self.lines.index("otherwise" if rule.when is None else f'rule "{rule.name}"')

    def decisions(self) -> None:
        ruleset = draft_rules(self.file.text, self.directory)
        assert ruleset is not None
        moments = states(self.file.hours)
        for at in self.random.sample(range(len(self.situations)), min(_DECIDED, len(self.situations))):
            situation, rule = self.situations[at], self.decided[at]
            if rule is None:
                continue
            moment = moments[tuple(situation.open.values())]
            decision = ruleset.decide(_facts(situation), moment)
            assert decision.rule == rule.name, (situation, decision.rule, rule.name)
            above = [one.name for one in self.file.rules[: 1 + self.file.rules.index(rule)]]
            assert [*dict.fromkeys(reason.rule for reason in decision.why)] == above, (situation, decision.why)
            assert {reason.held for reason in decision.why if reason.rule == rule.name} == {True}
            if rule.kind == "no call":
                continue
            for minutes in _MINUTES:
                begins = rule.begins(self.file.people, situation)
                taken = max(one for one in range(len(begins)) if begins[one] <= minutes)
                expected = rule.asked(self.file.people, situation, taken)
                members = pool(decision, self.directory, minutes * 60).members
                assert [self.file.people[member - 1] for member in members] == expected, (situation, minutes)

    def reached(self) -> None:
        """R324 for a rule that holds for no escalation, R307 for one that holds but never decides, and why."""
        unreached = {one.line: one for one in self.of("R307", "R324")}
        for place, rule in enumerate(self.file.rules):
            if rule.when is None:
                continue
            holding = any(self.holding[place])
            expected = "R324" if not holding else "R307" if rule not in self.decided else None
            found = unreached.get(self.line_of(rule))
            assert (found.code if found else None) == expected, (rule.name, expected, found)
            if found is not None and expected == "R307":
                self.culprits(place, dict(found.arguments)["because"])

    def culprits(self, place: int, because: str) -> None:
        """The rules that a diagnostic names take everything from this one, and no fewer would."""
        named = tuple(at for at in range(place) if f'"{self.file.rules[at].name}"' in because)
        sets = (some for size in range(len(named) + 1) for some in combinations(range(place), size))
        covering = [some for some in sets if self.taken_by(some, place)]
        assert named in covering, because
        assert min(map(len, covering)) == len(named), because

    def taken_by(self, others: tuple[int, ...], place: int) -> bool:
        taken = [any(one) for one in zip(*(self.holding[at] for at in others), strict=True)] or [False] * len(
            self.situations
        )
        return not any(mine and not theirs for mine, theirs in zip(self.holding[place], taken, strict=True))

    def alternatives(self) -> None:
        reported = {one.line for one in self.of("R325")}
        for rule in self.file.rules:
            if rule.when is None or len(rule.when.alternatives) == 1:
                continue
            first = self.line_of(rule) + 1
            possible = [
                any(When((clauses,), rule.when.unless).truth(one) is True for one in self.situations)
                for clauses in rule.when.alternatives
            ]
            for clauses, holds in zip(rule.when.alternatives, possible, strict=True):
                assert (first in reported) == (any(possible) and not holds), (rule.name, first)
                first += len(clauses)

    def gaps(self) -> None:
        """A gap is reported if and only if there is one, if need be for a ticket without what is never missing."""
        if self.file.rules[-1].when is None:
            return
        gap = None in self.decided or any(
            decides(self.file.rules, one) is None for one in situations(domains(self.file, lacking=True), self.file)
        )
        found = self.of("R308")
        assert bool(found) == gap
        for one in found:
            for situation in self.meant_by(one, None in self.decided):
                assert decides(self.file.rules, situation) is None, (one, situation)

    def claims(self) -> None:
        expected = any(
            rule is not None and self.forbidden(rule, situation)
            for rule, situation in zip(self.decided, self.situations, strict=True)
        )
        found = self.of("R502")
        assert bool(found) == expected, (found, expected)
        for one in found:
            for situation in self.meant_by(one):
                rule = decides(self.file.rules, situation)
                assert rule is not None, situation
                assert rule.name == dict(one.arguments)["rule"], (one, situation)
                assert self.forbidden(rule, situation), (one, situation)
        for one in self.of("R401"):
            for situation in self.meant_by(one):
                rule = decides(self.file.rules, situation)
                assert rule is not None
                assert f'"{rule.name}"' == dict(one.arguments)["instead"], (one, situation)

    def forbidden(self, rule: Rule, situation: Situation) -> bool:
        return self.file.claim.truth(situation) is True and happens(
            self.file.outcomes, rule, self.file.people, situation
        )

    def steps(self) -> None:
        """A step that is said to add nobody changes nothing for anybody if it is left out."""
        lines = {one.line for one in self.of("R326")}
        for rule in self.file.rules:
            first = self.line_of(rule) + len(rule.lines()) - len(rule.steps)
            for place, step in enumerate(rule.steps):
                if first + place not in lines:
                    continue
                steps = (*rule.steps[:place], replace(step, targets=()), *rule.steps[place + 1 :])
                without = replace(rule, steps=steps)
                for situation in self.random.sample(self.situations, min(_DECIDED, len(self.situations))):
                    for taken in range(len(steps) + 1):
                        before = rule.asked(self.file.people, situation, taken)
                        after = without.asked(self.file.people, situation, taken)
                        assert before == after, (rule.name, step, situation)

    def pools(self) -> None:
        """Who is said never to be asked is not asked in any escalation; who is said not to be, in none of some kind."""
        people = self.file.people
        for one in self.of("R340", "R341", "R343"):
            rule = next(rule for rule in reversed(self.file.rules) if self.line_of(rule) <= one.line)
            said, parts = dict(one.arguments), range(len(rule.steps) + 1)
            for situation in self.random.sample(self.situations, min(_DECIDED, len(self.situations))):
                asked = [rule.asked(people, situation, taken) for taken in parts]
                if one.code == "R340":
                    assert not (asked[0] if said["when"] == "at first" else any(asked)), (one, situation)
                lost = {*said.get("languages", "").split(", "), *said.get("areas", "").split(", ")}
                if lost & {situation.facts.get("language"), situation.facts.get("product area")}:
                    assert not any(asked), (one, situation)

    def meant_by(self, one: Diagnostic, possible: bool = True) -> Iterator[Situation]:
        """Every situation that the words of an example leave open."""
        example = dict(one.arguments)["example"]
        moment = _MOMENT.search(example)
        named = _read(example[: moment.start()] if moment else example)
        at = (
            datetime.fromisoformat(f"{moment[1]}T{moment[2]}").replace(tzinfo=ZoneInfo(self.file.zone))
            if moment
            else None
        )
        tried = domains(self.file, lacking=not possible)
        for name, value in named.items():
            tried[name] = [value]
        for situation in situations(tried, self.file):
            if at is not None:
                state = {hours.name: is_open(hours, at.astimezone(UTC)) for hours in self.file.hours}
                if dict(situation.open) != state:
                    continue
            yield situation


def _facts(situation: Situation) -> dict[str, FactValue]:
    return {
        name: tuple(sorted(value)) if isinstance(value, frozenset) else value for name, value in situation.facts.items()
    }


def _read(example: str) -> dict[str, Value | None]:
    """The facts that an example names: ``priority is low, tags are "spam", "vip", ARR is unknown``."""
    found: dict[str, Value | None] = {}
    for part in re.split(r', (?!")', example) if example not in ("", "any") else []:
        name, value = re.fullmatch(r"(.+?) (?:is|are) (.+)", part).groups()  # type: ignore[union-attr]
        if value == "unknown":
            found[name] = None
        elif name == "tags":
            found[name] = frozenset(re.findall(r'"(\w+)"', value))
        elif name in UNITS:
            number, unit = re.fullmatch(r"([\d.]+)\s*(k|M|second|minute|hour|day)?s?", value).groups()  # type: ignore[union-attr]
            size = _AMOUNTS[unit] if unit else 100 if name == "ARR" else 1
            found[name] = round(float(number) * size)
        else:
            found[name] = {"yes": True, "no": False}.get(value, value)
    return found
