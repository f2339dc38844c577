"""Pools: the people who match a decision's targets, steps and skills. Pure; ignores presence."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.directory import Directory, Person
from rules_dsl.model.decision import Decision, HardConstraint, Pool, SkillNeed, StepKind, Target

AGENT = "agent"


def pool(decision: Decision, directory: Directory, elapsed: int, *, step: int | None = None) -> Pool:
    """The pool after ``elapsed`` seconds of searching, or after exactly ``step`` steps if given.

    A step with an empty pool is skipped immediately. Raises ``ValueError`` for a step that the decision doesn't have.
    """
    if step is not None:
        if not 0 <= step <= len(decision.steps):
            raise ValueError(f"the decision has {len(decision.steps)} steps, not {step}")
        return _after(decision, directory, step)
    taken = sum(1 for planned in decision.steps if planned.after <= elapsed)
    current = _after(decision, directory, taken)
    while not current.members and taken < len(decision.steps):
        taken += 1
        current = _after(decision, directory, taken)
    return current


def requirements_after(decision: Decision, taken: int) -> tuple[tuple[Target, ...], tuple[SkillNeed, ...]]:
    """The targets (a person must be in one of them) and the required skills after ``taken`` steps."""
    steps = decision.steps[:taken]
    targets = [*decision.targets]
    dropped: set[int] = set()
    for step in steps:
        if step.kind is StepKind.WIDEN:
            targets.extend(step.targets)
        elif step.kind is StepKind.DROP_SKILL and step.skill is not None:
            dropped.add(step.skill)
    needs = (need for need in decision.requires if need.skill is None or need.skill not in dropped)
    return tuple(targets), tuple(needs)


def _after(decision: Decision, directory: Directory, taken: int) -> Pool:
    targets, needs = requirements_after(decision, taken)
    members: list[int] = []
    excluded: list[HardConstraint] = []
    for person in directory.people:
        reason = _reason_to_exclude(person, targets, needs, directory)
        if reason is None:
            members.append(person.id)
        else:
            excluded.append(HardConstraint(person.id, reason))
    preferred = not any(step.kind is StepKind.DROP_PREFERRED for step in decision.steps[:taken])
    return Pool(taken, tuple(members), tuple(excluded), preferred)


def in_target(person: Person, target: Target) -> bool:
    return (target.team is None or target.team == person.team) and (not target.titles or person.title in target.titles)


def meets(person: Person, need: SkillNeed) -> bool:
    if need.language is not None:
        return need.language.lower() in (language.lower() for language in person.languages)
    return need.skill is not None and person.skills.get(need.skill, 0) >= need.level


def _reason_to_exclude(
    person: Person, targets: Sequence[Target], needs: Sequence[SkillNeed], directory: Directory
) -> str | None:
    """The first reason to exclude a person; None if they are a member."""
    if person.roles and AGENT not in person.roles:
        return "takes no calls"
    if not any(in_target(person, target) for target in targets):
        return "not in " + " or ".join(dict.fromkeys(target.text for target in targets))
    lacking = next((need for need in needs if not meets(person, need)), None)
    return None if lacking is None else _missing_skill(person, lacking, directory)


def _missing_skill(person: Person, need: SkillNeed, directory: Directory) -> str:
    if need.language is not None:
        return f"does not speak {need.language}"
    name = next((skill.name for skill in directory.skills if skill.id == need.skill), need.text)
    level = person.skills.get(need.skill, 0) if need.skill is not None else 0
    if level:
        return f'has skill "{name}" at level {level}, not {need.level}'
    return f'lacks skill "{name}"'
