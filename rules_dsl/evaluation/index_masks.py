"""One fact's part of the index: for each of its values the mask of rows that it leaves standing.

Bit ``i`` of a mask is row ``i``. A row that asks nothing of the fact stands whatever its value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import xor

from rules_dsl.directory import FactValue
from rules_dsl.evaluation.index_rows import Literal, Row
from rules_dsl.evaluation.program import HasTags, IsKnown, IsYes, OneOf, Within

Asked = Mapping[int, Row]
"""What each row asks of one fact, by the row's place."""
Groups = Mapping[Row, int]
"""The same the other way round: the rows that ask just this of the fact. Many rows ask the same."""


@dataclass(frozen=True)
class ChoiceMasks:
    """A choice. ``masks`` has an entry for each value that a row names, and None for the unknown one."""

    masks: Mapping[FactValue | None, int]
    other: int


@dataclass(frozen=True)
class FlagMasks:
    """A yes-or-no fact."""

    yes: int
    no: int
    unknown: int


@dataclass(frozen=True)
class RangeMasks:
    """``masks[n]`` is for values from the n-th bound on, below the next."""

    bounds: tuple[int, ...]
    masks: tuple[int, ...]
    unknown: int
    not_a_number: int

    def mask(self, value: FactValue | None) -> int:
        if isinstance(value, int):
            return self.masks[bisect_right(self.bounds, value)]
        return self.unknown if value is None else self.not_a_number


@dataclass(frozen=True)
class TagMasks:
    """A set of tags."""

    wants: tuple[tuple[int, Mapping[str, int]], ...]
    """Each: the rows that ask nothing here, and for each tag the rows that it satisfies."""
    bars: Mapping[str, int]
    unknown: int
    no_tags: int
    """For a value that is no set of tags."""
    known: int

    def mask(self, value: FactValue | None) -> int:
        if not isinstance(value, tuple):
            return self.unknown if value is None else self.no_tags
        mask = self.known
        for free, by_tag in self.wants:
            for tag in value:
                free |= by_tag.get(tag, 0)
            mask &= free
        for tag in value:
            mask &= ~self.bars.get(tag, 0)
        return mask


FactMasks = ChoiceMasks | FlagMasks | RangeMasks | TagMasks


def masks_for(asked: Asked, rows: int) -> FactMasks | None:
    """None where the questions don't belong to one type of fact, or can't be put into masks."""
    groups = _grouped(asked)
    literals = dict.fromkeys(literal for asks in groups for literal in asks)
    kinds = {type(literal.test) for literal in literals} - {IsKnown}
    every = (1 << rows) - 1
    for asking in groups.values():
        every ^= asking
    if kinds <= {OneOf}:
        return _choice(groups, every, literals)
    if kinds == {Within}:
        return _range(groups, every, literals)
    if kinds == {IsYes}:
        yes, no, unknown = (_standing(groups, every, value) for value in (True, False, None))
        return FlagMasks(yes, no, unknown)
    return _tags(asked, every) if kinds == {HasTags} else None


def _grouped(asked: Asked) -> Groups:
    groups: dict[Row, int] = {}
    for row, asks in asked.items():
        groups[asks] = groups.get(asks, 0) | 1 << row
    return groups


def _standing(groups: Groups, free: int, value: FactValue | None) -> int:
    for asks, rows in groups.items():
        if all(_answers(literal, value) for literal in asks):
            free |= rows
    return free


def _answers(literal: Literal, value: FactValue | None) -> bool:
    test = literal.test
    if isinstance(test, IsKnown):
        return (value is not None) is literal.wanted
    if value is None:
        return False
    match test:
        case OneOf():
            return (value in test.values) is literal.wanted
        case IsYes():
            return (value is True) is literal.wanted
        case Within() if isinstance(value, int):
            return (
                (test.low is None or value >= test.low) and (test.high is None or value <= test.high)
            ) is literal.wanted
    return False


def _choice(groups: Groups, free: int, literals: Iterable[Literal]) -> ChoiceMasks:
    values = dict.fromkeys(value for one in literals if isinstance(one.test, OneOf) for value in one.test.values)
    masks: dict[FactValue | None, int] = {value: _standing(groups, free, value) for value in (*values, None)}
    return ChoiceMasks(masks, _standing(groups, free, ()))


def _range(groups: Groups, free: int, literals: Iterable[Literal]) -> RangeMasks:
    """A row's questions together are a few spans: only where they begin and end is anything noted."""
    tests = [one.test for one in literals if isinstance(one.test, Within)]
    ends = {test.low for test in tests if test.low is not None}
    ends |= {test.high + 1 for test in tests if test.high is not None}
    bounds = tuple(sorted(ends))
    values = (bounds[0] - 1, *bounds) if bounds else (0,)
    changes = [free, *[0] * (len(values) - 1)]
    for asks, rows in groups.items():
        first = asks[0].test
        if len(asks) == 1 and asks[0].wanted and isinstance(first, Within) and not _holds_nothing(first):
            changes[0 if first.low is None else bisect_right(bounds, first.low)] ^= rows
            if first.high is not None:
                changes[bisect_right(bounds, first.high + 1)] ^= rows
            continue
        stood = False
        for place, value in enumerate(values):
            if all(_answers(literal, value) for literal in asks) is not stood:
                stood = not stood
                changes[place] ^= rows
    masks = accumulate(changes, xor)
    return RangeMasks(bounds, tuple(masks), _standing(groups, free, None), _standing(groups, free, ()))


def _holds_nothing(test: Within) -> bool:
    return test.low is not None and test.high is not None and test.low > test.high


def _tags(asked: Asked, free: int) -> TagMasks | None:
    bars: dict[str, int] = {}
    wants: list[tuple[int, dict[str, int]]] = []
    everything = free
    for row in asked:
        everything |= 1 << row
    known = everything
    for row, asks in asked.items():
        wanted: list[tuple[str, ...]] = []
        for literal in asks:
            test = literal.test
            if isinstance(test, HasTags):
                every = test.every and len(test.tags) > 1
                if not literal.wanted and every:
                    return None
                if not literal.wanted:
                    for tag in test.tags:
                        bars[tag] = bars.get(tag, 0) | 1 << row
                else:
                    wanted.extend([(tag,) for tag in test.tags] if every else [test.tags])
            elif not literal.wanted:
                known &= ~(1 << row)
        for place, tags in enumerate(wanted):
            if place == len(wants):
                wants.append((everything, {}))
            unasked, by_tag = wants[place]
            wants[place] = (unasked & ~(1 << row), by_tag)
            for tag in tags:
                by_tag[tag] = by_tag.get(tag, 0) | 1 << row
    groups = _grouped(asked)
    unknown = _standing(groups, free, None)
    return TagMasks(tuple(wants), bars, unknown, _standing(groups, free, ""), known)
