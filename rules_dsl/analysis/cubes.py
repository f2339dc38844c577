"""Conditions as unions of cubes. A cube allows some classes of a few attributes, and all classes of the others.

Kleene logic becomes plain sets: a condition is true in one set, false in another, and unknown everywhere else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules_dsl.analysis.budget import Budget, TooLarge
from rules_dsl.analysis.value_classes import TIME, Region, Space
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, Test, When, Within

Cube = dict[int, int]
"""One mask of allowed classes per attribute; an absent attribute is unconstrained."""
MOST_CUBES = 3000
"""Maximum number of cubes per condition."""
_COMPARED = 200
"""If there are more cubes than this, finding those contained in others would take too long."""
_INTERSECTION_WORK = 5
"""Work units per intersection."""


@dataclass
class Cubes:
    """Turns conditions into cubes in one space, converting each definition once. Raises ``TooLarge``."""

    space: Space
    budget: Budget
    _cache: dict[tuple[int, bool], tuple[Test, list[Cube]]] = field(default_factory=dict)
    """Keyed by ``id``, because comparing tests may be slow. The test is stored so that its ``id`` stays valid."""
    _starts: dict[int, list[int]] = field(default_factory=dict)
    """For each numeric attribute, the first value of each class."""

    def of(self, when: When) -> list[Cube]:
        """The cubes in which a condition is true."""
        return self._when(when, True)

    def _when(self, when: When, truth: bool) -> list[Cube]:
        alternatives = [self._every([self._clause(one, truth) for one in clauses]) if truth else
                self._any([self._clause(one, truth) for one in clauses])
                for clauses in when.alternatives]  # fmt: skip
        unless = [self._clause(one, not truth) for one in when.unless]
        if truth:
            return self._every([self._any(alternatives), *unless])
        return self._any([self._every(alternatives), *unless])

    def _clause(self, clause: Clause, truth: bool) -> list[Cube]:
        return self._test(clause.test, truth is not clause.negated)

    def _test(self, test: Test, truth: bool) -> list[Cube]:
        cached = self._cache.get((id(test), truth))
        if cached is None:
            cached = self._cache[id(test), truth] = test, self._cubes_of_test(test, truth)
        return cached[1]

    def _cubes_of_test(self, test: Test, truth: bool) -> list[Cube]:
        match test:
            case IsDefined():
                return self._when(test.when, truth)
            case HasTags():
                return self._tags(test, truth)
            case InHours():
                place = self.space.hours.index(test.hours)
                states = enumerate(self.space.moments)
                return _one(TIME, sum(1 << number for number, (_, state) in states if state[place] is truth))
            case _:
                place = self.space.places[test.fact, None]
                return _one(place, self._mask(test, truth, place))

    def _mask(self, test: OneOf | Within | IsKnown | IsYes, truth: bool, place: int) -> int:
        attribute = self.space.attributes[place]
        if isinstance(test, IsKnown):
            return attribute.known if truth else attribute.unknown
        mask = 0
        if isinstance(test, Within):
            mask = self._range(test, place)
        else:
            for number, values in enumerate(attribute.classes):
                holds = values[0] in test.values if isinstance(test, OneOf) else values[0] is True
                mask |= holds << number
        return mask if truth else attribute.known & ~mask

    def _range(self, test: Within, place: int) -> int:
        """The classes in a range. Every range starts and ends where a class does, so no class is only partly in it."""
        starts = self._starts.get(place)
        if starts is None:
            firsts = (values[0] for values in self.space.attributes[place].classes)
            starts = self._starts[place] = [first for first in firsts if isinstance(first, int)]
        first = 0 if test.low is None else bisect_left(starts, test.low)
        end = len(starts) if test.high is None else bisect_right(starts, test.high)
        return (1 << end) - 1 & -1 << first

    def _tags(self, test: HasTags, truth: bool) -> list[Cube]:
        place = self.space.places[test.fact, None]
        known = {place: self.space.attributes[place].known}
        by_tag = {tag: self.space.places[test.fact, tag] for tag in test.tags}
        if test.every is truth:
            return [known | dict.fromkeys(by_tag.values(), 0b10 if truth else 0b01)]
        return [known | {tag: 0b10 if truth else 0b01} for tag in by_tag.values()]

    def _any(self, sets: Iterable[list[Cube]]) -> list[Cube]:
        return self._without_repeats([cube for cubes in sets for cube in cubes])

    def _every(self, sets: Sequence[list[Cube]]) -> list[Cube]:
        result: list[Cube] = [{}]
        for cubes in sets:
            if result == [{}]:
                result = cubes
                continue
            self.budget.spend(_INTERSECTION_WORK * len(result) * len(cubes))
            both = (intersection(one, other) for one in result for other in cubes)
            result = self._without_repeats([cube for cube in both if cube is not None])
        return result

    def _without_repeats(self, cubes: list[Cube]) -> list[Cube]:
        """The cubes, in order, without those contained in another."""
        if len(cubes) < 2:
            return cubes
        unique = list({tuple(sorted(cube.items())): cube for cube in cubes}.values())
        if len(unique) > MOST_CUBES:
            raise TooLarge
        if len(unique) > _COMPARED:
            return unique
        self.budget.spend(len(unique) * len(unique) // 8)
        return [
            cube
            for number, cube in enumerate(unique)
            if not any(_contains(other, cube) for place, other in enumerate(unique) if place != number)
        ]


def _one(place: int, mask: int) -> list[Cube]:
    return [{place: mask}] if mask else []


def intersection(one: Cube, other: Cube) -> Cube | None:
    """The intersection of both cubes; None if it is empty."""
    result = dict(one)
    for place, mask in other.items():
        both = result.get(place, -1) & mask
        if not both:
            return None
        result[place] = both
    return result


def within(cube: Cube, region: Region) -> Region | None:
    """The part of a region inside a cube; None if it is empty."""
    result = list(region)
    for place, mask in cube.items():
        result[place] &= mask
        if not result[place]:
            return None
    return tuple(result)


def _contains(outer: Cube, inner: Cube) -> bool:
    return len(outer) <= len(inner) and all(inner.get(place, -1) & ~mask == 0 for place, mask in outer.items())
