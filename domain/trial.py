"""Trying a draft of the rules on the past: the same escalations under two texts, with the directory as it was. Pure.

Escalations are counted in groups: those of one directory that two rules take, with the same people on duty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.past import Change, Example, Past, PastMove, RuleCount, Totals, Trial
from domain.reach import Reach, compared, hanging_facts, reach_of, treatment_of
from domain.trial_sums import Sums
from rules_dsl.amounts import say_duration
from rules_dsl.compiled import Rule
from rules_dsl.directory import Directory, Facts
from rules_dsl.open_times import OpenTimes
from rules_dsl.people_masks import PeopleMasks
from rules_dsl.rule_index import index_of
from rules_dsl.ruleset import LANGUAGE, PRODUCT_AREA, Ruleset

EXAMPLES = 3
"""Escalations named of each move."""

_Place = int | None
_Depends = tuple[object, object]


@dataclass
class _Move:
    change: Change
    examples: list[Example] = field(default_factory=list)


@dataclass(frozen=True)
class _Pair:
    """One directory, one rule of each text: what both make of it, and by who was on duty, how often."""

    before: Reach
    after: Reach
    now: bool
    move: _Move
    seen: Counter[int | None] = field(default_factory=Counter)


class Trying:
    """Fed with escalations, the newest first, in as many portions as one likes. Both texts may leave gaps."""

    def __init__(self, before: Ruleset, after: Ruleset, since: datetime, until: datetime) -> None:
        self._before, self._after = before, after
        self._old = len(before.rules)
        # One index of both texts: what they ask alike is looked up once.
        self._index = index_of((*before.rules, *after.rules))
        self._old_rows = (1 << sum(rule < self._old for rule in self._index.owners)) - 1
        self._times = OpenTimes(since, until)
        self._people: dict[str, PeopleMasks] = {}
        self._pairs: dict[tuple[str, bool, _Place, _Place, _Depends], _Pair] = {}
        self._moves: dict[tuple[_Place, _Place, Change], _Move] = {}
        self._reaches: dict[tuple[str, _Place, _Depends], Reach] = {}
        self._hangs: dict[_Place, tuple[bool, bool]] = {
            place: hanging_facts(rule) for place, rule in enumerate(self._index.rules)
        }
        self._hangs[None] = (False, False)
        self._first: datetime | None = None

    def know(self, snapshots: Mapping[str, Directory]) -> None:
        """Directories by their hash, before any escalation that was opened under them."""
        self._people |= {hash_: PeopleMasks(directory) for hash_, directory in snapshots.items()}

    def add(self, past: Iterable[Past]) -> None:
        index, is_open, old_rows = self._index, self._times.is_open, self._old_rows
        pairs, people, hangs = self._pairs, self._people, self._hangs
        for one in past:
            facts, opened_at = one.facts, one.opened_at
            left = index.standing(facts, opened_at, is_open)
            before = index.first_of(left & old_rows, facts, opened_at)
            after = index.first_of(left & ~old_rows, facts, opened_at)
            depends = _depends(facts, hangs[before], hangs[after])
            key = (one.directory, one.now, before, after, depends)
            pair = pairs.get(key)
            if pair is None:
                pair = pairs[key] = self._pair(one, before, after, depends)
            on_duty = None if one.call_at is None else people[one.directory].on_duty(one.call_at)
            pair.seen[on_duty] += 1
            if len(pair.move.examples) < EXAMPLES and pair.move.change is not Change.NONE:
                sides = (reach.candidates(one.now, on_duty) for reach in (pair.before, pair.after))
                pair.move.examples.append(Example(one, *sides))
            self._first = opened_at

    def trial(self) -> Trial:
        changes: Counter[Change] = Counter()
        moved: Counter[tuple[_Place, _Place, Change]] = Counter()
        for (_, _, before, after, _), pair in self._pairs.items():
            number = pair.seen.total()
            changes[pair.move.change] += number
            moved[before, after, pair.move.change] += number
        moves = [
            PastMove(
                treatment_of(None if before is None else self._index.rules[before]),
                treatment_of(None if after is None else self._index.rules[after]),
                change,
                number,
                tuple(self._moves[before, after, change].examples),
            )
            for (before, after, change), number in moved.items()
            if change is not Change.NONE
        ]
        moves.sort(key=lambda move: (-move.change, -move.count, move.before.rule, move.after.rule))
        return Trial(self._totals(0), self._totals(1), dict(changes), tuple(moves), self._first)

    def _pair(self, one: Past, before: _Place, after: _Place, depends: _Depends) -> _Pair:
        old, new = (self._reach(one, place, depends) for place in (before, after))
        change = compared(old, new, one.now)
        move = self._moves.setdefault((before, after, change), _Move(change))
        return _Pair(old, new, one.now, move)

    def _reach(self, one: Past, place: _Place, depends: _Depends) -> Reach:
        asks_language, asks_area = self._hangs[place]
        key = (one.directory, place, (asks_language and depends[0], asks_area and depends[1]))
        if key not in self._reaches:
            people = self._people[one.directory]
            if place is None:
                self._reaches[key] = Reach(people, None)
            else:
                ruleset = self._before if place < self._old else self._after
                self._reaches[key] = reach_of(ruleset, self._index.rules[place], one.facts, people)
        return self._reaches[key]

    def _totals(self, side: int) -> Totals:
        sums = Sums()
        rules: Counter[_Place] = Counter()
        for (_, _, before, after, _), pair in self._pairs.items():
            rules[after if side else before] += pair.seen.total()
            sums.add(pair.after if side else pair.before, pair.now, pair.seen)
        first, ruleset = (self._old, self._after) if side else (0, self._before)
        return sums.totals(
            tuple(
                RuleCount(treatment_of(rule), _steps(rule), rules[first + place])
                for place, rule in enumerate(ruleset.rules)
            )
        )


def _depends(facts: Facts, one: tuple[bool, bool], other: tuple[bool, bool]) -> _Depends:
    """The language and the product area, as far as either rule hangs on them."""
    return (
        facts.get(LANGUAGE) if one[0] or other[0] else None,
        facts.get(PRODUCT_AREA) if one[1] or other[1] else None,
    )


def _steps(rule: Rule) -> tuple[str, ...]:
    return tuple(f"if nobody in {say_duration(step.after)}: {step.text}" for step in rule.steps)


def try_on_past(
    before: Ruleset,
    after: Ruleset,
    past: Sequence[Past],
    snapshots: Mapping[str, Directory],
    since: datetime,
    until: datetime,
) -> Trial:
    """A draft (``after``) beside the rules that stand, on the escalations opened in a span, the newest first."""
    trying = Trying(before, after, since, until)
    trying.know(snapshots)
    trying.add(past)
    return trying.trial()
