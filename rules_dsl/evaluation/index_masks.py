"""One fact's part of the index: for each value, the mask of the rows that it leaves possible.

Bit ``i`` of a mask is row ``i``. A row without a condition on the fact is possible with any value.
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

LiteralsByRow = Mapping[int, Row]
"""The literals of one fact, by row number."""
RowsByLiterals = Mapping[Row, int]
"""The inverse: for each set of literals, which many rows may share, the mask of the rows with exactly that set."""


@dataclass(frozen=True)
class ChoiceMasks:
    """The masks for a choice: ``masks`` for named values and for None (unknown), ``other`` for all other values."""

    masks: Mapping[FactValue | None, int]
    other: int


@dataclass(frozen=True)
class FlagMasks:
    """The masks for a yes/no fact."""

    yes: int
    no: int
    unknown: int


@dataclass(frozen=True)
class RangeMasks:
    """The masks for a number. ``masks[n]`` is for values with ``n`` bounds at or below them."""

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
    """The masks for a set of tags."""

    required: tuple[tuple[int, Mapping[str, int]], ...]
    """For each requirement: the rows that don't have it, and, keyed by tag, the rows in which the tag satisfies it."""
    excluded: Mapping[str, int]
    """For each tag, the rows that it excludes."""
    unknown: int
    no_tags: int
    """The mask for a value that isn't a set of tags."""
    known: int

    def mask(self, value: FactValue | None) -> int:
        if not isinstance(value, tuple):
            return self.unknown if value is None else self.no_tags
        mask = self.known
        for satisfied, by_tag in self.required:
            for tag in value:
                satisfied |= by_tag.get(tag, 0)
            mask &= satisfied
        for tag in value:
            mask &= ~self.excluded.get(tag, 0)
        return mask


FactMasks = ChoiceMasks | FlagMasks | RangeMasks | TagMasks


def masks_for(by_row: LiteralsByRow, rows: int) -> FactMasks | None:
    """The masks for one fact; None if its tests are of several types or can't be expressed as masks."""
    groups = _grouped(by_row)
    literals = dict.fromkeys(literal for group in groups for literal in group)
    kinds = {type(literal.test) for literal in literals} - {IsKnown}
    free = (1 << rows) - 1
    for constrained in groups.values():
        free ^= constrained
    if kinds <= {OneOf}:
        return _choice(groups, free, literals)
    if kinds == {Within}:
        return _range(groups, free, literals)
    if kinds == {IsYes}:
        yes, no, unknown = (_possible(groups, free, value) for value in (True, False, None))
        return FlagMasks(yes, no, unknown)
    return _tags(by_row, free) if kinds == {HasTags} else None


def _grouped(by_row: LiteralsByRow) -> RowsByLiterals:
    groups: dict[Row, int] = {}
    for row, literals in by_row.items():
        groups[literals] = groups.get(literals, 0) | 1 << row
    return groups


def _possible(groups: RowsByLiterals, free: int, value: FactValue | None) -> int:
    """The rows that a value leaves possible; ``free`` are those without a condition on the fact."""
    for literals, rows in groups.items():
        if all(_holds(literal, value) for literal in literals):
            free |= rows
    return free


def _holds(literal: Literal, value: FactValue | None) -> bool:
    test = literal.test
    if isinstance(test, IsKnown):
        return (value is not None) is literal.expected
    if value is None:
        return False
    match test:
        case OneOf():
            return (value in test.values) is literal.expected
        case IsYes():
            return (value is True) is literal.expected
        case Within() if isinstance(value, int):
            return (
                (test.low is None or value >= test.low) and (test.high is None or value <= test.high)
            ) is literal.expected
    return False


def _choice(groups: RowsByLiterals, free: int, literals: Iterable[Literal]) -> ChoiceMasks:
    values = dict.fromkeys(value for one in literals if isinstance(one.test, OneOf) for value in one.test.values)
    masks: dict[FactValue | None, int] = {value: _possible(groups, free, value) for value in (*values, None)}
    return ChoiceMasks(masks, _possible(groups, free, ()))


def _range(groups: RowsByLiterals, free: int, literals: Iterable[Literal]) -> RangeMasks:
    """Record for each row the bounds at which it becomes possible or impossible; a running XOR then gives the masks."""
    tests = [one.test for one in literals if isinstance(one.test, Within)]
    ends = {test.low for test in tests if test.low is not None}
    ends |= {test.high + 1 for test in tests if test.high is not None}
    bounds = tuple(sorted(ends))
    values = (bounds[0] - 1, *bounds) if bounds else (0,)
    changes = [free, *[0] * (len(values) - 1)]
    for literals_of_row, rows in groups.items():
        first = literals_of_row[0].test
        single = len(literals_of_row) == 1 and literals_of_row[0].expected
        if single and isinstance(first, Within) and not _is_empty(first):
            changes[0 if first.low is None else bisect_right(bounds, first.low)] ^= rows
            if first.high is not None:
                changes[bisect_right(bounds, first.high + 1)] ^= rows
            continue
        possible = False
        for place, value in enumerate(values):
            if all(_holds(literal, value) for literal in literals_of_row) is not possible:
                possible = not possible
                changes[place] ^= rows
    masks = accumulate(changes, xor)
    return RangeMasks(bounds, tuple(masks), _possible(groups, free, None), _possible(groups, free, ()))


def _is_empty(test: Within) -> bool:
    return test.low is not None and test.high is not None and test.low > test.high


def _tags(by_row: LiteralsByRow, free: int) -> TagMasks | None:
    """The masks; None if a test is "not all of these tags", which masks for single tags can't express."""
    excluded: dict[str, int] = {}
    required: list[tuple[int, dict[str, int]]] = []
    all_rows = free
    for row in by_row:
        all_rows |= 1 << row
    known = all_rows
    for row, literals in by_row.items():
        required_here: list[tuple[str, ...]] = []
        for literal in literals:
            test = literal.test
            if isinstance(test, HasTags):
                every = test.every and len(test.tags) > 1
                if not literal.expected and every:
                    return None
                if not literal.expected:
                    for tag in test.tags:
                        excluded[tag] = excluded.get(tag, 0) | 1 << row
                else:
                    required_here.extend([(tag,) for tag in test.tags] if every else [test.tags])
            elif not literal.expected:
                known &= ~(1 << row)
        for place, tags in enumerate(required_here):
            if place == len(required):
                required.append((all_rows, {}))
            unconstrained, by_tag = required[place]
            required[place] = (unconstrained & ~(1 << row), by_tag)
            for tag in tags:
                by_tag[tag] = by_tag.get(tag, 0) | 1 << row
    groups = _grouped(by_row)
    unknown = _possible(groups, free, None)
    return TagMasks(tuple(required), excluded, unknown, _possible(groups, free, ""), known)
