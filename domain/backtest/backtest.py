"""Backtesting a draft: the same past escalations under two texts, with the directories as they were then. Pure.

Escalations are never processed one by one: they are stored in columns, and anything that several of them share is
computed only once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from domain.backtest.columns import HistoryColumns, Numbers, group_equal, moment_of
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
from domain.backtest.on_shift import OnShift, RecordedSchedules
from domain.backtest.reach import compare_reach, treatment_of
from domain.backtest.reachable import REACH_FACTS, ReachTable
from domain.backtest.rule_matching import NO_RULE, RuleMatcher
from domain.backtest.totals import CallCounts
from domain.schedules.schedule import Schedule
from rules_dsl import PeopleMasks, Rule, Ruleset
from rules_dsl.directory import Directory
from rules_dsl.model.amounts import format_duration

EXAMPLES = 3
"""How many escalations are listed as examples of each move."""

_Move = tuple[int, int, ChangeKind]
"""The positions of the two rules; ``NO_RULE`` if none applies."""


class Backtest:
    """Takes escalations, the newest first, in any number of portions. Under either text, there may be escalations that
    no rule takes.
    """

    def __init__(self, before: Ruleset, after: Ruleset, schedules: Mapping[int, Schedule] | None = None) -> None:
        """``schedules`` are people's recorded days, keyed by person; everybody else has weekly hours only."""
        self._texts = (before, after)
        self._matcher = RuleMatcher(before.rules, after.rules)
        self._reaches = ReachTable(self._texts)
        self._schedules = RecordedSchedules(schedules or {})
        self._on_shift: dict[str, OnShift] = {}
        """Keyed by the hash of a directory."""
        self._call_counts = (CallCounts(), CallCounts())
        self._rule_counts: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        self._change_cache: dict[tuple[int, int, bool], ChangeKind] = {}
        self._changes: Counter[ChangeKind] = Counter()
        self._move_counts: Counter[_Move] = Counter()
        self._examples: dict[_Move, list[PastExample]] = {}
        self._first: datetime | None = None

    @property
    def facts(self) -> frozenset[str]:
        """The names of the facts that portions must contain."""
        return self._matcher.facts | {*REACH_FACTS}

    def add_directories(self, snapshots: Mapping[str, Directory]) -> None:
        """Add directories, keyed by hash. Must be called before adding any escalation that was opened under them."""
        self._reaches.add_directories({hash_: PeopleMasks(directory) for hash_, directory in snapshots.items()})
        self._on_shift |= {hash_: OnShift(directory, self._schedules) for hash_, directory in snapshots.items()}

    def add(self, history: HistoryColumns) -> None:
        if not len(history):
            return
        rules = self._matcher.first_rules(history)
        for rule_counts, first_rules in zip(self._rule_counts, rules, strict=True):
            found, counts = np.unique(first_rules, return_counts=True)
            rule_counts.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
        reaches = self._reaches.numbers(history, rules)
        on_shift = self._on_shift_at_calls(history)
        changes = self._count(history, reaches, on_shift)
        moved = np.flatnonzero(changes != ChangeKind.NONE)
        if len(moved):
            self._count_moves(history, moved, [one[moved] for one in (*rules, changes, *reaches, on_shift)])
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
            for (before, after, change), number in self._move_counts.items()
        ]
        moves.sort(key=lambda move: (-move.change, -move.count, move.before.rule, move.after.rule))
        return RulesComparison(self._totals(0), self._totals(1), dict(self._changes), tuple(moves), self._first)

    def _rule(self, position: int) -> Rule | None:
        return None if position == NO_RULE else self._matcher.rules[position]

    def _on_shift_at_calls(self, history: HistoryColumns) -> Numbers:
        """For each call, which set of people was on shift at that time: its number in the call's own directory."""
        numbers = np.zeros(len(history), dtype=np.intp)
        for directory, hash_ in enumerate(history.directories):
            positions = np.flatnonzero(history.directory == directory)
            numbers[positions] = self._on_shift[hash_].numbers(history.call_at[positions])
        return numbers

    def _count(self, history: HistoryColumns, reaches: Sequence[Numbers], on_shift: Numbers) -> Numbers:
        """Count the results under both texts. Returns how the treatment of each escalation changes."""
        groups = group_equal(*reaches, history.now, on_shift)
        changes: list[ChangeKind] = []
        for position, number in zip(groups.first.tolist(), groups.counts.tolist(), strict=True):
            now, mask = bool(history.now[position]), self._mask(history, position, int(on_shift[position]))
            old, new = (int(reach[position]) for reach in reaches)
            for call_counts, reach in zip(self._call_counts, (old, new), strict=True):
                call_counts.add(self._reaches.reaches[reach], now, mask, number)
            change = self._change(old, new, now)
            changes.append(change)
            self._changes[change] += number
        return np.array(changes, dtype=np.intp)[groups.group]

    def _mask(self, history: HistoryColumns, position: int, on_shift: int) -> int | None:
        return self._on_shift[history.directories[history.directory[position]]].masks[on_shift]

    def _change(self, old: int, new: int, now: bool) -> ChangeKind:
        if old == new:
            return ChangeKind.NONE
        key = (old, new, now)
        if key not in self._change_cache:
            self._change_cache[key] = compare_reach(self._reaches.reaches[old], self._reaches.reaches[new], now)
        return self._change_cache[key]

    def _count_moves(self, history: HistoryColumns, moved: Numbers, columns: Sequence[Numbers]) -> None:
        """Count the escalations that the draft treats differently, and keep the newest few of each move as examples."""
        before, after, changes, old, new, on_shift = columns
        groups = group_equal(before, after, changes)
        by_group = np.argsort(groups.group, kind="stable")
        ends = np.cumsum(groups.counts)
        for first, number, end in zip(groups.first, groups.counts.tolist(), ends.tolist(), strict=True):
            move = (int(before[first]), int(after[first]), ChangeKind(int(changes[first])))
            self._move_counts[move] += number
            examples = self._examples.setdefault(move, [])
            for at in by_group[end - number : end][: EXAMPLES - len(examples)]:
                one = history.at(int(moved[at]))
                mask = self._mask(history, int(moved[at]), int(on_shift[at]))
                sides = ((int(before[at]), int(old[at])), (int(after[at]), int(new[at])))
                examples.append(PastExample(one, *(self._candidates(one, *side, mask) for side in sides)))

    def _candidates(self, one: HistoryEntry, rule: int, reach: int, on_shift: int | None) -> Candidates:
        decision = None if rule == NO_RULE else self._reaches.actions[rule].outcome(one.facts)
        return self._reaches.reaches[reach].candidates(decision, one.now, on_shift)

    def _totals(self, side: int) -> Totals:
        first = len(self._texts[0].rules) if side else 0
        return self._call_counts[side].totals(
            tuple(
                RuleCount(treatment_of(rule), _steps(rule), self._rule_counts[side][first + position])
                for position, rule in enumerate(self._texts[side].rules)
            )
        )


def _steps(rule: Rule) -> tuple[str, ...]:
    return tuple(f"if nobody in {format_duration(step.after)}: {step.text}" for step in rule.steps)
