"""Exact answers about every possible escalation: either an example, or a proof that none exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules_dsl.analysis.budget import Budget
from rules_dsl.analysis.cover import Cover
from rules_dsl.analysis.cubes import Cube, Cubes, intersection, within
from rules_dsl.analysis.culprits import fewest
from rules_dsl.analysis.regions import Situation, situation_in
from rules_dsl.analysis.value_classes import Region, Space, space_of
from rules_dsl.directory import FactType
from rules_dsl.evaluation.program import When

_MOST_EXAMINED = 60
"""Maximum number of regions examined to find a few distinct gaps."""


@dataclass
class Proofs:
    """A file's rules, in order, as cubes. Every query raises ``TooLarge`` once the budget is spent."""

    space: Space
    cubes: Cubes
    rules: list[list[Cube]]
    """The cubes in which each rule's condition is true, ignoring the rules above it."""
    cover: Cover
    groups: list[int]
    """Each rule's cubes, as a bit mask of the cubes in ``cover``."""
    budget: Budget

    @staticmethod
    def of(
        rules: Sequence[When], facts: Sequence[FactType], zone: str, *, also: Sequence[When] = (),
        budget: Budget | None = None,
    ) -> Proofs:  # fmt: skip
        """``also`` holds further conditions that queries will use. Raises ``TooLarge``."""
        space = space_of(facts, (*rules, *also), zone)
        budget = budget or Budget()
        cubes = Cubes(space, budget)
        by_rule = [cubes.of(when) for when in rules]
        groups, start = [], 0
        for rule in by_rule:
            groups.append(((1 << len(rule)) - 1) << start)
            start += len(rule)
        cover = Cover([cube for rule in by_rule for cube in rule], space.whole, budget)
        return Proofs(space, cubes, by_rule, cover, groups, budget)

    def above(self, place: int) -> int:
        """The cubes of all rules above rule ``place``."""
        return self.between(0, place)

    def between(self, first: int, last: int) -> int:
        """The cubes of the rules from ``first`` up to but excluding ``last``."""
        return sum(self.groups[first:last])

    def reaching(self, place: int, of: Sequence[Cube] = ({},)) -> Iterator[Region]:
        """Yield regions within ``of`` that rule ``place`` decides, each as large as one cube of that rule allows."""
        above = self.above(place)
        for cube in self.rules[place]:
            for other in of:
                both = intersection(cube, other)
                yield from () if both is None else self.remainder(both, above)

    def reached(self, place: int) -> bool:
        """Whether rule ``place`` decides any escalation."""
        above, possible = self.above(place), self.space.possible
        regions = (region for cube in self.rules[place] if (region := within(cube, possible)) is not None)
        return any(next(self.cover.remainder(region, above), None) for region in regions)

    def remainder(self, cube: Cube, among: int) -> Iterator[Region]:
        """Yield the possible part of a cube that lies outside the cubes ``among``, in regions as large as possible."""
        bounds = within(cube, self.space.possible)
        if bounds is not None:
            for region in self.cover.remainder(bounds, among):
                yield self.cover.widened(region, bounds, among)

    def gaps(self, most: int) -> list[Region]:
        """Up to ``most`` regions that no rule matches, none contained in another.

        If there are none, also tries tickets that lack facts declared as never missing, because every ticket needs a
        rule.
        """
        return self._gaps(self.space.possible, most) or self._gaps(self.space.whole, most)

    def _gaps(self, whole: Region, most: int) -> list[Region]:
        every = sum(self.groups)
        found: list[Region] = []
        for examined, region in enumerate(self.cover.remainder(whole, every)):
            if not any(_inside(region, one) for one in found):
                found.append(self.cover.widened(region, whole, every))
            if len(found) == most or examined == _MOST_EXAMINED:
                break
        return found

    def culprits(self, place: int) -> list[int]:
        """A smallest set of earlier rules that covers rule ``place``, which must be unreachable."""
        regions = [region for cube in self.rules[place] if (region := within(cube, self.space.possible)) is not None]
        return fewest(self.cover, regions, self.groups[:place], self.budget)

    def situation(self, region: Region) -> Situation:
        return situation_in(self.space, region)


def find(holding: Sequence[When], failing: Sequence[When], facts: Sequence[FactType], zone: str) -> Situation | None:
    """A situation in which all of ``holding`` and none of ``failing`` are true; None if there is provably none.

    Raises ``TooLarge``.
    """
    proofs = Proofs.of(failing, facts, zone, also=holding)
    holding_cubes: list[Cube] = [{}]
    for when in holding:
        both = (intersection(one, other) for one in holding_cubes for other in proofs.cubes.of(when))
        holding_cubes = [cube for cube in both if cube is not None]
    for cube in holding_cubes:
        region = next(proofs.remainder(cube, sum(proofs.groups)), None)
        if region is not None:
            return proofs.situation(region)
    return None


def _inside(inner: Region, outer: Region) -> bool:
    return all(one & ~other == 0 for one, other in zip(inner, outer, strict=True))
