"""Trying a draft of the rules on the past: the same escalations under two texts, with the directory as it was. Pure.

Escalations are never walked one by one: they stand in columns, and what is alike about them is worked out once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from domain.backtest.columns import HistoryColumns, Numbers, alike, moment_of
from domain.backtest.history import (
    Candidates,
    ChangeKind,
    HistoryEntry,
    PastExample,
    PastMove,
    RuleCount,
    RulesComparison,
    Totals,
)
from domain.backtest.on_shift import Duty, PastSchedules
from domain.backtest.reach import compared, treatment_of
from domain.backtest.reachable import HANGING, Reaching
from domain.backtest.rule_matching import NO_RULE, Matching
from domain.backtest.totals import Sums
from domain.schedules.schedule import Schedule
from rules_dsl import PeopleMasks, Rule, Ruleset
from rules_dsl.directory import Directory
from rules_dsl.model.amounts import format_duration

EXAMPLES = 3
"""Escalations named of each move."""

_Move = tuple[int, int, ChangeKind]
"""The places of the two rules, ``NO_RULE`` where none applies."""


class Trying:
    """Fed with escalations, the newest first, in as many portions as one likes. Both texts may leave gaps."""

    def __init__(self, before: Ruleset, after: Ruleset, schedules: Mapping[int, Schedule] | None = None) -> None:
        """``schedules`` tells what is recorded of people's days, by person; the others have weekly hours alone."""
        self._texts = (before, after)
        self._matching = Matching(before.rules, after.rules)
        self._reaching = Reaching(self._texts)
        self._schedules = PastSchedules(schedules or {})
        self._duty: dict[str, Duty] = {}
        self._sums = (Sums(), Sums())
        self._taken: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        self._compared: dict[tuple[int, int, bool], ChangeKind] = {}
        self._changes: Counter[ChangeKind] = Counter()
        self._moved: Counter[_Move] = Counter()
        self._examples: dict[_Move, list[PastExample]] = {}
        self._first: datetime | None = None

    @property
    def asked(self) -> frozenset[str]:
        """The facts that portions are to have."""
        return self._matching.asked | {*HANGING}

    def know(self, snapshots: Mapping[str, Directory]) -> None:
        """Directories by their hash, before any escalation that was opened under them."""
        self._reaching.know({hash_: PeopleMasks(directory) for hash_, directory in snapshots.items()})
        self._duty |= {hash_: Duty(directory, self._schedules) for hash_, directory in snapshots.items()}

    def add(self, history: HistoryColumns) -> None:
        if not len(history):
            return
        rules = self._matching.first_rules(history)
        for counted, taken in zip(self._taken, rules, strict=True):
            found, counts = np.unique(taken, return_counts=True)
            counted.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
        reaches = self._reaching.numbers(history, rules)
        duty = self._on_duty(history)
        changes = self._summed(history, reaches, duty)
        moved = np.flatnonzero(changes != ChangeKind.NONE)
        if len(moved):
            self._note(history, moved, [one[moved] for one in (*rules, changes, *reaches, duty)])
        self._first = moment_of(int(history.opened_at[-1]))

    def result(self) -> RulesComparison:
        moves = [
            PastMove(
                treatment_of(self._rule(before)),
                treatment_of(self._rule(after)),
                change,
                number,
                tuple(self._examples[before, after, change]),
            )
            for (before, after, change), number in self._moved.items()
        ]
        moves.sort(key=lambda move: (-move.change, -move.count, move.before.rule, move.after.rule))
        return RulesComparison(self._totals(0), self._totals(1), dict(self._changes), tuple(moves), self._first)

    def _rule(self, place: int) -> Rule | None:
        return None if place == NO_RULE else self._matching.rules[place]

    def _on_duty(self, history: HistoryColumns) -> Numbers:
        """The number of who was on shift at each call, as its own directory counts them."""
        found = np.zeros(len(history), dtype=np.intp)
        for number, hash_ in enumerate(history.directories):
            here = np.flatnonzero(history.directory == number)
            found[here] = self._duty[hash_].numbers(history.call_at[here])
        return found

    def _summed(self, history: HistoryColumns, reaches: Sequence[Numbers], duty: Numbers) -> Numbers:
        """Counts what both texts come to, and returns the change of each escalation."""
        groups = alike(*reaches, history.now, duty)
        changes: list[ChangeKind] = []
        for place, number in zip(groups.first.tolist(), groups.counts.tolist(), strict=True):
            now, mask = bool(history.now[place]), self._mask(history, place, int(duty[place]))
            old, new = (int(reach[place]) for reach in reaches)
            for sums, reach in zip(self._sums, (old, new), strict=True):
                sums.add(self._reaching.reaches[reach], now, mask, number)
            change = self._change(old, new, now)
            changes.append(change)
            self._changes[change] += number
        return np.array(changes, dtype=np.intp)[groups.group]

    def _mask(self, history: HistoryColumns, place: int, duty: int) -> int | None:
        return self._duty[history.directories[history.directory[place]]].masks[duty]

    def _change(self, old: int, new: int, now: bool) -> ChangeKind:
        if old == new:
            return ChangeKind.NONE
        key = (old, new, now)
        if key not in self._compared:
            self._compared[key] = compared(self._reaching.reaches[old], self._reaching.reaches[new], now)
        return self._compared[key]

    def _note(self, history: HistoryColumns, moved: Numbers, columns: Sequence[Numbers]) -> None:
        """What would have gone otherwise, with the newest few of each move by name."""
        before, after, changes, old, new, duty = columns
        groups = alike(before, after, changes)
        in_order = np.argsort(groups.group, kind="stable")
        ends = np.cumsum(groups.counts)
        for first, number, end in zip(groups.first, groups.counts.tolist(), ends.tolist(), strict=True):
            move = (int(before[first]), int(after[first]), ChangeKind(int(changes[first])))
            self._moved[move] += number
            named = self._examples.setdefault(move, [])
            for at in in_order[end - number : end][: EXAMPLES - len(named)]:
                one = history.at(int(moved[at]))
                on_duty = self._mask(history, int(moved[at]), int(duty[at]))
                sides = ((int(before[at]), int(old[at])), (int(after[at]), int(new[at])))
                named.append(PastExample(one, *(self._candidates(one, *side, on_duty) for side in sides)))

    def _candidates(self, one: HistoryEntry, rule: int, reach: int, on_duty: int | None) -> Candidates:
        decision = None if rule == NO_RULE else self._reaching.actions[rule].outcome(one.facts)
        return self._reaching.reaches[reach].candidates(decision, one.now, on_duty)

    def _totals(self, side: int) -> Totals:
        first = len(self._texts[0].rules) if side else 0
        return self._sums[side].totals(
            tuple(
                RuleCount(treatment_of(rule), _steps(rule), self._taken[side][first + place])
                for place, rule in enumerate(self._texts[side].rules)
            )
        )


def _steps(rule: Rule) -> tuple[str, ...]:
    return tuple(f"if nobody in {format_duration(step.after)}: {step.text}" for step in rule.steps)
