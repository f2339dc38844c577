"""Finds rules whose pool is empty for ever: because of levels, languages, or shifts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, reduce
from operator import and_, or_
from zoneinfo import ZoneInfo

from rules_dsl.analysis.step_proofs import people_in
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, Person
from rules_dsl.directory.directory import WeeklyShift
from rules_dsl.evaluation.escalation_steps import is_on_shift
from rules_dsl.evaluation.pools import meets
from rules_dsl.evaluation.program import Clause, InHours, OneOf, Rule
from rules_dsl.evaluation.ruleset import LANGUAGE, Ruleset
from rules_dsl.model import defaults
from rules_dsl.model.clock_words import DAYS
from rules_dsl.model.decision import CallKind, OpenHours, SkillNeed
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
        targeted = people_in(names.directory, rule.targets)
        if rule.kind is CallKind.REFUSED or not targeted:
            continue
        heading = block.name.at if block.name else block.at
        _check_skills(names, rule, targeted, _place_of_require(block, SkillKind.NAMED) or heading)
        everybody = _everybody(rule, names.directory)
        _check_languages(names, rule, everybody, _place_of_require(block, SkillKind.CUSTOMER_LANGUAGE) or heading)
        if rule.kind is CallKind.CALL:
            _check_shifts(names, rule, everybody, ruleset.time_zone, heading)


def _place_of_require(block: Block, kind: SkillKind) -> Place | None:
    return next((line.at for line in block.actions if isinstance(line, Require) and line.skill.kind is kind), None)


def _everybody(rule: Rule, directory: Directory) -> list[Person]:
    """Everybody whom the rule's targets name, those of its steps included."""
    return people_in(directory, [*rule.targets, *(target for step in rule.steps for target in step.targets)])


def _check_skills(names: Names, rule: Rule, targeted: Sequence[Person], at: Place) -> None:
    """Report required skills that nobody in the first targets has together, if each alone is not missing everywhere."""
    needs = [SkillNeed(one.skill, one.level, None, one.text) for one in rule.requires if one.kind is SkillKind.NAMED]
    if not needs or any(all(meets(person, need) for need in needs) for person in targeted):
        return
    if all(any(meets(person, need) for person in names.directory.people) for need in needs):
        where = " or ".join(dict.fromkeys(target.text for target in rule.targets))
        names.report("R340", at, where=where, skills=" and ".join(need.text for need in needs))


def _check_languages(names: Names, rule: Rule, everybody: Sequence[Person], at: Place) -> None:
    if not any(one.kind is SkillKind.CUSTOMER_LANGUAGE for one in rule.requires):
        return
    spoken = {language.lower() for person in everybody for language in person.languages}
    unspoken = [value for value in _languages(rule, names.directory) if value.lower() not in spoken]
    if unspoken:
        names.report("R341", at, languages=", ".join(unspoken))


def _languages(rule: Rule, directory: Directory) -> list[str]:
    """The languages for which the rule may apply, as its own lines say."""
    fact = directory.fact_named(LANGUAGE)
    return [
        value
        for value in (fact.values if fact is not None else ())
        if any(all(_allows(clause, value) for clause in alternative) for alternative in rule.when.alternatives)
        and not any(isinstance(one.test, OneOf) and one.test.fact == LANGUAGE and _allows(one, value)
                    for one in rule.when.unless)
    ]  # fmt: skip


def _allows(clause: Clause, language: str) -> bool:
    if not isinstance(clause.test, OneOf) or clause.test.fact != LANGUAGE:
        return True
    return (language in clause.test.values) is not clause.negated


def _check_shifts(names: Names, rule: Rule, everybody: Sequence[Person], zone: str, at: Place) -> None:
    """Report a rule for hours in which nobody whom it names is ever on shift."""
    timed = [[clause for clause in clauses if isinstance(clause.test, InHours)] for clauses in rule.when.alternatives]
    if not all(timed):
        return
    applies = reduce(or_, (reduce(and_, (_open(clause, zone) for clause in own)) for own in timed), 0)
    if applies and not any(applies & _on_shift(person.shifts, zone) for person in everybody):
        names.report("R342", at, hours=_spans([quarter for quarter in range(_WEEK) if applies >> quarter & 1]))


def _open(clause: Clause, zone: str) -> int:
    """The quarters of the week in which this clause about hours holds, as a bit mask."""
    inside = _open_quarters(clause.test.hours, zone) if isinstance(clause.test, InHours) else _WHOLE
    return _WHOLE & ~inside if clause.negated else inside


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
