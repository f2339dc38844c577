"""The compiled index: one mask of rows for each value of each fact; the lowest bit left standing is the first rule.

What it answers is what walking the rules answers, with unknown facts too.
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
    """The rows of all rules, as masks by fact."""

    rules: tuple[Rule, ...]
    owners: tuple[int, ...]
    """The rule of each row; rows stand in the order of their rules."""
    walked: frozenset[int]
    """Rules that an index can't hold whole: their rows leave something out, so they are walked before they count."""
    start: int
    choices: tuple[tuple[str, Mapping[FactValue | None, int], int], ...]
    flags: tuple[tuple[str, int, int, int], ...]
    others: tuple[tuple[str, Callable[[FactValue | None], int]], ...]
    hours: tuple[tuple[OpenHours, int, int], ...]
    """Hours with the rows that stand while they are open, and while they are closed."""

    def first(self, facts: Facts, now: datetime) -> int | None:
        """The place of the first rule that is certainly true."""
        return self.first_of(self.standing(facts, now), facts, now)

    def standing(self, facts: Facts, now: datetime) -> int:
        """The rows that these facts leave standing."""
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
        """The place of the first rule with a row among these, of those that ``standing`` left."""
        while mask:
            lowest = mask & -mask
            rule = self.owners[lowest.bit_length() - 1]
            if rule not in self.walked or when_holds(self.rules[rule].when, facts, now) is True:
                return rule
            mask ^= lowest
        return None


def index_of(rules: Sequence[Rule]) -> RuleIndex:
    rows: list[Row] = []
    owners: list[int] = []
    walked: set[int] = set()
    conditions = Rows()
    for place, rule in enumerate(rules):
        try:
            found = conditions.of(rule.when)
        except TooManyRows:
            found = [()]
            walked.add(place)
        rows += found
        owners += [place] * len(found)
    return _built(tuple(rules), rows, owners, walked)


def _built(rules: tuple[Rule, ...], rows: Sequence[Row], owners: Sequence[int], walked: set[int]) -> RuleIndex:
    asked: dict[str, dict[int, Row]] = {}
    timed: dict[OpenHours, tuple[int, int]] = {}
    every = (1 << len(rows)) - 1
    for place, row in enumerate(rows):
        for literal in row:
            if literal.fact is not None:
                asks = asked.setdefault(literal.fact, {})
                asks[place] = (*asks[place], literal) if place in asks else (literal,)
            elif isinstance(literal.test, InHours):
                opened, closed = timed.get(literal.test.hours, (every, every))
                bit = 1 << place
                pair = (opened, closed & ~bit) if literal.wanted else (opened & ~bit, closed)
                timed[literal.test.hours] = pair
    choices, flags = [], []
    others: list[tuple[str, Callable[[FactValue | None], int]]] = []
    for name, asks in asked.items():
        match masks_for(asks, len(rows)):
            case ChoiceMasks(masks, other):
                choices.append((name, masks, other))
            case FlagMasks(yes, no, unknown):
                flags.append((name, yes, no, unknown))
            case RangeMasks() | TagMasks() as found:
                others.append((name, found.mask))
            case None:
                walked |= {owners[place] for place in asks}
    hours = tuple((one, *pair) for one, pair in timed.items())
    return RuleIndex(
        rules, tuple(owners), frozenset(walked), every, tuple(choices), tuple(flags), tuple(others), hours
    )  # fmt: skip
