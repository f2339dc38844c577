"""The culprits behind an unreachable rule: a smallest set of rules that covers its regions."""

from __future__ import annotations

from collections.abc import Sequence

from rules_dsl.analysis.budget import Budget, TooLarge
from rules_dsl.analysis.cover import Cover
from rules_dsl.analysis.value_classes import Region

_MOST_CHOICES = 20_000
"""Limit on the search for one result. Once it is reached, a small set will do, even if it isn't the smallest."""


def fewest(cover: Cover, regions: Sequence[Region], groups: Sequence[int], budget: Budget) -> list[int]:
    """Indexes of the fewest ``groups`` of cubes that together cover the regions. Raises ``TooLarge``.

    An implicit hitting set search: each round finds a point that the current set doesn't cover, and continues with the
    smallest set that covers all points found so far.
    """
    every = sum(groups)
    owner = {low: number for number, group in enumerate(groups) for low in _bits(group)}
    points: list[int] = []
    choices = Budget(_MOST_CHOICES)
    while True:
        chosen = _smallest(points, choices)
        cubes = sum(groups[number] for number in range(len(groups)) if chosen >> number & 1)
        uncovered = next((part for region in regions for part in cover.remainder(region, cubes)), None)
        if uncovered is None:
            return [number for number in range(len(groups)) if chosen >> number & 1]
        covering = cover.touching(tuple(mask & -mask for mask in uncovered), every)
        owners = {owner[low] for low in _bits(covering)}
        budget.spend(len(owners) + len(groups) // 8)
        points.append(sum(1 << number for number in owners))


def _bits(number: int) -> list[int]:
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length())
        number ^= low
    return found


def _smallest(points: list[int], choices: Budget) -> int:
    """A smallest hitting set for the points, or a greedy one if the search takes too long."""
    try:
        for size in range(len(points) + 1):
            found = _hitting_set(points, 0, size, choices)
            if found is not None:
                return found
    except TooLarge:
        choices.left = 0
    return _greedy(points)


def _hitting_set(points: list[int], chosen: int, size: int, choices: Budget) -> int | None:
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
        found = _hitting_set(missed, chosen | low, size - 1, choices)
        if found is not None:
            return found
    return None


def _greedy(points: list[int]) -> int:
    """A greedy hitting set: repeatedly adds the group that hits the most points, then drops superfluous groups."""
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
