"""Steps that add nobody: a widening to people who may all be asked already, or who lack what is required."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.pools import AGENT, aimed_at, meets
from rules_dsl.evaluation.program import Rule
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.model.decision import SkillNeed, StepKind, Target
from rules_dsl.syntax.tree import BlockKind, RulesFile
from rules_dsl.syntax.tree_actions import IfNobody, SkillKind


def check_steps(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """A rule's own steps. A default step is for all rules, and may well add nobody to one of them."""
    blocks = (*tree.of(BlockKind.RULE), *tree.of(BlockKind.OTHERWISE))
    for block, rule in zip(blocks, ruleset.rules, strict=True):
        lines = [line for line in block.do if isinstance(line, IfNobody)]
        if not lines:
            continue
        for place, line in enumerate(lines):
            because = _because(rule, place, names.directory)
            if because is not None:
                names.report("R326", line.at, because=because)


def _because(rule: Rule, place: int, directory: Directory) -> str | None:
    step = rule.steps[place]
    if step.kind is not StepKind.WIDEN:
        return None
    there = _aimed(directory, step.targets)
    if not there:
        return None
    before = [*rule.targets, *(target for one in rule.steps[:place] for target in one.targets)]
    asked = {person.id for person in _aimed(directory, before)}
    added = [person for person in there if person.id not in asked]
    told = " or ".join(target.text for target in step.targets)
    if not added:
        return f"everybody in {told} may be asked before it already"
    needs = _needs(rule)
    if not any(all(meets(person, need) for need in needs) for person in added):
        return f"nobody in {told} has {' and '.join(need.text for need in needs)}, which stays required"
    return None


def _aimed(directory: Directory, targets: Sequence[Target]) -> list[Person]:
    return [
        person
        for person in directory.people
        if (not person.roles or AGENT in person.roles) and any(aimed_at(person, target) for target in targets)
    ]


def _needs(rule: Rule) -> list[SkillNeed]:
    """Named skills that no step drops; those that hang on the customer or the product area may be met."""
    dropped = {step.skill for step in rule.steps if step.kind is StepKind.DROP_SKILL}
    return [
        SkillNeed(want.skill, want.level, None, want.text)
        for want in rule.requires
        if want.kind is SkillKind.NAMED and want.skill is not None and want.skill not in dropped
    ]
