"""Whom the rules reach that take many past escalations: worked out once for all that are alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from domain.backtest.columns import HistoryColumns, Numbers, alike
from domain.backtest.reach import Action, Reach, reach_of
from domain.backtest.rule_matching import NO_RULE
from rules_dsl import LANGUAGE, PRODUCT_AREA, PeopleMasks, Ruleset
from rules_dsl.directory import FactValue
from rules_dsl.model.decision import Decision

HANGING = (LANGUAGE, PRODUCT_AREA)
"""Facts on which it may hang whom a rule reaches."""

_Hanging = tuple[FactValue | None, ...]


class Reaching:
    """The rules of several texts, one after the other; a rule is named by its place in all of them."""

    def __init__(self, texts: Sequence[Ruleset]) -> None:
        self.actions = [Action(rule, text) for text in texts for rule in text.rules]
        self.reaches: list[Reach] = []
        """By number. Two rules that do the same reach the same, and have one number for it."""
        self._people: dict[str, PeopleMasks] = {}
        sorts: dict[tuple[object, ...], int] = {}
        numbers = (sorts.setdefault(one.key, len(sorts)) for one in self.actions)
        # The last entry of each is for ``NO_RULE``.
        self._sorts = np.array([*numbers, NO_RULE], dtype=np.intp)
        self._hangs = np.array([*(one.hangs_on for one in self.actions), (False, False)], dtype=np.intp)
        self._outcomes: dict[tuple[int, _Hanging], Decision] = {}
        self._numbers: dict[tuple[str, int, _Hanging], int] = {}

    def know(self, people: Mapping[str, PeopleMasks]) -> None:
        """By the hash of their directory."""
        self._people |= people

    def numbers(self, history: HistoryColumns, taken: Sequence[Numbers]) -> list[Numbers]:
        """The numbers of what is reached, for the rules that each text has for these escalations."""
        first = self._of(history, np.arange(len(history)), taken[0])
        found = [first]
        for rules in taken[1:]:
            # Most rules do in one text what they do in the other.
            other = np.flatnonzero(self._sorts[rules] != self._sorts[taken[0]])
            numbers = first.copy()
            numbers[other] = self._of(history, other, rules[other])
            found.append(numbers)
        return found

    def _of(self, history: HistoryColumns, places: Numbers, rules: Numbers) -> Numbers:
        """Of these escalations alone."""
        if not len(places):
            return places
        hangs = self._hangs[rules]
        hanging = [history.facts[name].numbers[places] * hangs[:, at] for at, name in enumerate(HANGING)]
        groups = alike(history.directory[places], self._sorts[rules], *hanging)
        met = [self._number(history, int(places[at]), int(rules[at])) for at in groups.first]
        return np.array(met, dtype=np.intp)[groups.group]

    def _number(self, history: HistoryColumns, place: int, rule: int) -> int:
        hash_, sort = history.directories[history.directory[place]], int(self._sorts[rule])
        facts = history.facts_at(place)
        hanging = tuple(
            facts.get(name) if hangs else None for name, hangs in zip(HANGING, self._hangs[rule], strict=True)
        )
        key = (hash_, sort, hanging)
        if key not in self._numbers:
            self._numbers[key] = len(self.reaches)
            people = self._people[hash_]
            self.reaches.append(
                Reach(people, None) if rule == NO_RULE else reach_of(self._outcome(rule, hanging), people)
            )
        return self._numbers[key]

    def _outcome(self, rule: int, hanging: _Hanging) -> Decision:
        key = (int(self._sorts[rule]), hanging)
        if key not in self._outcomes:
            known = {name: value for name, value in zip(HANGING, hanging, strict=True) if value is not None}
            self._outcomes[key] = self.actions[rule].outcome(known)
        return self._outcomes[key]
