"""The people in a directory as bit masks, to compute the pools for many decisions quickly. Pure.

Bit *n* is the *n*-th person. The results are the same as from ``pool``, without the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.pools import AGENT, in_target, meets
from rules_dsl.evaluation.ranking import experience
from rules_dsl.model.decision import Decision, OrderKey, SkillNeed, StepKind, Target


@dataclass(frozen=True)
class PeopleMasks:
    """The masks for one directory, cached by target and by skill."""

    directory: Directory
    _by_target: dict[Target, int] = field(default_factory=dict, repr=False, compare=False)
    _by_need: dict[SkillNeed, int] = field(default_factory=dict, repr=False, compare=False)

    def members(self, decision: Decision, step: int) -> int:
        """The people who may be asked after ``step`` steps."""
        targets = [*decision.targets]
        dropped: set[int | None] = set()
        for taken in decision.steps[:step]:
            if taken.kind is StepKind.WIDEN:
                targets.extend(taken.targets)
            elif taken.kind is StepKind.DROP_SKILL:
                dropped.add(taken.skill)
        mask = 0
        for target in targets:
            mask |= self._in_target(target)
        for need in decision.requires:
            if need.skill is None or need.skill not in dropped:
                mask &= self._meeting(need)
        return mask & self._agents

    def likely_first(self, decision: Decision, step: int, among: int) -> int:
        """The people in ``among`` who rank first, judging by the directory alone.

        Takes ``prefer`` lines and experience into account, up to the first sort key that depends on the day's calls.
        """
        if not any(taken.kind is StepKind.DROP_PREFERRED for taken in decision.steps[:step]):
            for needs in decision.prefers:
                preferred = 0
                for need in needs:
                    preferred |= self._meeting(need)
                among = among & preferred or among
        for key in decision.order:
            if key is not OrderKey.MOST_EXPERIENCED:
                break
            people = [(bit, experience(decision, person)) for bit, person in self.each(among)]
            most = max((levels for _, levels in people), default=0)
            among = sum(bit for bit, levels in people if levels == most)
        return among

    def each(self, mask: int) -> Iterator[tuple[int, Person]]:
        """Yield each person in a mask, preceded by their bit."""
        while mask:
            lowest = mask & -mask
            yield lowest, self.directory.people[lowest.bit_length() - 1]
            mask ^= lowest

    @cached_property
    def titles(self) -> dict[int, int]:
        """The people with each title, by title id."""
        return _grouped([person.title for person in self.directory.people])

    @cached_property
    def teams(self) -> dict[int, int]:
        """The people in each team, by team id."""
        return _grouped([person.team for person in self.directory.people])

    @cached_property
    def _agents(self) -> int:
        return self._mask([not person.roles or AGENT in person.roles for person in self.directory.people])

    def _in_target(self, target: Target) -> int:
        if target not in self._by_target:
            self._by_target[target] = self._mask([in_target(person, target) for person in self.directory.people])
        return self._by_target[target]

    def _meeting(self, need: SkillNeed) -> int:
        if need not in self._by_need:
            self._by_need[need] = self._mask([meets(person, need) for person in self.directory.people])
        return self._by_need[need]

    @staticmethod
    def _mask(members: Sequence[bool]) -> int:
        return sum(1 << place for place, is_member in enumerate(members) if is_member)


def _grouped(ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, number in enumerate(ids):
        found[number] = found.get(number, 0) | 1 << place
    return found
