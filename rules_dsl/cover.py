"""What cubes leave over of a region: an exact search with unit propagation, in regions that don't overlap.

Every attribute's class knows which cubes hold it, as one number with a bit a cube; so which cubes still touch a
region is an ``and`` of a few numbers. A cube that asks for one thing more than the region settles takes that thing
away (a unit); where none does, the one that asks for least is split along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules_dsl.budget import Budget
from rules_dsl.cubes import Cube
from rules_dsl.value_classes import Region


class Cover:
    """Cubes with an index: which of them touch a region, and what of it they leave over."""

    def __init__(self, cubes: Sequence[Cube], whole: Region) -> None:
        self.cubes = [tuple(cube.items()) for cube in cubes]
        self.whole = whole
        self._digits = max((len(cube).bit_length() for cube in cubes), default=0)
        self._holding = [[0] * mask.bit_length() for mask in whole]
        self._allowing: list[dict[int, int]] = [{} for _ in whole]
        self._inside: list[dict[int, int]] = [{} for _ in whole]
        every = (1 << len(cubes)) - 1
        asking = [0] * len(whole)
        for number, cube in enumerate(cubes):
            for place, mask in cube.items():
                asking[place] |= 1 << number
                for value, holding in enumerate(self._holding[place]):
                    if mask >> value & 1:
                        self._holding[place][value] = holding | 1 << number
        self._silent = [every & ~asked for asked in asking]

    def allowing(self, place: int, mask: int) -> int:
        """The cubes that allow any of these classes."""
        known = self._allowing[place].get(mask)
        if known is not None:
            return known
        found = self._silent[place]
        for value, holding in enumerate(self._holding[place]):
            if mask >> value & 1:
                found |= holding
        self._allowing[place][mask] = found
        return found

    def inside(self, place: int, mask: int) -> int:
        """The cubes that allow all of these classes: they ask nothing more of the attribute."""
        known = self._inside[place].get(mask)
        if known is not None:
            return known
        found = -1
        for value, holding in enumerate(self._holding[place]):
            if mask >> value & 1:
                found &= holding
        found |= self._silent[place]
        self._inside[place][mask] = found
        return found

    def touching(self, region: Region, among: int) -> int:
        """Those of ``among`` that share anything with the region."""
        for place, mask in enumerate(region):
            if mask != self.whole[place]:
                known = self._allowing[place].get(mask)
                among &= self.allowing(place, mask) if known is None else known
                if not among:
                    break
        return among

    def left_of(self, region: Region, among: int, budget: Budget) -> Iterator[Region]:
        """Regions that together are what ``among`` leaves over. Raises ``TooLarge``."""
        stack = [(region, self.touching(region, among))]
        weight = (1 + len(self.cubes) // 100) * (1 + len(self.whole) // 20)
        while stack:
            here, touching = stack.pop()
            budget.spend(10 * weight)
            while touching:
                budget.spend(weight)
                asked = self._least(here, touching)
                if not asked:
                    break
                for number in range(len(asked) - 1, -1, -1):
                    place, mask = asked[number]
                    part = list(here)
                    part[place] &= ~mask
                    for settled, inside in asked[:number]:
                        part[settled] &= inside
                    if number:
                        budget.spend(5 * weight)
                        stack.append((tuple(part), self.touching(tuple(part), touching)))
                    else:
                        here = tuple(part)
                        touching &= self.allowing(place, here[place])
                        if len(asked) > 1:
                            touching = self.touching(here, touching)
            else:
                yield here

    def _least(self, here: Region, touching: int) -> list[tuple[int, int]]:
        """What the easiest cube asks beyond the region; nothing where a cube holds all of it.

        All are counted at once: bit ``i`` of ``counts[n]`` is the n-th binary digit of how much cube ``i`` asks for.
        The first that asks for one thing at most is easy enough; else the first of those that ask for least.
        """
        counts = [0] * self._digits
        for place, mask in enumerate(here):
            carry, digit = touching & ~self.inside(place, mask), 0
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
        """As large as it can get inside ``bounds`` without touching any of ``among``: the moment is freed first."""
        grown = list(region)
        for place, bound in enumerate(bounds):
            for more in (bound, *(1 << value for value in range(bound.bit_length()) if bound >> value & 1)):
                if grown[place] | more == grown[place]:
                    continue
                before = grown[place]
                grown[place] |= more
                if self.touching(tuple(grown), among):
                    grown[place] = before
        return tuple(grown)
