"""Joins any range in a list of masks in one step, with a sparse table, because a numeric fact may have many classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Join = Callable[[int, int], int]
"""``and`` or ``or``. Both are idempotent, so overlapping ranges do no harm."""


class PrefixMasks:
    """The joins of all ranges whose length is a power of two. Two of them cover any range, and may overlap."""

    def __init__(self, masks: Sequence[int], join: Join) -> None:
        self._levels = [list(masks)]
        self._join = join

    def joined(self, first: int, end: int) -> int:
        """The join of the masks from ``first`` to ``end``, exclusive; the range must not be empty."""
        level = (end - first).bit_length() - 1
        while len(self._levels) <= level:
            halves = self._levels[-1]
            self._levels.append(list(map(self._join, halves, halves[1 << len(self._levels) - 1 :])))
        found = self._levels[level]
        return self._join(found[first], found[end - (1 << level)])


def stretches(mask: int) -> Iterator[tuple[int, int]]:
    """Yield each run of ones: its first bit and the bit after its last."""
    edges = ones(mask ^ mask << 1)
    return zip(edges, edges, strict=True)


def ones(mask: int) -> Iterator[int]:
    """Yield the positions of the set bits."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
