"""Which rule takes each of many past escalations: the rule index's row masks, vectorised. Pure.

The result is the same as calling ``RuleIndex.first`` for each escalation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from domain.backtest.columns import HistoryColumns, Instants, Numbers, Values, instant_of, moment_of
from rules_dsl import Clause, InHours, IsDefined, Rule, RuleIndex, When, index_of
from rules_dsl.directory import FactValue
from rules_dsl.model.open_times import open_edges

Words = NDArray[np.uint64]
"""Masks of index rows. The last axis consists of words for 64 rows each, with the first rows in the first word."""
NO_RULE = -1
_ONE = np.uint64(1)


@dataclass
class _FactMasks:
    """The distinct masks of the rows that remain possible for the values of one fact."""

    mask_of: Callable[[FactValue | None], int]
    masks: dict[int, int] = field(default_factory=dict)
    """The number of each mask."""
    _values: Values | None = None
    _mask_numbers: list[int] = field(default_factory=list)
    """The number of each value's mask, indexed by the value's number."""

    def mask_numbers(self, values: Values) -> Numbers:
        """For each of these values, the number of its mask."""
        if values is not self._values:
            self._values, self._mask_numbers = values, []
        for value in values.by_number[len(self._mask_numbers) :]:
            self._mask_numbers.append(self.masks.setdefault(self.mask_of(value), len(self.masks)))
        return np.array(self._mask_numbers, dtype=np.intp)


class RuleMatcher:
    """Two texts in one index, so that shared conditions are looked up only once. Rules are identified by their position
    in the two texts taken together.
    """

    def __init__(self, before: Sequence[Rule], after: Sequence[Rule]) -> None:
        self.rules = (*before, *after)
        self.index = index_of(self.rules)
        self.facts = frozenset(name for rule in self.rules for name in _facts_of(rule.when))
        """The names of the facts that either text asks about."""
        rows = len(self.index.owners)
        self._words = rows // 64 + 1
        self._owners = np.array([*self.index.owners, NO_RULE], dtype=np.intp)
        old = (1 << sum(rule < len(before) for rule in self.index.owners)) - 1
        self._sides = [self._row(old), self._row(((1 << rows) - 1) ^ old)]
        self._fact_masks = {name: _FactMasks(mask_of) for name, mask_of in _mask_functions(self.index)}

    def first_rules(self, history: HistoryColumns) -> tuple[Numbers, Numbers]:
        """For each of the two texts, the position of the rule that takes each escalation, or ``NO_RULE``."""
        remaining = self._remaining_rows(history)
        return tuple(self._first(remaining & side, history) for side in self._sides)  # type: ignore[return-value]  # two

    def _remaining_rows(self, history: HistoryColumns) -> Words:
        remaining = np.tile(self._row(self.index.start), (len(history), 1))
        for name, fact_masks in self._fact_masks.items():
            column = history.facts[name]
            mask_numbers = fact_masks.mask_numbers(column.values)
            table = np.array([self._row(mask) for mask in fact_masks.masks], dtype=np.uint64)
            remaining &= table[mask_numbers[column.numbers]]
        if self.index.hours and len(history):
            instants = history.opened_at
            bounds = moment_of(int(instants.min())), moment_of(int(instants.max()))
            for hours, opened, closed in self.index.hours:
                edges = np.array([instant_of(edge) for edge in open_edges(hours, *bounds)], dtype=np.int64)
                is_open = _open(edges, instants)
                remaining &= np.array([self._row(closed), self._row(opened)])[is_open]
        return remaining

    def _first(self, remaining: Words, history: HistoryColumns) -> Numbers:
        """The rule in the first remaining row. Rules that are only partly in the index are evaluated one by one."""
        word_index = (remaining != 0).argmax(axis=1)
        word = remaining[np.arange(len(remaining)), word_index]
        # The exponent of a power of two gives the bit's position exactly.
        bit = np.frexp((word & (~word + _ONE)).astype(np.float64))[1] - 1
        rules = self._owners[np.where(word == 0, len(self._owners) - 1, word_index * 64 + bit)]
        if self.index.unindexed:
            for position in np.flatnonzero(np.isin(rules, list(self.index.unindexed))):
                mask = int.from_bytes(remaining[position].tobytes(), "little")
                moment = moment_of(int(history.opened_at[position]))
                rule = self.index.first_of(mask, history.facts_at(int(position)), moment)
                rules[position] = NO_RULE if rule is None else rule
        return rules

    def _row(self, mask: int) -> Words:
        return np.frombuffer(mask.to_bytes(self._words * 8, "little"), dtype="<u8").astype(np.uint64)


def _open(edges: Instants, instants: Instants) -> Numbers:
    """1 from each opening until just before its closing; otherwise 0."""
    return np.searchsorted(edges, instants, side="right") % 2


def _mask_functions(index: RuleIndex) -> Iterator[tuple[str, Callable[[FactValue | None], int]]]:
    """For each fact in the index, a function from its value to the mask of the rows that remain."""
    for name, masks, other in index.choices:
        yield name, partial(_choice, masks, other)
    for name, *masks_of_flag in index.flags:
        yield name, partial(_flag, *masks_of_flag)
    yield from index.others


def _choice(masks: Mapping[FactValue | None, int], other: int, value: FactValue | None) -> int:
    return masks.get(value, other)


def _flag(yes: int, no: int, unknown: int, value: FactValue | None) -> int:
    return yes if value is True else unknown if value is None else no


def _facts_of(when: When) -> Iterator[str]:
    for clause in (*(clause for one in when.alternatives for clause in one), *when.unless):
        yield from _facts_of_clause(clause)


def _facts_of_clause(clause: Clause) -> Iterator[str]:
    match clause.test:
        case IsDefined():
            yield from _facts_of(clause.test.when)
        case InHours():
            pass
        case test:
            yield test.fact
