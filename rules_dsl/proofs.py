"""Claims about every escalation: an exact search for facts and a moment that would make one false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rules_dsl.compiled import InHours, When
from rules_dsl.directory import FactType, FactValue
from rules_dsl.possible import possible_when
from rules_dsl.value_classes import moments_of, tests_of, values_of

MOST_QUESTIONS = 300_000
"""Conditions evaluated in one search: a few seconds."""


class TooLarge(Exception):
    """The search was given up: nothing is known."""


@dataclass(frozen=True)
class Situation:
    """Facts and a moment for which all that was asked for holds."""

    facts: dict[str, FactValue]
    unknown: tuple[str, ...]
    """Facts that must be unknown for it."""
    now: datetime
    timed: bool
    """Whether the moment matters."""


@dataclass(frozen=True)
class _Wanted:
    when: When
    truth: bool
    """True: it must be true. False: it must not be true."""
    facts: frozenset[str]


def find(holding: Sequence[When], failing: Sequence[When], facts: Sequence[FactType], zone: str) -> Situation | None:
    """A situation where all of ``holding`` are true and none of ``failing`` is; None proves that there is none.

    Raises ``TooLarge`` when it gives up, ``TooManyValues`` when it can't begin.
    """
    tests = list(tests_of((*holding, *failing)))
    wanted = [_wanted(when, True) for when in holding] + [_wanted(when, False) for when in failing]
    domains = {fact.name: values_of(fact, tests) for fact in facts if any(fact.name in one.facts for one in wanted)}
    search = _Search(domains)
    for moment in moments_of(tests, zone):
        found = search.extend({}, tuple(wanted), moment)
        if found is not None:
            known = {name: value for name, value in found.items() if value is not None}
            unknown = tuple(name for name, value in found.items() if value is None)
            return Situation(known, unknown, moment, any(isinstance(test, InHours) for test in tests))
    return None


def _wanted(when: When, truth: bool) -> _Wanted:
    named = (getattr(test, "fact", None) for test in tests_of((when,)))
    return _Wanted(when, truth, frozenset(name for name in named if name is not None))


@dataclass
class _Search:
    domains: dict[str, tuple[FactValue | None, ...]]
    questions: int = 0

    def extend(
        self, chosen: dict[str, FactValue | None], wanted: tuple[_Wanted, ...], now: datetime
    ) -> dict[str, FactValue | None] | None:
        """Depth first; a branch ends as soon as it can't come to what is asked for, or nothing is left to ask."""
        self.questions += 1 + len(wanted)
        if self.questions > MOST_QUESTIONS:
            raise TooLarge
        left = self._left(chosen, wanted, now)
        if left is None:
            return None
        name = next((name for one in left for name in self.domains if name in one.facts and name not in chosen), None)
        if name is None:
            return chosen
        for value in self.domains[name]:
            found = self.extend({**chosen, name: value}, left, now)
            if found is not None:
                return found
        return None

    def _left(
        self, chosen: dict[str, FactValue | None], wanted: tuple[_Wanted, ...], now: datetime
    ) -> tuple[_Wanted, ...] | None:
        """What is not settled yet; None when something can't be had any more."""
        facts = {name: value for name, value in chosen.items() if value is not None}
        open_facts = frozenset(self.domains.keys() - chosen.keys())
        left: list[_Wanted] = []
        for one in wanted:
            possible = possible_when(one.when, facts, open_facts, now)
            if (True not in possible) if one.truth else (possible == {True}):
                return None
            if (possible != {True}) if one.truth else (True in possible):
                left.append(one)
        return tuple(left)
