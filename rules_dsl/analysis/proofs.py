"""Questions about every escalation, answered exactly: by an escalation, or by the proof that there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules_dsl.analysis.budget import Budget
from rules_dsl.analysis.cover import Cover
from rules_dsl.analysis.cubes import Cube, Cubes, meet, within
from rules_dsl.analysis.culprits import fewest
from rules_dsl.analysis.regions import Situation, situation_in
from rules_dsl.analysis.value_classes import Region, Space, space_of
from rules_dsl.directory import FactType
from rules_dsl.evaluation.program import When

_MOST_LOOKED_AT = 60
"""Regions looked at for a few that differ."""


@dataclass
class Proofs:
    """Rules, in order, ready to be asked about. ``TooLarge`` is raised by any question once the budget is spent."""

    space: Space
    cubes: Cubes
    rules: list[list[Cube]]
    """Where the condition of each rule is true, whatever stands above it."""
    cover: Cover
    groups: list[int]
    """The cubes of each rule, as bits of the cover."""
    budget: Budget

    @staticmethod
    def of(
        rules: Sequence[When], facts: Sequence[FactType], zone: str, *, also: Sequence[When] = (),
        budget: Budget | None = None,
    ) -> Proofs:  # fmt: skip
        """``also`` are conditions that will be asked about. Raises ``TooLarge``."""
        space = space_of(facts, (*rules, *also), zone)
        budget = budget or Budget()
        cubes = Cubes(space, budget)
        found = [cubes.of(when) for when in rules]
        groups, start = [], 0
        for one in found:
            groups.append(((1 << len(one)) - 1) << start)
            start += len(one)
        cover = Cover([cube for one in found for cube in one], space.whole, budget)
        return Proofs(space, cubes, found, cover, groups, budget)

    def above(self, place: int) -> int:
        """The cubes of all rules above this one."""
        return self.between(0, place)

    def between(self, first: int, last: int) -> int:
        """The cubes of the rules from ``first`` to before ``last``."""
        return sum(self.groups[first:last])

    def reaching(self, place: int, of: Sequence[Cube] = ({},)) -> Iterator[Region]:
        """Regions of ``of`` that this rule takes, as large as they get inside one of its cubes."""
        above = self.above(place)
        for cube in self.rules[place]:
            for other in of:
                both = meet(cube, other)
                yield from () if both is None else self.left_of(both, above)

    def reached(self, place: int) -> bool:
        """Whether any escalation reaches this rule."""
        above, possible = self.above(place), self.space.possible
        regions = (region for cube in self.rules[place] if (region := within(cube, possible)) is not None)
        return any(next(self.cover.left_of(region, above), None) for region in regions)

    def left_of(self, cube: Cube, among: int) -> Iterator[Region]:
        bounds = within(cube, self.space.possible)
        if bounds is not None:
            for region in self.cover.left_of(bounds, among):
                yield self.cover.widened(region, bounds, among)

    def gaps(self, most: int) -> list[Region]:
        """Up to so many regions that no rule takes, none inside another.

        Where there is none, facts that are never missing are taken as missing too: no ticket is left without a rule.
        """
        return self._gaps(self.space.possible, most) or self._gaps(self.space.whole, most)

    def _gaps(self, whole: Region, most: int) -> list[Region]:
        every = sum(self.groups)
        found: list[Region] = []
        for looked_at, region in enumerate(self.cover.left_of(whole, every)):
            if not any(_inside(region, one) for one in found):
                found.append(self.cover.widened(region, whole, every))
            if len(found) == most or looked_at == _MOST_LOOKED_AT:
                break
        return found

    def culprits(self, place: int) -> list[int]:
        """A smallest set of rules above that leave nothing to this one. Asked of a rule that is never reached."""
        regions = [region for cube in self.rules[place] if (region := within(cube, self.space.possible)) is not None]
        return fewest(self.cover, regions, self.groups[:place], self.budget)

    def situation(self, region: Region) -> Situation:
        return situation_in(self.space, region)


def find(holding: Sequence[When], failing: Sequence[When], facts: Sequence[FactType], zone: str) -> Situation | None:
    """A situation where all of ``holding`` are true and none of ``failing`` is; None proves that there is none.

    Raises ``TooLarge`` when it gives up.
    """
    proofs = Proofs.of(failing, facts, zone, also=holding)
    wanted: list[Cube] = [{}]
    for when in holding:
        met = (meet(one, other) for one in wanted for other in proofs.cubes.of(when))
        wanted = [cube for cube in met if cube is not None]
    for cube in wanted:
        region = next(proofs.left_of(cube, sum(proofs.groups)), None)
        if region is not None:
            return proofs.situation(region)
    return None


def _inside(inner: Region, outer: Region) -> bool:
    return all(one & ~other == 0 for one, other in zip(inner, outer, strict=True))
