"""What cubes leave over of a region: an exact search with unit propagation, in regions that don't overlap.

Every attribute's class knows which cubes hold it, as one number with a bit a cube; so which cubes still touch a
region is an ``and`` of a few numbers. A cube that asks for one thing more than the region settles takes that thing
away (a unit); where none does, the one that asks for least is split along.
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
"""So many more make a step through all attributes twice as long."""


class Cover:
    """Cubes with an index: which of them touch a region, and what of it they leave over."""

    def __init__(self, cubes: Sequence[Cube], whole: Region, budget: Budget) -> None:
        self.cubes = [tuple(cube.items()) for cube in cubes]
        self.whole = whole
        self.budget = budget
        self._digits = max((len(cube).bit_length() for cube in cubes), default=0)
        self._step = len(whole) * (1 + len(cubes) // _CUBES_A_STEP)
        self._allowing: list[dict[int, int]] = [{} for _ in whole]
        self._beyond: list[dict[int, int]] = [{} for _ in whole]
        every = (1 << len(cubes)) - 1
        asking = [0] * len(whole)
        changes = [[0] * (mask.bit_length() + 1) for mask in whole]
        for number, cube in enumerate(cubes):
            for place, mask in cube.items():
                asking[place] |= 1 << number
                for first, end in stretches(mask):
                    changes[place][first] ^= 1 << number
                    changes[place][end] ^= 1 << number
        holding = [list(accumulate(change, xor)) for change in changes]
        self._any_of = [PrefixMasks(held, or_) for held in holding]
        self._all_of = [PrefixMasks(held, and_) for held in holding]
        self._asking = asking
        self._silent = [every & ~asked for asked in asking]

    def allowing(self, place: int, mask: int) -> int:
        """The cubes that allow any of these classes."""
        known = self._allowing[place].get(mask)
        if known is not None:
            return known
        found = self._silent[place]
        for first, end in stretches(mask):
            self.budget.spend(1)
            found |= self._any_of[place].joined(first, end)
        self._allowing[place][mask] = found
        return found

    def beyond(self, place: int, mask: int) -> int:
        """The cubes that don't allow all of these classes: they ask something more of the attribute."""
        found = -1
        for first, end in stretches(mask):
            self.budget.spend(1)
            found &= self._all_of[place].joined(first, end)
        found = self._beyond[place][mask] = self._asking[place] & ~found
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

    def left_of(self, region: Region, among: int) -> Iterator[Region]:
        """Regions that together are what ``among`` leaves over. Raises ``TooLarge``."""
        stack = [(region, self.touching(region, among))]
        spend, step = self.budget.spend, self._step
        while stack:
            here, touching = stack.pop()
            spend(step)
            while touching:
                spend(step)
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
                        spend(step)
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
        for place, (mask, known) in enumerate(zip(here, self._beyond, strict=True)):
            beyond = known.get(mask)
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
        """As large as it can get inside ``bounds`` without touching any of ``among``: the moment is freed first."""
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
