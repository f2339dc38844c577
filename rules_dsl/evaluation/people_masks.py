"""The people of one directory as bits of a number, so that the pools of many decisions take no time. Pure.

Bit *n* is the *n*-th person. What it answers is what ``pool`` answers, without the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.pools import AGENT, aimed_at, meets
from rules_dsl.evaluation.ranking import experience
from rules_dsl.model.decision import Decision, OrderKey, SkillNeed, StepKind, Target


@dataclass(frozen=True)
class PeopleMasks:
    directory: Directory
    _aimed: dict[Target, int] = field(default_factory=dict, repr=False, compare=False)
    _able: dict[SkillNeed, int] = field(default_factory=dict, repr=False, compare=False)

    def members(self, decision: Decision, step: int) -> int:
        """Who may be asked after so many steps."""
        targets = [*decision.targets]
        dropped: set[int | None] = set()
        for taken in decision.steps[:step]:
            if taken.kind is StepKind.WIDEN:
                targets.extend(taken.targets)
            elif taken.kind is StepKind.DROP_SKILL:
                dropped.add(taken.skill)
        mask = 0
        for target in targets:
            mask |= self._aimed_at(target)
        for need in decision.requires:
            if need.skill is None or need.skill not in dropped:
                mask &= self._able_to(need)
        return mask & self._agents

    def likely_first(self, decision: Decision, step: int, among: int) -> int:
        """Those of ``among`` whom the order puts first as far as the directory alone can tell.

        That is by the ``prefer`` lines and by experience; the first key that asks how busy a day was ends it.
        """
        if not any(taken.kind is StepKind.DROP_PREFERRED for taken in decision.steps[:step]):
            for needs in decision.prefers:
                met = 0
                for need in needs:
                    met |= self._able_to(need)
                among = among & met or among
        for key in decision.order:
            if key is not OrderKey.MOST_EXPERIENCED:
                break
            people = [(bit, experience(decision, person)) for bit, person in self.each(among)]
            most = max((found for _, found in people), default=0)
            among = sum(bit for bit, found in people if found == most)
        return among

    def each(self, mask: int) -> Iterator[tuple[int, Person]]:
        """The people of a mask, each with their own bit."""
        while mask:
            lowest = mask & -mask
            yield lowest, self.directory.people[lowest.bit_length() - 1]
            mask ^= lowest

    @cached_property
    def titles(self) -> dict[int, int]:
        """Title id to those who hold it."""
        return _grouped([person.title for person in self.directory.people])

    @cached_property
    def teams(self) -> dict[int, int]:
        """Team id to those who are in it."""
        return _grouped([person.team for person in self.directory.people])

    @cached_property
    def _agents(self) -> int:
        return self._mask([not person.roles or AGENT in person.roles for person in self.directory.people])

    def _aimed_at(self, target: Target) -> int:
        if target not in self._aimed:
            self._aimed[target] = self._mask([aimed_at(person, target) for person in self.directory.people])
        return self._aimed[target]

    def _able_to(self, need: SkillNeed) -> int:
        if need not in self._able:
            self._able[need] = self._mask([meets(person, need) for person in self.directory.people])
        return self._able[need]

    @staticmethod
    def _mask(held: Sequence[bool]) -> int:
        return sum(1 << place for place, truth in enumerate(held) if truth)


def _grouped(ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, number in enumerate(ids):
        found[number] = found.get(number, 0) | 1 << place
    return found
