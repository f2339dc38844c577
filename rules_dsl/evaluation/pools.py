"""Who may be asked: the people that a decision's targets, widenings and skills admit. Pure; knows no presence."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.directory import Directory, Person
from rules_dsl.model.decision import Decision, HardConstraint, Pool, SkillNeed, StepKind, Target

AGENT = "agent"


def pool(decision: Decision, directory: Directory, elapsed: int, *, step: int | None = None) -> Pool:
    """After ``elapsed`` seconds of search, or after exactly ``step`` steps where that is given.

    A step whose pool holds nobody costs no time: the next one is taken at once. Raises ``ValueError``
    for a step that the decision does not have.
    """
    if step is not None:
        if not 0 <= step <= len(decision.steps):
            raise ValueError(f"the decision has {len(decision.steps)} steps, not {step}")
        return _after(decision, directory, step)
    taken = sum(1 for planned in decision.steps if planned.after <= elapsed)
    found = _after(decision, directory, taken)
    while not found.members and taken < len(decision.steps):
        taken += 1
        found = _after(decision, directory, taken)
    return found


def asked_after(decision: Decision, taken: int) -> tuple[tuple[Target, ...], tuple[SkillNeed, ...]]:
    """What somebody must be one of, and what they must be able to do, once so many steps are taken."""
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
    targets, needs = asked_after(decision, taken)
    members: list[int] = []
    excluded: list[HardConstraint] = []
    for person in directory.people:
        clause = _objection(person, targets, needs, directory)
        if clause is None:
            members.append(person.id)
        else:
            excluded.append(HardConstraint(person.id, clause))
    preferred = not any(step.kind is StepKind.DROP_PREFERRED for step in decision.steps[:taken])
    return Pool(taken, tuple(members), tuple(excluded), preferred)


def aimed_at(person: Person, target: Target) -> bool:
    return (target.team is None or target.team == person.team) and (not target.titles or person.title in target.titles)


def meets(person: Person, need: SkillNeed) -> bool:
    if need.language is not None:
        return need.language.lower() in (language.lower() for language in person.languages)
    return need.skill is not None and person.skills.get(need.skill, 0) >= need.level


def _objection(
    person: Person, targets: Sequence[Target], needs: Sequence[SkillNeed], directory: Directory
) -> str | None:
    """The first clause that keeps a person out; None lets them in."""
    if person.roles and AGENT not in person.roles:
        return "takes no calls"
    if not any(aimed_at(person, target) for target in targets):
        return "not in " + " or ".join(dict.fromkeys(target.text for target in targets))
    lacking = next((need for need in needs if not meets(person, need)), None)
    return None if lacking is None else _lack(person, lacking, directory)


def _lack(person: Person, need: SkillNeed, directory: Directory) -> str:
    if need.language is not None:
        return f"does not speak {need.language}"
    name = next((skill.name for skill in directory.skills if skill.id == need.skill), need.text)
    level = person.skills.get(need.skill, 0) if need.skill is not None else 0
    if level:
        return f'has skill "{name}" at level {level}, not {need.level}'
    return f'lacks skill "{name}"'
