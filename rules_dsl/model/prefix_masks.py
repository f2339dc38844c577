"""What a row of masks comes to over any stretch of it, in one step: rows of a number's classes get long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Join = Callable[[int, int], int]
"""``and``, or ``or``: it may take the same mask twice."""


class PrefixMasks:
    """Joined masks of all stretches whose length is a power of two; any stretch is two of them, overlapping."""

    def __init__(self, masks: Sequence[int], join: Join) -> None:
        self._levels = [list(masks)]
        self._join = join

    def joined(self, first: int, end: int) -> int:
        """Of the masks from ``first`` to before ``end``, of which there is at least one."""
        level = (end - first).bit_length() - 1
        while len(self._levels) <= level:
            halves = self._levels[-1]
            self._levels.append(list(map(self._join, halves, halves[1 << len(self._levels) - 1 :])))
        found = self._levels[level]
        return self._join(found[first], found[end - (1 << level)])


def stretches(mask: int) -> Iterator[tuple[int, int]]:
    """First place and the one after the last, of each stretch of ones."""
    turns = ones(mask ^ mask << 1)
    return zip(turns, turns, strict=True)


def ones(mask: int) -> Iterator[int]:
    """The places of its ones."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
