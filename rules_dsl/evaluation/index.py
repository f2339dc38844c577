"""The compiled index: for each value of each fact, a mask of rows. The lowest bit set in all masks is the first match.

The result is the same as evaluating the rules one by one, even with unknown facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules_dsl.directory import Facts, FactValue
from rules_dsl.evaluation.evaluate import when_holds
from rules_dsl.evaluation.index_masks import ChoiceMasks, FlagMasks, RangeMasks, TagMasks, masks_for
from rules_dsl.evaluation.index_rows import Row, Rows, TooManyRows
from rules_dsl.evaluation.program import InHours, Rule
from rules_dsl.model.decision import OpenHours
from rules_dsl.model.hours import is_open


@dataclass(frozen=True)
class RuleIndex:
    """The rows of all rules, as masks by fact and value."""

    rules: tuple[Rule, ...]
    owners: tuple[int, ...]
    """Each row's rule; rows are in rule order."""
    unindexed: frozenset[int]
    """Rules that rows can't fully represent: if one of their rows remains, the rule itself is evaluated."""
    start: int
    choices: tuple[tuple[str, Mapping[FactValue | None, int], int], ...]
    flags: tuple[tuple[str, int, int, int], ...]
    others: tuple[tuple[str, Callable[[FactValue | None], int]], ...]
    hours: tuple[tuple[OpenHours, int, int], ...]
    """Hours, with the rows that are possible while they are open, and those that are possible while they are closed."""

    def first(self, facts: Facts, now: datetime) -> int | None:
        """The index of the first rule that is certainly true; None if there is none."""
        return self.first_of(self.possible_rows(facts, now), facts, now)

    def possible_rows(self, facts: Facts, now: datetime) -> int:
        """The mask of the rows that these facts leave possible."""
        mask, get = self.start, facts.get
        for name, masks, other in self.choices:
            mask &= masks.get(get(name), other)
        for name, yes, no, unknown in self.flags:
            value = get(name)
            mask &= yes if value is True else unknown if value is None else no
        for name, mask_of in self.others:
            mask &= mask_of(get(name))
        for hours, opened, closed in self.hours:
            while_open, while_closed = mask & opened, mask & closed
            mask = while_open if while_open == while_closed or is_open(hours, now) else while_closed
        return mask

    def first_of(self, mask: int, facts: Facts, now: datetime) -> int | None:
        """The index of the first rule with a row in ``mask``, a subset of ``possible_rows``; None if there is none."""
        while mask:
            lowest = mask & -mask
            rule = self.owners[lowest.bit_length() - 1]
            if rule not in self.unindexed or when_holds(self.rules[rule].when, facts, now) is True:
                return rule
            mask ^= lowest
        return None


def index_of(rules: Sequence[Rule]) -> RuleIndex:
    """Build the index for rules, keeping their order."""
    rows: list[Row] = []
    owners: list[int] = []
    unindexed: set[int] = set()
    conditions = Rows()
    for place, rule in enumerate(rules):
        try:
            found = conditions.of(rule.when)
        except TooManyRows:
            found = [()]
            unindexed.add(place)
        rows += found
        owners += [place] * len(found)
    return _built(tuple(rules), rows, owners, unindexed)


def _built(rules: tuple[Rule, ...], rows: Sequence[Row], owners: Sequence[int], unindexed: set[int]) -> RuleIndex:
    by_fact: dict[str, dict[int, Row]] = {}
    by_hours: dict[OpenHours, tuple[int, int]] = {}
    every = (1 << len(rows)) - 1
    for place, row in enumerate(rows):
        for literal in row:
            if literal.fact is not None:
                literals = by_fact.setdefault(literal.fact, {})
                literals[place] = (*literals[place], literal) if place in literals else (literal,)
            elif isinstance(literal.test, InHours):
                opened, closed = by_hours.get(literal.test.hours, (every, every))
                bit = 1 << place
                pair = (opened, closed & ~bit) if literal.expected else (opened & ~bit, closed)
                by_hours[literal.test.hours] = pair
    choices, flags = [], []
    others: list[tuple[str, Callable[[FactValue | None], int]]] = []
    for name, literals in by_fact.items():
        match masks_for(literals, len(rows)):
            case ChoiceMasks(masks, other):
                choices.append((name, masks, other))
            case FlagMasks(yes, no, unknown):
                flags.append((name, yes, no, unknown))
            case RangeMasks() | TagMasks() as found:
                others.append((name, found.mask))
            case None:
                unindexed |= {owners[place] for place in literals}
    hours = tuple((one, *pair) for one, pair in by_hours.items())
    return RuleIndex(
        rules, tuple(owners), frozenset(unindexed), every, tuple(choices), tuple(flags), tuple(others), hours
    )  # fmt: skip
