"""Whom a search may ask, and when: the people whom an ``expect never`` is about.

A team or title means at any time of the search, every step included; ``at first`` means when it begins, and ``after`` a
duration means at that time. Presence and shifts are ignored: nobody may rely on people being absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rules_dsl.directory import Directory
from rules_dsl.evaluation.pools import in_target, pool
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.decision import CallKind, Decision, Target
from rules_dsl.syntax.tree import ExpectedOutcome

_TARGETS = ("team", "title")


@dataclass(frozen=True)
class Asked:
    """Somebody with this team and title; None for a target in which nobody is, or of which only one is given."""

    team: int | None
    title: int | None


@dataclass(frozen=True)
class _Stage:
    """The people who may be asked from one step on."""

    after: int
    step: str
    """As written; empty for the beginning."""
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Witness:
    """When a search first asks somebody whom the claim forbids, and whom."""

    after: int
    step: str
    asked: Asked

    def describe(self, directory: Directory) -> str:
        """``after 6 minutes, `widen to team "Duty"` lets team "Duty", title "Commander" be asked``"""
        team = next((f'team "{team.name}"' for team in directory.teams if team.id == self.asked.team), None)
        title = next((f'title "{title.name}"' for title in directory.titles if title.id == self.asked.title), None)
        who = ", ".join(word for word in (team, title) if word)
        if not self.step:
            return f"from the start, {who} may be asked"
        when = f"after {format_duration(self.after)}" if self.after else "immediately, because nobody is there before"
        return f"{when}, `{self.step}` lets {who} be asked"


class Claim:
    """The lines of an ``expect never`` that are about people: each is about the same person, if there can be one."""

    def __init__(self, outcomes: Sequence[ExpectedOutcome], directory: Directory) -> None:
        self.directory = directory
        about_people = [outcome for outcome in outcomes if outcome.kind in _TARGETS]
        lines = groupby(about_people, key=lambda outcome: outcome.at.line)
        self.lines = [_Line(tuple(line), directory) for _, line in lines]
        self.timed = any(line.first or line.after for line in self.lines)
        plain = [kind for line in self.lines if not line.negated for kind in line.kinds]
        self.one_person = len(plain) == len(set(plain))

    def witness(self, decision: Decision) -> Witness | None:
        """Somebody whom this decision's search may ask although the claim forbids it; None if there is nobody.

        Only for claims about people.
        """
        if decision.kind is CallKind.REFUSED:
            return None
        stages = _stages(decision, self.directory)
        if self.one_person:
            return self._first(self.lines, decision, stages)
        found = [self._first([line], decision, stages) for line in self.lines]
        complete = [one for one in found if one is not None]
        return max(complete, key=lambda one: one.after) if len(complete) == len(found) else None

    def _first(self, lines: Sequence[_Line], decision: Decision, stages: Sequence[_Stage]) -> Witness | None:
        allowed = [line.allowed(decision, stages, self.directory) for line in lines]
        for stage in stages:
            for asked in stage.asked:
                if all(asked in one if one is not None else True for one in allowed) and all(
                    line.holds(asked) for line in lines
                ):
                    return Witness(stage.after, stage.step, asked)
        return None


class _Line:
    """One line: a person in one of its targets, or with ``not``, in none of them."""

    def __init__(self, outcomes: tuple[ExpectedOutcome, ...], directory: Directory) -> None:
        self.negated = outcomes[0].negated
        self.first = outcomes[0].first
        self.after = outcomes[0].after
        self.kinds = {outcome.kind for outcome in outcomes}
        by_target = groupby(outcomes, key=lambda outcome: outcome.at)
        self._targets = [[(one.kind, _ids(one, directory)) for one in target] for _, target in by_target]

    def holds(self, asked: Asked) -> bool:
        found = any(
            all((asked.team if kind == "team" else asked.title) in ids for kind, ids in target)
            for target in self._targets
        )
        return found is not self.negated

    def allowed(self, decision: Decision, stages: Sequence[_Stage], directory: Directory) -> frozenset[Asked] | None:
        """Those who may be asked at the line's time; None if it means any time."""
        if self.first:
            return frozenset(next((stage.asked for stage in stages if stage.asked), ()))
        if not self.after:
            return None
        return frozenset(_asked(decision, directory, pool(decision, directory, self.after).step))


def _ids(outcome: ExpectedOutcome, directory: Directory) -> frozenset[int]:
    names = {name.text for name in outcome.names}
    groups = directory.teams if outcome.kind == "team" else directory.titles
    return frozenset(group.id for group in groups if group.name in names)


def _stages(decision: Decision, directory: Directory) -> list[_Stage]:
    stages = [_Stage(0, "", _asked(decision, directory, 0))]
    for place, step in enumerate(decision.steps, 1):
        before = stages[-1]
        # A step whose pool holds nobody costs no time.
        after = step.after if before.asked else before.after
        stages.append(_Stage(after, step.text, _asked(decision, directory, place)))
    return stages


def _asked(decision: Decision, directory: Directory, taken: int) -> tuple[Asked, ...]:
    members = set(pool(decision, directory, 0, step=taken).members)
    found = dict.fromkeys(Asked(one.team, one.title) for one in directory.people if one.id in members)
    for target in (*decision.targets, *(target for step in decision.steps[:taken] for target in step.targets)):
        if not any(in_target(person, target) for person in directory.people):
            found |= dict.fromkeys(_future(target))
    return tuple(found)


def _future(target: Target) -> list[Asked]:
    """Whoever joins a target in which nobody is today."""
    return [Asked(target.team, title) for title in target.titles] or [Asked(target.team, None)]
