"""A straightforward backtest, to compare with: each escalation alone, people by id, no index and no masks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from domain.backtest.history import ChangeKind, HistoryEntry, Load
from domain.schedules.schedule import Repeating, Schedule, WeeklyHours, available_spans, covering
from rules_dsl import Ruleset, pool
from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.evaluate import when_holds
from rules_dsl.evaluation.pools import meets
from rules_dsl.evaluation.program import Rule
from rules_dsl.evaluation.ranking import experience
from rules_dsl.model.decision import CallKind, Decision, OrderKey, StepKind

Pools = list[tuple[int, frozenset[int]]]
CALLED = (CallKind.CALL, CallKind.BOOKING_ONLY)


@dataclass
class PlainTotals:
    called: int = 0
    nobody: int = 0
    refused: int = 0
    unmatched: int = 0
    titles: defaultdict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    title_seconds: defaultdict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    teams: defaultdict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    rules: Counter[str] = field(default_factory=Counter)


@dataclass
class PlainBacktest:
    before: PlainTotals
    after: PlainTotals
    changes: Counter[ChangeKind]
    moves: dict[tuple[str, str, ChangeKind], list[str]]
    """Escalation ids, the newest first."""


def plain_backtest(
    before: Ruleset,
    after: Ruleset,
    history: Sequence[HistoryEntry],
    snapshots: Mapping[str, Directory],
    schedules: Mapping[int, Schedule],
) -> PlainBacktest:
    result = PlainBacktest(PlainTotals(), PlainTotals(), Counter(), defaultdict(list))
    for one in history:
        directory = snapshots[one.directory]
        old, new = _decision(before, one), _decision(after, one)
        pools = (_pools(old, directory), _pools(new, directory))
        for totals, decision, own_pools in zip((result.before, result.after), (old, new), pools, strict=True):
            _count(totals, decision, own_pools, one, directory, schedules)
        change = _change(old, new, *pools, one.now)
        result.changes[change] += 1
        if change is not ChangeKind.NONE:
            result.moves[old.rule if old else "", new.rule if new else "", change].append(one.id)
    return result


def title_loads(totals: PlainTotals) -> tuple[Load, ...]:
    return tuple(Load(key, totals.titles[key], totals.title_seconds[key]) for key in sorted(totals.titles))


def _decision(rules: Ruleset, one: HistoryEntry) -> Decision | None:
    rule: Rule | None = next((rule for rule in rules.rules if when_holds(rule.when, one.facts, one.opened_at)), None)
    return None if rule is None else rules.outcome_of(rule, one.facts)


def _pools(decision: Decision | None, directory: Directory) -> Pools:
    if decision is None or decision.kind is CallKind.REFUSED:
        return []
    pools = [(0, frozenset(pool(decision, directory, 0, step=0).members))]
    for number, step in enumerate(decision.steps, 1):
        if step.kind is StepKind.OFFER_BOOKING:
            break
        after = step.after if pools[-1][1] else pools[-1][0]
        pools.append((after, frozenset(pool(decision, directory, 0, step=number).members)))
    return pools


def _count(
    totals: PlainTotals,
    decision: Decision | None,
    pools: Pools,
    one: HistoryEntry,
    directory: Directory,
    schedules: Mapping[int, Schedule],
) -> None:
    if decision is None:
        totals.unmatched += 1
        return
    totals.rules[decision.rule] += 1
    if decision.kind is CallKind.REFUSED:
        totals.refused += 1
        return
    people = {person.id: person for person in directory.people}
    on_shift = {who for who, person in people.items() if _on_shift(person, one.call_at, schedules)}
    first_people = _first_people(decision, pools, one, on_shift, people)
    if not first_people:
        totals.nobody += 1
        return
    totals.called += 1
    seconds = decision.calls.prepare + decision.booking.slot + decision.calls.wrap_up
    for who in first_people:
        share = Fraction(1, len(first_people))
        totals.titles[people[who].title] += share
        totals.title_seconds[people[who].title] += share * seconds
        totals.teams[people[who].team] += share


def _on_shift(person: Person, moment: datetime | None, schedules: Mapping[int, Schedule]) -> bool:
    if moment is None:
        return False
    recorded = schedules.get(person.id, Schedule(person.id))
    dates = {
        (hours.when.days, hours.when.start_minute, hours.when.end_minute, hours.when.time_zone): hours.when
        for hours in recorded.weekly
    }
    weekly = [
        dates.get(
            (shift.days, shift.start_minute, shift.end_minute, shift.time_zone),
            Repeating(shift.days, shift.start_minute, shift.end_minute, shift.time_zone),
        )
        for shift in person.shifts
    ]
    schedule = replace(recorded, weekly=tuple(WeeklyHours(0, when) for when in weekly), busy=())
    day = moment.date()
    spans = available_spans(schedule, day - timedelta(days=2), day + timedelta(days=2))
    return covering(spans, moment) is not None


def _first_people(
    decision: Decision, pools: Pools, one: HistoryEntry, on_shift: set[int], people: Mapping[int, Person]
) -> frozenset[int]:
    step = next((step for step, (_, members) in enumerate(pools) if members), 0)
    candidates = frozenset(pools[step][1])
    if one.now and decision.kind is CallKind.CALL and one.call_at is not None:
        step = next((step for step, (_, members) in enumerate(pools) if members & on_shift), -1)
        if step < 0:
            return frozenset()
        candidates = pools[step][1] & on_shift
    else:
        candidates = (candidates & on_shift) or candidates
    return _likely(decision, step, candidates, people)


def _likely(decision: Decision, step: int, candidates: frozenset[int], people: Mapping[int, Person]) -> frozenset[int]:
    left = candidates
    if not any(taken.kind is StepKind.DROP_PREFERRED for taken in decision.steps[:step]):
        for needs in decision.prefers:
            left = frozenset(who for who in left if any(meets(people[who], need) for need in needs)) or left
    for key in decision.order:
        if key is not OrderKey.MOST_EXPERIENCED:
            break
        most = max((experience(decision, people[who]) for who in left), default=0)
        left = frozenset(who for who in left if experience(decision, people[who]) == most)
    return left


def _change(old: Decision | None, new: Decision | None, old_pools: Pools, new_pools: Pools, now: bool) -> ChangeKind:
    kinds = [one.kind if one else None for one in (old, new)]
    if not now:
        kinds = [CallKind.CALL if kind in CALLED else kind for kind in kinds]
    first = [next((members for _, members in pools if members), None) for pools in (old_pools, new_pools)]
    if kinds[0] is not kinds[1] or first[0] != first[1]:
        return ChangeKind.ELSEWHERE
    if _growing(old_pools) != _growing(new_pools):
        return ChangeKind.LATER
    if old is None or new is None or old.kind is CallKind.REFUSED:
        return ChangeKind.NONE
    manner = [(one.order, one.prefers, one.booking.slot, one.calls.prepare, one.calls.wrap_up) for one in (old, new)]
    return ChangeKind.NONE if manner[0] == manner[1] else ChangeKind.MANNER


def _growing(pools: Pools) -> Pools:
    result: Pools = []
    for after, members in pools:
        if members and (not result or result[-1][1] != members):
            result.append((after, members))
    return result
