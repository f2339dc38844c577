"""What remains of a region after subtracting cubes, as disjoint regions: an exact search with unit propagation.

For each class of each attribute, an integer has one bit per cube, which is set if the cube allows the class. The
bitwise AND of a few such integers gives the cubes that intersect a region. A cube that is narrower than the region in a
single attribute (a unit) is subtracted directly; if there is no unit, the region is split along the cube with the
fewest constraints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import and_, or_, xor

from rules_dsl.analysis.budget import Budget
from rules_dsl.analysis.cubes import Cube
from rules_dsl.analysis.value_classes import Region
from rules_dsl.model.prefix_masks import PrefixMasks, stretches

_CUBES_A_STEP = 1000
"""How many additional cubes double the time that a pass over all attributes takes."""


class Cover:
    """Cubes, indexed to find those that intersect a region and to compute what is left of it outside them."""

    def __init__(self, cubes: Sequence[Cube], whole: Region, budget: Budget) -> None:
        self.cubes = [tuple(cube.items()) for cube in cubes]
        self.whole = whole
        self.budget = budget
        self._digits = max((len(cube).bit_length() for cube in cubes), default=0)
        self._step = len(whole) * (1 + len(cubes) // _CUBES_A_STEP)
        self._allowing: list[dict[int, int]] = [{} for _ in whole]
        self._beyond: list[dict[int, int]] = [{} for _ in whole]
        every = (1 << len(cubes)) - 1
        constraining = [0] * len(whole)
        changes = [[0] * (mask.bit_length() + 1) for mask in whole]
        for number, cube in enumerate(cubes):
            for place, mask in cube.items():
                constraining[place] |= 1 << number
                for first, end in stretches(mask):
                    changes[place][first] ^= 1 << number
                    changes[place][end] ^= 1 << number
        by_class = [list(accumulate(change, xor)) for change in changes]
        self._any_of = [PrefixMasks(masks, or_) for masks in by_class]
        self._all_of = [PrefixMasks(masks, and_) for masks in by_class]
        self._constraining = constraining
        self._unconstraining = [every & ~cubes for cubes in constraining]

    def allowing(self, place: int, mask: int) -> int:
        """The cubes that allow at least one of these classes."""
        cached = self._allowing[place].get(mask)
        if cached is not None:
            return cached
        found = self._unconstraining[place]
        for first, end in stretches(mask):
            self.budget.spend(1)
            found |= self._any_of[place].joined(first, end)
        self._allowing[place][mask] = found
        return found

    def beyond(self, place: int, mask: int) -> int:
        """The cubes that don't allow all of these classes: they constrain the attribute further."""
        found = -1
        for first, end in stretches(mask):
            self.budget.spend(1)
            found &= self._all_of[place].joined(first, end)
        found = self._beyond[place][mask] = self._constraining[place] & ~found
        return found

    def touching(self, region: Region, among: int) -> int:
        """The cubes in ``among`` that intersect the region."""
        for place, mask in enumerate(region):
            if mask != self.whole[place]:
                cached = self._allowing[place].get(mask)
                among &= self.allowing(place, mask) if cached is None else cached
                if not among:
                    break
        return among

    def remainder(self, region: Region, among: int) -> Iterator[Region]:
        """Yield disjoint regions that together make up the region minus the cubes ``among``. Raises ``TooLarge``."""
        stack = [(region, self.touching(region, among))]
        spend, step = self.budget.spend, self._step
        while stack:
            here, touching = stack.pop()
            spend(step)
            while touching:
                spend(step)
                constraints = self._fewest_constraints(here, touching)
                if not constraints:
                    break
                for number in range(len(constraints) - 1, -1, -1):
                    place, mask = constraints[number]
                    part = list(here)
                    part[place] &= ~mask
                    for other_place, inside in constraints[:number]:
                        part[other_place] &= inside
                    if number:
                        spend(step)
                        stack.append((tuple(part), self.touching(tuple(part), touching)))
                    else:
                        here = tuple(part)
                        touching &= self.allowing(place, here[place])
                        if len(constraints) > 1:
                            touching = self.touching(here, touching)
            else:
                yield here

    def _fewest_constraints(self, here: Region, touching: int) -> list[tuple[int, int]]:
        """The constraints of the cube that constrains the region least; empty if a cube contains the region.

        Counts the constraints of all cubes in parallel: bit ``i`` of ``counts[n]`` is the n-th binary digit of cube
        ``i``'s constraint count. Takes the first cube with at most one constraint, otherwise the first of those with
        the fewest.
        """
        counts = [0] * self._digits
        for place, (mask, cache) in enumerate(zip(here, self._beyond, strict=True)):
            beyond = cache.get(mask)
            carry, digit = touching & (self.beyond(place, mask) if beyond is None else beyond), 0
            while carry:
                counts[digit], carry = counts[digit] ^ carry, counts[digit] & carry
                digit += 1
        chosen = touching
        for count in reversed(counts[1:]):
            chosen = chosen & ~count or chosen
        if any(chosen & count for count in counts[1:]):
            chosen = chosen & ~counts[0] or chosen
        first = (chosen & -chosen).bit_length() - 1
        return [(place, mask) for place, mask in self.cubes[first] if here[place] & ~mask]

    def widened(self, region: Region, bounds: Region, among: int) -> Region:
        """The region, extended within ``bounds`` without intersecting ``among``; the moment is extended first."""
        grown = list(region)
        for place, bound in enumerate(bounds):
            for more in (bound, *(1 << value for value in range(bound.bit_length()) if bound >> value & 1)):
                if grown[place] | more == grown[place]:
                    continue
                self.budget.spend(self._step)
                before = grown[place]
                grown[place] |= more
                if self.touching(tuple(grown), among):
                    grown[place] = before
        return tuple(grown)
