"""Who takes it all: a smallest choice of rules that leaves nothing over of some regions."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.analysis.budget import Budget, TooLarge
from rules_dsl.analysis.cover import Cover
from rules_dsl.analysis.value_classes import Region

_MOST_CHOICES = 20_000
"""Choices weighed for one answer; beyond them a small choice is good enough, and need not be a smallest one."""


def fewest(cover: Cover, regions: Sequence[Region], groups: Sequence[int], budget: Budget) -> list[int]:
    """Positions in ``groups`` (of cubes), which together leave nothing over of the regions. Raises ``TooLarge``.

    Each round, what the choice leaves over holds a point that one of the others must take; the smallest choice that
    takes all points found so far is the next one.
    """
    every = sum(groups)
    owner = {low: number for number, group in enumerate(groups) for low in _bits(group)}
    points: list[int] = []
    choices = Budget(_MOST_CHOICES)
    while True:
        chosen = _smallest(points, choices)
        cubes = sum(groups[number] for number in range(len(groups)) if chosen >> number & 1)
        left = next((part for region in regions for part in cover.left_of(region, cubes)), None)
        if left is None:
            return [number for number in range(len(groups)) if chosen >> number & 1]
        taking = cover.touching(tuple(mask & -mask for mask in left), every)
        takers = {owner[low] for low in _bits(taking)}
        budget.spend(len(takers) + len(groups) // 8)
        points.append(sum(1 << number for number in takers))


def _bits(number: int) -> list[int]:
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length())
        number ^= low
    return found


def _smallest(points: list[int], choices: Budget) -> int:
    """A smallest set that has something of each point; a small one where weighing them all takes too long."""
    try:
        for size in range(len(points) + 1):
            found = _hit(points, 0, size, choices)
            if found is not None:
                return found
    except TooLarge:
        choices.left = 0
    return _small(points)


def _hit(points: list[int], chosen: int, size: int, choices: Budget) -> int | None:
    choices.spend(len(points))
    missed = [point for point in points if not point & chosen]
    if not missed:
        return chosen
    if size == 0:
        return None
    hardest = min(missed, key=int.bit_count)
    while hardest:
        low = hardest & -hardest
        hardest ^= low
        found = _hit(missed, chosen | low, size - 1, choices)
        if found is not None:
            return found
    return None


def _small(points: list[int]) -> int:
    """Again and again whoever takes most of what is left; then without those that turn out not to be needed."""
    chosen, missed = 0, points
    while missed:
        counts: dict[int, int] = {}
        for point in missed:
            for low in _bits(point):
                counts[low] = counts.get(low, 0) + 1
        best = max(counts, key=lambda low: (counts[low], -low))
        chosen |= 1 << best - 1
        missed = [point for point in missed if not point & chosen]
    for low in _bits(chosen):
        without = chosen & ~(1 << low - 1)
        if all(point & without for point in points):
            chosen = without
    return chosen
