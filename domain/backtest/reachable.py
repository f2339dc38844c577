"""The reach of the rules that take many past escalations, computed once for all escalations that share it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from domain.backtest.columns import HistoryColumns, Numbers, group_equal
from domain.backtest.reach import Action, Reach, reach_of
from domain.backtest.rule_matching import NO_RULE
from rules_dsl import LANGUAGE, PRODUCT_AREA, PeopleMasks, Ruleset
from rules_dsl.directory import FactValue
from rules_dsl.model.decision import Decision

REACH_FACTS = (LANGUAGE, PRODUCT_AREA)
"""The facts on which a rule's reach may depend."""

_ReachValues = tuple[FactValue | None, ...]
"""Values of ``REACH_FACTS``; None if unknown, or if the reach doesn't depend on the fact."""


class ReachTable:
    """The reaches of the rules in several texts. A rule is identified by its position in the texts taken together."""

    def __init__(self, texts: Sequence[Ruleset]) -> None:
        self.actions = [Action(rule, text) for text in texts for rule in text.rules]
        self.reaches: list[Reach] = []
        """Indexed by number. Rules that do the same share a number."""
        self._people: dict[str, PeopleMasks] = {}
        kinds: dict[tuple[object, ...], int] = {}
        numbers = (kinds.setdefault(one.key, len(kinds)) for one in self.actions)
        # The last entry of each array is for ``NO_RULE``.
        self._kinds = np.array([*numbers, NO_RULE], dtype=np.intp)
        self._depends = np.array([*(one.depends_on for one in self.actions), (False, False)], dtype=np.intp)
        self._outcomes: dict[tuple[int, _ReachValues], Decision] = {}
        self._numbers: dict[tuple[str, int, _ReachValues], int] = {}

    def add_directories(self, people: Mapping[str, PeopleMasks]) -> None:
        """Add the people in these directories, keyed by hash."""
        self._people |= people

    def numbers(self, history: HistoryColumns, rules_by_text: Sequence[Numbers]) -> list[Numbers]:
        """For each text, the number of each escalation's reach, given the rule that takes the escalation."""
        first = self._numbers_at(history, np.arange(len(history)), rules_by_text[0])
        result = [first]
        for rules in rules_by_text[1:]:
            # Most rules do the same in both texts.
            differing = np.flatnonzero(self._kinds[rules] != self._kinds[rules_by_text[0]])
            numbers = first.copy()
            numbers[differing] = self._numbers_at(history, differing, rules[differing])
            result.append(numbers)
        return result

    def _numbers_at(self, history: HistoryColumns, positions: Numbers, rules: Numbers) -> Numbers:
        """The same, but only for the escalations at these positions."""
        if not len(positions):
            return positions
        depends = self._depends[rules]
        values = [history.facts[name].numbers[positions] * depends[:, at] for at, name in enumerate(REACH_FACTS)]
        groups = group_equal(history.directory[positions], self._kinds[rules], *values)
        numbers = [self._number(history, int(positions[at]), int(rules[at])) for at in groups.first]
        return np.array(numbers, dtype=np.intp)[groups.group]

    def _number(self, history: HistoryColumns, position: int, rule: int) -> int:
        hash_, kind = history.directories[history.directory[position]], int(self._kinds[rule])
        facts = history.facts_at(position)
        values = tuple(
            facts.get(name) if depends else None for name, depends in zip(REACH_FACTS, self._depends[rule], strict=True)
        )
        key = (hash_, kind, values)
        if key not in self._numbers:
            self._numbers[key] = len(self.reaches)
            people = self._people[hash_]
            self.reaches.append(
                Reach(people, None) if rule == NO_RULE else reach_of(self._outcome(rule, values), people)
            )
        return self._numbers[key]

    def _outcome(self, rule: int, values: _ReachValues) -> Decision:
        key = (int(self._kinds[rule]), values)
        if key not in self._outcomes:
            facts = {name: value for name, value in zip(REACH_FACTS, values, strict=True) if value is not None}
            self._outcomes[key] = self.actions[rule].outcome(facts)
        return self._outcomes[key]
