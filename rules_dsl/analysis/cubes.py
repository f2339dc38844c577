"""Conditions as unions of cubes: each cube allows some classes of a few attributes, and anything of the others.

Kleene's logic becomes plain sets here: where a condition is true, and where it is false, are two sets; between them
lies what is unknown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules_dsl.analysis.budget import Budget, TooLarge
from rules_dsl.analysis.value_classes import TIME, Region, Space
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, Test, When, Within

Cube = dict[int, int]
"""Masks of the attributes that it asks about."""
MOST_CUBES = 3000
"""Of one condition."""
_COMPARED = 200
"""Of more cubes, it costs too much to find those inside others."""
_MEETING = 5
"""Work that one meeting of two cubes is."""


@dataclass
class Cubes:
    """Turns conditions into cubes of one space, each definition once. ``TooLarge`` where they can't be written out."""

    space: Space
    budget: Budget
    _known: dict[tuple[int, bool], tuple[Test, list[Cube]]] = field(default_factory=dict)
    """By where in memory the test is, and therefore with it: a defined name may stand for hundreds of lines."""
    _starts: dict[int, list[int]] = field(default_factory=dict)
    """The first value of each class of a number."""

    def of(self, when: When) -> list[Cube]:
        """Where it is true."""
        return self._when(when, True)

    def _when(self, when: When, truth: bool) -> list[Cube]:
        ways = [self._every([self._clause(one, truth) for one in clauses]) if truth else
                self._any([self._clause(one, truth) for one in clauses])
                for clauses in when.alternatives]  # fmt: skip
        barred = [self._clause(one, not truth) for one in when.unless]
        if truth:
            return self._every([self._any(ways), *barred])
        return self._any([self._every(ways), *barred])

    def _clause(self, clause: Clause, truth: bool) -> list[Cube]:
        return self._test(clause.test, truth is not clause.negated)

    def _test(self, test: Test, truth: bool) -> list[Cube]:
        known = self._known.get((id(test), truth))
        if known is None:
            known = self._known[id(test), truth] = test, self._tested(test, truth)
        return known[1]

    def _tested(self, test: Test, truth: bool) -> list[Cube]:
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
        """The classes of a number begin where a range begins or has ended: none lies half inside."""
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
        there = {tag: self.space.places[test.fact, tag] for tag in test.tags}
        if test.every is truth:
            return [known | dict.fromkeys(there.values(), 0b10 if truth else 0b01)]
        return [known | {tag: 0b10 if truth else 0b01} for tag in there.values()]

    def _any(self, sets: Iterable[list[Cube]]) -> list[Cube]:
        return self._without_repeats([cube for cubes in sets for cube in cubes])

    def _every(self, sets: Sequence[list[Cube]]) -> list[Cube]:
        result: list[Cube] = [{}]
        for cubes in sets:
            if result == [{}]:
                result = cubes
                continue
            self.budget.spend(_MEETING * len(result) * len(cubes))
            met = (meet(one, other) for one in result for other in cubes)
            result = self._without_repeats([cube for cube in met if cube is not None])
        return result

    def _without_repeats(self, cubes: list[Cube]) -> list[Cube]:
        """Without those that another one holds; in order."""
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
            if not any(_holds(other, cube) for place, other in enumerate(unique) if place != number)
        ]


def _one(place: int, mask: int) -> list[Cube]:
    return [{place: mask}] if mask else []


def meet(one: Cube, other: Cube) -> Cube | None:
    """What both allow; None where that is nothing."""
    result = dict(one)
    for place, mask in other.items():
        both = result.get(place, -1) & mask
        if not both:
            return None
        result[place] = both
    return result


def within(cube: Cube, region: Region) -> Region | None:
    """The part of a region that a cube allows; None where that is nothing."""
    result = list(region)
    for place, mask in cube.items():
        result[place] &= mask
        if not result[place]:
            return None
    return tuple(result)


def _holds(outer: Cube, inner: Cube) -> bool:
    return len(outer) <= len(inner) and all(inner.get(place, -1) & ~mask == 0 for place, mask in outer.items())
