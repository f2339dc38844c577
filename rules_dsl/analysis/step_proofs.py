"""Finds steps that add nobody: everybody in their targets either may already be asked or lacks a required skill."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.pools import AGENT, in_target, meets
from rules_dsl.evaluation.program import Rule
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.model.decision import SkillNeed, StepKind, Target
from rules_dsl.syntax.tree import BlockKind, RulesFile
from rules_dsl.syntax.tree_actions import IfNobody, SkillKind


def check_steps(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Check the rules' own steps. Default steps aren't checked: they apply to all rules and may add nobody in some."""
    blocks = (*tree.of(BlockKind.RULE), *tree.of(BlockKind.OTHERWISE))
    for block, rule in zip(blocks, ruleset.rules, strict=True):
        lines = [line for line in block.actions if isinstance(line, IfNobody)]
        if not lines:
            continue
        for place, line in enumerate(lines):
            because = _because(rule, place, names.directory, ruleset)
            if because is not None:
                names.report("R326", line.at, because=because)


def _because(rule: Rule, place: int, directory: Directory, ruleset: Ruleset) -> str | None:
    step = rule.steps[place]
    if step.kind is not StepKind.WIDEN:
        return None
    widened = people_in(directory, step.targets)
    if not widened:
        return None
    before = [*rule.targets, *(target for one in rule.steps[:place] for target in one.targets)]
    earlier = {person.id for person in people_in(directory, before)}
    added = [person for person in widened if person.id not in earlier]
    targets = " or ".join(target.text for target in step.targets)
    if not added:
        return f"everybody in {targets} may already be asked before it"
    needs = lasting_needs(rule, ruleset)
    if not any(all(meets(person, need) for need in needs) for person in added):
        return f"nobody in {targets} has {' and '.join(need.text for need in needs)}, which stays required"
    return None


def people_in(directory: Directory, targets: Sequence[Target]) -> list[Person]:
    """Everybody in these targets who takes calls."""
    return [
        person
        for person in directory.people
        if (not person.roles or AGENT in person.roles) and any(in_target(person, target) for target in targets)
    ]


def lasting_needs(rule: Rule, ruleset: Ruleset) -> list[SkillNeed]:
    """Required skills that no step drops, except those that depend on the customer or the product area."""
    dropped = {step.skill for step in rule.steps if step.kind is StepKind.DROP_SKILL}
    if None in dropped:
        # The skill of the product area is dropped, even if another line requires it by name.
        dropped |= {skill for _, skill in ruleset.area_skills}
    return [
        SkillNeed(reference.skill, reference.level, None, reference.text)
        for reference in rule.requires
        if reference.kind is SkillKind.NAMED and reference.skill is not None and reference.skill not in dropped
    ]
