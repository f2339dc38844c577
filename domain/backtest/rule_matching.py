"""Which rules take many past escalations: the index's masks of rows, for all of them at once. Pure.

What it answers is what ``RuleIndex.first`` answers for each.
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
"""Masks of rows; the last axis has 64 rows a word, the first word the first rows."""
NO_RULE = -1
_ONE = np.uint64(1)


@dataclass
class _Answers:
    """The masks that the values of one fact leave, each standing once."""

    mask_of: Callable[[FactValue | None], int]
    masks: dict[int, int] = field(default_factory=dict)
    _values: Values | None = None
    _places: list[int] = field(default_factory=list)
    """Of the mask of each value that has been met."""

    def places(self, values: Values) -> Numbers:
        """Among the masks, for each of these values."""
        if values is not self._values:
            self._values, self._places = values, []
        for value in values.known[len(self._places) :]:
            self._places.append(self.masks.setdefault(self.mask_of(value), len(self.masks)))
        return np.array(self._places, dtype=np.intp)


class Matching:
    """Two texts in one index: what they ask alike is looked up once. Rules are named by their place in both."""

    def __init__(self, before: Sequence[Rule], after: Sequence[Rule]) -> None:
        self.rules = (*before, *after)
        self.index = index_of(self.rules)
        self.asked = frozenset(name for rule in self.rules for name in _facts_of(rule.when))
        """Names of the facts that either text asks about."""
        rows = len(self.index.owners)
        self._words = rows // 64 + 1
        self._owners = np.array([*self.index.owners, NO_RULE], dtype=np.intp)
        old = (1 << sum(rule < len(before) for rule in self.index.owners)) - 1
        self._sides = [self._row(old), self._row(((1 << rows) - 1) ^ old)]
        self._answers = {name: (_Answers(mask_of)) for name, mask_of in _asking(self.index)}

    def first_rules(self, history: HistoryColumns) -> tuple[Numbers, Numbers]:
        """The place of the rule that takes each escalation by the two texts, or ``NO_RULE``."""
        standing = self._standing(history)
        return tuple(self._first(standing & side, history) for side in self._sides)  # type: ignore[return-value]  # two

    def _standing(self, history: HistoryColumns) -> Words:
        standing = np.tile(self._row(self.index.start), (len(history), 1))
        for name, answers in self._answers.items():
            column = history.facts[name]
            places = answers.places(column.values)
            table = np.array([self._row(mask) for mask in answers.masks], dtype=np.uint64)
            standing &= table[places[column.numbers]]
        if self.index.hours and len(history):
            instants = history.opened_at
            bounds = moment_of(int(instants.min())), moment_of(int(instants.max()))
            for hours, opened, closed in self.index.hours:
                edges = np.array([instant_of(edge) for edge in open_edges(hours, *bounds)], dtype=np.int64)
                is_open = _open(edges, instants)
                standing &= np.array([self._row(closed), self._row(opened)])[is_open]
        return standing

    def _first(self, standing: Words, history: HistoryColumns) -> Numbers:
        """Of the rows that stand, the rule of the lowest; walked where the index does not hold it whole."""
        word = (standing != 0).argmax(axis=1)
        found = standing[np.arange(len(standing)), word]
        # A power of two has its place as the exponent, exactly.
        bit = np.frexp((found & (~found + _ONE)).astype(np.float64))[1] - 1
        rules = self._owners[np.where(found == 0, len(self._owners) - 1, word * 64 + bit)]
        if self.index.unindexed:
            for place in np.flatnonzero(np.isin(rules, list(self.index.unindexed))):
                mask = int.from_bytes(standing[place].tobytes(), "little")
                moment = moment_of(int(history.opened_at[place]))
                walked = self.index.first_of(mask, history.facts_at(int(place)), moment)
                rules[place] = NO_RULE if walked is None else walked
        return rules

    def _row(self, mask: int) -> Words:
        return np.frombuffer(mask.to_bytes(self._words * 8, "little"), dtype="<u8").astype(np.uint64)


def _open(edges: Instants, instants: Instants) -> Numbers:
    """1 between an opening and its closing, half-open; 0 elsewhere."""
    return np.searchsorted(edges, instants, side="right") % 2


def _asking(index: RuleIndex) -> Iterator[tuple[str, Callable[[FactValue | None], int]]]:
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
        yield from _facts_asked(clause)


def _facts_asked(clause: Clause) -> Iterator[str]:
    match clause.test:
        case IsDefined():
            yield from _facts_of(clause.test.when)
        case InHours():
            pass
        case test:
            yield test.fact
