"""The people of one directory as bits of a number, so that the pools of many decisions take no time. Pure.

Bit *n* is the *n*-th person. What it answers is what ``pool`` answers, without the reasons.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from rules_dsl.decision import Decision, OrderKey, SkillNeed, StepKind, Target
from rules_dsl.directory import Directory, Person
from rules_dsl.pools import AGENT, aimed_at, meets
from rules_dsl.ranking import experience

_DAY = 24 * 60


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

    def on_duty(self, moment: datetime) -> int:
        """Whose weekly shifts cover the moment."""
        mask = 0
        for zone, (starts, masks) in self._weeks.items():
            local = moment.astimezone(zone)
            minute = local.weekday() * _DAY + local.hour * 60 + local.minute
            mask |= masks[bisect_right(starts, minute) - 1]
        return mask

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

    @cached_property
    def _weeks(self) -> dict[ZoneInfo, tuple[list[int], list[int]]]:
        """By zone: minutes of the week at which somebody comes or goes, and who is there from each one on."""
        spans: dict[str, list[tuple[int, int, int]]] = {}
        for place, person in enumerate(self.directory.people):
            for shift in person.shifts:
                spans.setdefault(shift.time_zone, []).extend(
                    (day * _DAY + shift.start_minute, day * _DAY + shift.end_minute, 1 << place) for day in shift.days
                )
        return {ZoneInfo(zone): _laid_out(found) for zone, found in spans.items()}

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


def _laid_out(spans: Sequence[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
    starts = sorted({0, *(minute for start, end, _ in spans for minute in (start, end))})
    masks = [0] * len(starts)
    for place, minute in enumerate(starts):
        for start, end, bit in spans:
            if start <= minute < end:
                masks[place] |= bit
    return starts, masks
