"""The backtest in columns equals one by one: random rules, facts, directories and schedules, in several portions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from domain.backtest.backtest import EXAMPLES, Backtest
from domain.backtest.columns import columns_of
from domain.backtest.history import ChangeKind, HistoryEntry, Totals
from domain.schedules.schedule import (
    DayChange,
    DayKind,
    KeptFree,
    Repeating,
    Schedule,
    TimeOff,
    TimeOffKind,
    WeeklyHours,
)
from rules_dsl import Directory, Ruleset
from rules_dsl.directory import Facts, Person
from rules_dsl.evaluation.program import Clause, OneOf, Rule, When, Within
from tests.domain.backtest.plain_backtest import PlainTotals, plain_backtest, title_loads
from tests.rules_dsl.desks import directory, ruleset
from tests.rules_dsl.random_rules import DOMAINS, random_when

DESKS = ("small_team", "forty_agents", "follow_the_sun")
SINCE = datetime(2026, 3, 16, tzinfo=UTC)
"""The two weeks after it contain a clock change."""
DAYS = 14
FIRST = SINCE.date()


def some_rules(desk: str, random: Random, number: int) -> Ruleset:
    """The desk's own rules many times, each under random conditions. There may be gaps."""
    rules = ruleset(desk)
    chosen = [replace(random.choice(rules.rules), name=f"r{n}", when=random_when(random, 2)) for n in range(number)]
    # A rule that an index can't hold in full: two types of test of one fact.
    clauses = (Clause(OneOf("area", ("a",)), False, ""), Clause(Within("area", 1, None), True, ""))
    chosen.insert(number // 2, replace(rules.rules[0], name="unindexed", when=When((clauses, (clauses[0],)))))
    return replace(rules, rules=tuple(chosen))


def a_draft(rules: Ruleset, random: Random) -> Ruleset:
    """Some rules do something else, some have other conditions, some are missing."""
    found: list[Rule] = []
    for rule in rules.rules:
        match random.randrange(9):
            case 0:
                other = random.choice(rules.rules)
                found.append(replace(other, name=rule.name, when=rule.when))
            case 1:
                found.append(replace(rule, when=random_when(random, 1)))
            case 2:
                pass
            case 3:
                found.append(replace(rule, slot=(rule.slot or 1200) + 600))
            case 4:
                found.append(replace(rule, steps=tuple(replace(step, after=step.after + 60) for step in rule.steps)))
            case _:
                found.append(rule)
    return replace(rules, rules=tuple(found))


def some_past(known: Mapping[str, Directory], random: Random, count: int) -> list[HistoryEntry]:
    found = []
    for number in range(count):
        opened = SINCE + timedelta(seconds=random.randrange(DAYS * 86400))
        now = random.random() < 0.5
        booked = opened + timedelta(hours=random.randrange(24 * 40)) if random.random() < 0.8 else None
        hash_ = random.choice(list(known))
        facts = some_facts(known[hash_], random)
        found.append(HistoryEntry(f"e{number}", opened, facts, hash_, opened if now else booked, now))
    return sorted(found, key=lambda one: one.opened_at, reverse=True)


def some_facts(known: Directory, random: Random) -> Facts:
    facts = {name: random.choice(values) for name, values in DOMAINS.items()}
    for name in ("language", "product area"):
        fact = known.fact_named(name)
        facts[name] = random.choice((*fact.values, None)) if fact else None
    return {name: value for name, value in facts.items() if value is not None}


def some_schedule(person: Person, random: Random) -> Schedule:
    day = FIRST + timedelta(days=random.randrange(DAYS))
    zone = person.shifts[0].time_zone if person.shifts else "UTC"
    change = DayChange(1, day, random.choice(list(DayKind)), 600, 1200, zone)
    off = SINCE + timedelta(hours=random.randrange(24 * DAYS))
    return Schedule(
        person.id,
        weekly=tuple(
            WeeklyHours(number, _from_a_day(shift.days, shift.start_minute, shift.end_minute, shift.time_zone, random))
            for number, shift in enumerate(person.shifts)
        ),
        day_changes=(change,) if random.random() < 0.5 else (),
        time_off=(TimeOff(1, TimeOffKind.SICK, (off, off + timedelta(hours=30))),) if random.random() < 0.5 else (),
        kept_free=(KeptFree(1, "training", Repeating((1, 3), 540, 660, zone)),) if random.random() < 0.3 else (),
        busy=((SINCE, SINCE + timedelta(days=90)),),
        holidays={day: "a holiday"} if random.random() < 0.3 else {},
    )


def _from_a_day(days: tuple[int, ...], start: int, end: int, zone: str, random: Random) -> Repeating:
    first: date | None = FIRST + timedelta(days=random.randrange(DAYS)) if random.random() < 0.2 else None
    return Repeating(days, start, end, zone, first)


def assert_same(totals: Totals, plain: PlainTotals) -> None:
    counts = (totals.called, totals.nobody, totals.refused, totals.unmatched)
    assert counts == (plain.called, plain.nobody, plain.refused, plain.unmatched)
    assert totals.titles == title_loads(plain)
    assert {load.id: load.calls for load in totals.teams} == dict(plain.teams)
    assert {rule.treatment.rule: rule.count for rule in totals.rules if rule.count} == dict(plain.rules)


def in_portions(history: Sequence[HistoryEntry], random: Random) -> list[Sequence[HistoryEntry]]:
    first, last = sorted(random.sample(range(len(history)), 2))
    return [history[:first], history[first:last], history[last:]]


@pytest.mark.parametrize("desk", DESKS)
def test_a_backtest_equals_deciding_each_escalation_alone(desk: str) -> None:
    random = Random(desk)
    kinds: set[ChangeKind] = set()
    for rules in (3, 25, 60):
        today = directory(desk)
        moved = tuple(replace(one, team=random.choice(today.teams).id, shifts=one.shifts[:1]) for one in today.people)
        snapshots = {"today": today, "then": replace(today, people=moved)}
        schedules = {one.id: some_schedule(one, random) for one in today.people if random.random() < 0.7}
        before = some_rules(desk, random, rules)
        after = a_draft(before, random)
        history = some_past(snapshots, random, 150)
        backtest = Backtest(before, after, schedules)
        backtest.add_directories(snapshots)
        for portion in in_portions(history, random):
            backtest.add(columns_of(portion, backtest.facts))
        result, plain = backtest.result(), plain_backtest(before, after, history, snapshots, schedules)
        assert_same(result.before, plain.before)
        assert_same(result.after, plain.after)
        assert result.changes == dict(plain.changes)
        moves = {(move.before.rule, move.after.rule, move.change): move for move in result.moves}
        assert {key: move.count for key, move in moves.items()} == {key: len(ids) for key, ids in plain.moves.items()}
        for key, move in moves.items():
            assert [example.entry.id for example in move.examples] == plain.moves[key][:EXAMPLES]
        kinds |= result.changes.keys()
    assert {ChangeKind.NONE, ChangeKind.ELSEWHERE} < kinds
