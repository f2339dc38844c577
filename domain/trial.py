"""Trying a draft of the rules on the past: the same escalations under two texts, with the directory as it was. Pure.

Escalations are counted in groups: those of one directory that two rules take, with the same people on duty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.past import Change, Past, PastMove, RuleCount, Totals, Trial
from domain.reach import Reach, compared, hangs_on_facts, reach_of, treatment_of
from domain.trial_sums import Sums
from rules_dsl.amounts import say_duration
from rules_dsl.directory import Directory, Facts
from rules_dsl.open_times import OpenTimes
from rules_dsl.people_masks import PeopleMasks
from rules_dsl.ruleset import LANGUAGE, PRODUCT_AREA, Ruleset

EXAMPLES = 3
"""Escalations named of each move."""

_Place = int | None
_Depends = tuple[object, object] | None


@dataclass
class _Move:
    change: Change
    examples: list[str] = field(default_factory=list)


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
        self._times = OpenTimes(since, until)
        self._people: dict[str, PeopleMasks] = {}
        self._pairs: dict[tuple[str, bool, _Place, _Place, _Depends], _Pair] = {}
        self._moves: dict[tuple[_Place, _Place, Change], _Move] = {}
        self._reaches: dict[tuple[bool, str, _Place, _Depends], Reach] = {}
        self._hangs = (_hanging(before), _hanging(after))
        self._first: datetime | None = None

    def know(self, snapshots: Mapping[str, Directory]) -> None:
        """Directories by their hash, before any escalation that was opened under them."""
        self._people |= {hash_: PeopleMasks(directory) for hash_, directory in snapshots.items()}

    def add(self, past: Iterable[Past]) -> None:
        old, new, is_open = self._before.index.first, self._after.index.first, self._times.is_open
        pairs, people, (hangs_old, hangs_new) = self._pairs, self._people, self._hangs
        for one in past:
            facts = one.facts
            before, after = old(facts, one.opened_at, is_open), new(facts, one.opened_at, is_open)
            hangs = before in hangs_old or after in hangs_new
            depends = (facts.get(LANGUAGE), facts.get(PRODUCT_AREA)) if hangs else None
            key = (one.directory, one.now, before, after, depends)
            pair = pairs.get(key)
            if pair is None:
                pair = pairs[key] = self._pair(one, before, after, depends)
            pair.seen[None if one.call_at is None else people[one.directory].on_duty(one.call_at)] += 1
            if len(pair.move.examples) < EXAMPLES:
                pair.move.examples.append(one.id)
            self._first = one.opened_at

    def trial(self) -> Trial:
        changes: Counter[Change] = Counter()
        moved: Counter[tuple[_Place, _Place, Change]] = Counter()
        for (_, _, before, after, _), pair in self._pairs.items():
            number = pair.seen.total()
            changes[pair.move.change] += number
            moved[before, after, pair.move.change] += number
        moves = [
            PastMove(
                treatment_of(None if before is None else self._before.rules[before]),
                treatment_of(None if after is None else self._after.rules[after]),
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
        people = self._people[one.directory]
        reaches = [
            self._reach(side, one.directory, place, depends, one.facts, people)
            for side, place in enumerate((before, after))
        ]
        change = compared(reaches[0], reaches[1], one.now)
        move = self._moves.setdefault((before, after, change), _Move(change))
        return _Pair(reaches[0], reaches[1], one.now, move)

    def _reach(
        self, side: int, directory: str, place: _Place, depends: _Depends, facts: Facts, people: PeopleMasks
    ) -> Reach:
        hangs = place in self._hangs[side]
        key = (bool(side), directory, place, depends if hangs else None)
        if key not in self._reaches:
            ruleset = self._after if side else self._before
            self._reaches[key] = reach_of(ruleset, place, facts, people)
        return self._reaches[key]

    def _totals(self, side: int) -> Totals:
        sums = Sums()
        rules: Counter[_Place] = Counter()
        for (_, _, before, after, _), pair in self._pairs.items():
            rules[after if side else before] += pair.seen.total()
            sums.add(pair.after if side else pair.before, pair.now, pair.seen)
        ruleset = self._after if side else self._before
        return sums.totals(_rule_counts(ruleset, rules))


def _hanging(ruleset: Ruleset) -> frozenset[_Place]:
    return frozenset(place for place, rule in enumerate(ruleset.rules) if hangs_on_facts(rule))


def _rule_counts(ruleset: Ruleset, counted: Counter[_Place]) -> tuple[RuleCount, ...]:
    return tuple(
        RuleCount(
            treatment_of(rule),
            tuple(f"if nobody in {say_duration(step.after)}: {step.text}" for step in rule.steps),
            counted[place],
        )
        for place, rule in enumerate(ruleset.rules)
    )


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
