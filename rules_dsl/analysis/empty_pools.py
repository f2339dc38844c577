"""Finds rules whose pool is empty for ever: because of levels, languages, or shifts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules_dsl.analysis.possible_bits import possible_bits
from rules_dsl.analysis.step_proofs import people_in
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Person
from rules_dsl.directory.directory import WeeklyShift
from rules_dsl.evaluation.escalation_steps import is_on_shift
from rules_dsl.evaluation.pools import meets
from rules_dsl.evaluation.program import InHours, IsKnown, OneOf, Rule, Test
from rules_dsl.evaluation.ruleset import LANGUAGE, PRODUCT_AREA, Ruleset
from rules_dsl.model import defaults
from rules_dsl.model.clock_words import DAYS
from rules_dsl.model.decision import CallKind, OpenHours, SkillNeed, StepKind
from rules_dsl.model.hours import is_open, wall_instant
from rules_dsl.syntax.tree import Block, BlockKind, RulesFile
from rules_dsl.syntax.tree_actions import Require, SkillKind
from rules_dsl.syntax.tree_conditions import Place

_QUARTER = 15
_DAY = 24 * 60 // _QUARTER
_WEEK = 7 * _DAY
_WHOLE = (1 << _WEEK) - 1
_MOST_SHOWN = 4


def check_pools(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Report rules that can ask nobody, for lack of a skill, a language or a shift. Only for files without errors."""
    blocks = (*tree.of(BlockKind.RULE), *tree.of(BlockKind.OTHERWISE))
    for block, rule in zip(blocks, ruleset.rules, strict=True):
        if rule.kind is not CallKind.REFUSED and people_in(names.directory, rule.targets):
            _Pools(names, block, rule, ruleset).check()


class _Pools:
    """Whom one rule can ask, whatever the escalation."""

    def __init__(self, names: Names, block: Block, rule: Rule, ruleset: Ruleset) -> None:
        self.names = names
        self.block = block
        self.rule = rule
        self.ruleset = ruleset
        self.asked = self._ever()

    def check(self) -> None:
        skilled = self._check_skills()
        if skilled and any(one.kind is SkillKind.PRODUCT_AREA for one in self.rule.requires):
            self._check_areas()
        spoken = self._check_languages() if skilled else self.asked
        if self.rule.kind is CallKind.CALL and spoken:
            self._check_shifts(spoken)

    def _ever(self, area: int | None = None) -> list[Person]:
        """Everybody who has the skills that are still required after some step; ``area`` is the product area's."""
        found: dict[int, Person] = {}
        for taken in range(len(self.rule.steps) + 1):
            found |= {person.id: person for person in self._after(taken, area)}
        return list(found.values())

    def _after(self, taken: int, area: int | None = None) -> list[Person]:
        steps = self.rule.steps[:taken]
        dropped = {step.skill for step in steps if step.kind is StepKind.DROP_SKILL}
        if None in dropped:
            dropped |= {skill for _, skill in self.ruleset.area_skills} if area is None else {area}
        needs = [need for need in self._needs(area) if need.skill not in dropped]
        targets = [*self.rule.targets, *(target for step in steps for target in step.targets)]
        return [one for one in people_in(self.names.directory, targets) if all(meets(one, need) for need in needs)]

    def _needs(self, area: int | None = None) -> list[SkillNeed]:
        skills = [(one, area if one.kind is SkillKind.PRODUCT_AREA else one.skill) for one in self.rule.requires]
        return [SkillNeed(skill, one.level, None, one.text) for one, skill in skills if skill is not None]

    def _place(self, kind: SkillKind) -> Place:
        heading = self.block.name.at if self.block.name else self.block.at
        required = (line for line in self.block.actions if isinstance(line, Require) and line.skill.kind is kind)
        return next((line.at for line in required), heading)

    def _check_skills(self) -> bool:
        """Report skills that nobody in the first targets, or nobody at all, has together; False if nobody at all."""
        if self._after(0):
            return True
        missing = (need for need in self._needs() if not any(meets(one, need) for one in self.names.directory.people))
        if next(missing, None) is None:
            skills = " and ".join(need.text for need in self._needs())
            everywhere = [*self.rule.targets, *(target for step in self.rule.steps for target in step.targets)]
            targets = self.rule.targets if self.asked else everywhere
            where = " or ".join(dict.fromkeys(target.text for target in targets))
            when = "at first" if self.asked else "at any time"
            self.names.report("R340", self._place(SkillKind.NAMED), where=where, skills=skills, when=when)
        return bool(self.asked)

    def _check_areas(self) -> None:
        """Report product areas whose calls find nobody."""
        possible = self._allowed(PRODUCT_AREA)
        lost = [area for area, skill in self.ruleset.area_skills if area in possible and not self._ever(skill)]
        if lost:
            required = next(one for one in self.rule.requires if one.kind is SkillKind.PRODUCT_AREA)
            self.names.report(
                "R343", self._place(SkillKind.PRODUCT_AREA), areas=", ".join(lost),
                skills=" and ".join([required.text, *(need.text for need in self._needs())]),
            )  # fmt: skip

    def _check_languages(self) -> list[Person]:
        """Report languages in which the calls find nobody. Returns those who can be asked in some language."""
        if not any(one.kind is SkillKind.CUSTOMER_LANGUAGE for one in self.rule.requires):
            return self.asked
        allowed = self._allowed(LANGUAGE)
        spoken = {language.lower() for person in self.asked for language in person.languages}
        unspoken = [value for value in allowed if value is not None and value.lower() not in spoken]
        if unspoken:
            self.names.report("R341", self._place(SkillKind.CUSTOMER_LANGUAGE), languages=", ".join(unspoken))
        if None in allowed:
            return self.asked
        values = {value.lower() for value in allowed if value is not None}
        return [one for one in self.asked if values & {language.lower() for language in one.languages}]

    def _allowed(self, name: str) -> list[str | None]:
        """The values of a choice with which the rule may apply, as its own lines say; None for unknown."""
        fact = self.names.directory.fact_named(name)
        if fact is None:
            return [None]
        values: list[str | None] = [*fact.values, *([None] if fact.may_be_missing else [])]

        def bits(test: Test, truth: bool) -> int:
            if not isinstance(test, OneOf | IsKnown) or test.fact != name:
                return -1
            if isinstance(test, IsKnown):
                return sum(1 << at for at, value in enumerate(values) if (value is not None) is truth)
            known = ((at, value) for at, value in enumerate(values) if value is not None)
            return sum(1 << at for at, value in known if (value in test.values) is truth)

        possible = possible_bits(self.rule.when, bits)
        return [value for at, value in enumerate(values) if possible >> at & 1]

    def _check_shifts(self, people: Sequence[Person]) -> None:
        """Report a rule for hours in which nobody whom it can ask is ever on shift."""
        zone = self.ruleset.time_zone

        def quarters(test: Test, truth: bool) -> int:
            if not isinstance(test, InHours):
                return _WHOLE
            return _open_quarters(test.hours, zone) if truth else _WHOLE & ~_open_quarters(test.hours, zone)

        applies = _WHOLE & possible_bits(self.rule.when, quarters)
        if applies and not any(applies & _on_shift(person.shifts, zone) for person in people):
            hours = _spans([quarter for quarter in range(_WEEK) if applies >> quarter & 1])
            self.names.report("R342", self.block.name.at if self.block.name else self.block.at, hours=hours)


@lru_cache(maxsize=256)
def _open_quarters(hours: OpenHours, zone: str) -> int:
    return sum(1 << at for at, moment in enumerate(_week(zone)) if is_open(hours, moment))


@lru_cache(maxsize=4096)
def _on_shift(shifts: tuple[WeeklyShift, ...], zone: str) -> int:
    return sum(1 << at for at, moment in enumerate(_week(zone)) if is_on_shift(shifts, moment))


@lru_cache(maxsize=8)
def _week(zone: str) -> tuple[datetime, ...]:
    """Every quarter of an hour of the example week."""
    days = (defaults.EXAMPLE_WEEK + timedelta(days=day) for day in range(len(DAYS)))
    return tuple(wall_instant(ZoneInfo(zone), day, at * _QUARTER * 60) for day in days for at in range(_DAY))


def _spans(quarters: Sequence[int]) -> str:
    """``Mon 22:00 to 24:00, Tue 22:00 to 24:00 and 5 more``"""
    shown = [f"{DAYS[start // _DAY]} {_clock(start % _DAY)} to {_clock(end)}" for start, end in _joined(quarters)]
    more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    return ", ".join(shown[:_MOST_SHOWN]) + more


def _joined(quarters: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first quarter of each stretch within a day, and the quarter of the day at which it ends."""
    start = quarters[0]
    for at, following in zip(quarters, [*quarters[1:], -1], strict=True):
        if following != at + 1 or following % _DAY == 0:
            yield start, at % _DAY + 1
            start = following


def _clock(quarter: int) -> str:
    return f"{quarter * _QUARTER // 60:02d}:{quarter * _QUARTER % 60:02d}"
