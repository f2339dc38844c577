"""Backtests: totals agree, moves are those of deciding one by one, and people count in the team they were in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest

from domain.backtest.backtest import Backtest
from domain.backtest.columns import columns_of
from domain.backtest.history import ChangeKind, HistoryEntry, PastMove, RulesComparison, Totals, Treatment
from rules_dsl import Directory, NoRuleApplies, Ruleset, draft_rules, pool
from rules_dsl.directory import Facts
from rules_dsl.model.decision import CallKind, Decision
from tests.rules_dsl.desks import directory, rules_text, ruleset
from tests.rules_dsl.evaluation.test_people_masks import some_facts

SINCE = datetime(2026, 2, 2, tzinfo=UTC)
UNTIL = SINCE + timedelta(weeks=2)
WEDNESDAY_NOON = datetime(2026, 2, 4, 11, tzinfo=UTC)
CHANGES = {
    "small_team": (
        ('send to team "Office"', 'send to team "Support", title "Advisor"'),
        ('rule "Outside opening hours"\n  when outside hours "office"', 'rule "Outside"\n  when priority is low'),
        ("if nobody in 3 minutes, widen", "if nobody in 2 minutes, widen"),
    ),
    "forty_agents": (
        ("when replies is under 3", "when replies is under 4"),
        ('  require skill "incident bridge"\n', ""),
        ('send to team "Trust and Safety"', 'send to team "Incident Response"'),
    ),
}


def draft(text: str, known: Directory) -> Ruleset:
    found = draft_rules(text, known)
    assert found is not None
    return found


def changed(desk: str) -> Ruleset:
    text = rules_text(desk)
    for old, new in CHANGES[desk]:
        assert old in text
        text = text.replace(old, new)
    return draft(text, directory(desk))


def some_past(desk: str, count: int, hashes: Sequence[str] = ("then",)) -> list[HistoryEntry]:
    random, found = Random(count), []
    for number in range(count):
        opened = SINCE + timedelta(seconds=random.randrange(14 * 86400))
        now = random.random() < 0.4
        booked = opened + timedelta(hours=random.randrange(90)) if random.random() < 0.8 else None
        facts = some_facts(directory(desk), random)
        found.append(HistoryEntry(f"e{number}", opened, facts, random.choice(hashes), opened if now else booked, now))
    return sorted(found, key=lambda one: one.opened_at, reverse=True)


def compare(
    before: Ruleset, after: Ruleset, history: Sequence[HistoryEntry], **snapshots: Directory
) -> RulesComparison:
    backtest = Backtest(before, after)
    backtest.add_directories(snapshots)
    backtest.add(columns_of(history, backtest.facts))
    return backtest.result()


def one_by_one(rules: Ruleset, known: Directory, history: HistoryEntry) -> Decision | None:
    try:
        return rules.decide(history.facts, history.opened_at)
    except NoRuleApplies:
        return None


def first_asked(decision: Decision | None, known: Directory) -> tuple[int, ...]:
    if decision is None or decision.kind is CallKind.REFUSED:
        return ()
    pools = [pool(decision, known, 0, step=step).members for step in range(len(decision.steps) + 1)]
    return next((members for members in pools if members), ())


def kind(decision: Decision | None, now: bool) -> CallKind | None:
    if decision is None:
        return None
    return CallKind.CALL if decision.kind is CallKind.BOOKING_ONLY and not now else decision.kind


def assert_totals_add_up(totals: Totals, escalations: int) -> None:
    assert totals.called + totals.nobody + totals.refused + totals.unmatched == totals.escalations == escalations
    for loads in (totals.titles, totals.teams):
        assert sum(load.calls for load in loads) == totals.called
    assert sum(load.seconds for load in totals.titles) == sum(load.seconds for load in totals.teams)
    assert sum(rule.count for rule in totals.rules) == escalations - totals.unmatched


@pytest.mark.parametrize("desk", CHANGES)
def test_the_same_text_moves_nothing(desk: str) -> None:
    history = some_past(desk, 400)
    again = draft(rules_text(desk) + "# a remark\n", directory(desk))
    result = compare(ruleset(desk), again, history, then=directory(desk))
    assert result.changes == {ChangeKind.NONE: 400}
    assert result.moves == ()
    assert result.before == result.after
    assert result.first_opened == history[-1].opened_at


@pytest.mark.parametrize("desk", CHANGES)
def test_moves_are_those_of_deciding_one_by_one(desk: str) -> None:
    known, before, after = directory(desk), ruleset(desk), changed(desk)
    # The same people, one of them in another team: two directories, as in real histories.
    person = known.people[0]
    other = replace(known, people=(replace(person, team=known.teams[-1].id), *known.people[1:]))
    snapshots = {"then": known, "later": other}
    history = some_past(desk, 600, tuple(snapshots))
    result = compare(before, after, history, **snapshots)
    elsewhere: Counter[tuple[str, str]] = Counter()
    for one in history:
        where = snapshots[one.directory]
        old, new = one_by_one(before, where, one), one_by_one(after, where, one)
        assert old is not None
        assert new is not None
        if kind(old, one.now) is not kind(new, one.now) or first_asked(old, where) != first_asked(new, where):
            elsewhere[old.rule, new.rule] += 1
    found = {(move.before.rule, move.after.rule): move for move in result.moves if move.change is ChangeKind.ELSEWHERE}
    assert {key: move.count for key, move in found.items()} == dict(elsewhere)
    assert sum(elsewhere.values()) == result.changes[ChangeKind.ELSEWHERE] > 20
    opened = {one.id: one.opened_at for one in history}
    for move in result.moves:
        assert 0 < len(move.examples) <= move.count
        moments = [example.entry.opened_at for example in move.examples]
        assert moments == sorted(moments, reverse=True)
        for example in move.examples:
            assert opened[example.entry.id] == example.entry.opened_at
            for side, rules in ((example.before, before), (example.after, after)):
                where = snapshots[example.entry.directory]
                assert side.decision is not None
                assert side.decision.rule == rules.match(example.entry.facts, example.entry.opened_at).name
                assert set(side.people) <= {person for _, pool in side.pools for person in pool}
                assert next((members for _, members in side.pools if members), ()) == first_asked(side.decision, where)


@pytest.mark.parametrize("desk", CHANGES)
def test_totals_before_and_after_differ_only_by_escalations_without_a_call(desk: str) -> None:
    known, history = directory(desk), some_past(desk, 700)
    gap = draft(rules_text(desk).partition("\notherwise\n")[0], known)
    for after in (changed(desk), gap):
        result = compare(ruleset(desk), after, history, then=known)
        assert_totals_add_up(result.before, 700)
        assert_totals_add_up(result.after, 700)
        without = [totals.nobody + totals.refused + totals.unmatched for totals in (result.before, result.after)]
        calls = [sum((load.calls for load in totals.titles), Fraction()) for totals in (result.before, result.after)]
        assert calls[0] + without[0] == calls[1] + without[1] == 700
        assert sum(result.changes.values()) == 700
    assert result.after.unmatched > 0
    assert {move.after for move in result.moves if move.change is ChangeKind.ELSEWHERE} == {Treatment("", None, "")}


def moved_alone(facts: Facts, *, now: bool, at: datetime | None, after: Ruleset, where: Directory) -> PastMove | None:
    one = HistoryEntry("e", WEDNESDAY_NOON, facts, "then", at, now)
    moves = compare(ruleset("small_team"), after, [one], then=where).moves
    return moves[0] if moves else None


def test_each_change_has_its_kind() -> None:
    known = directory("small_team")
    text = rules_text("small_team")
    billing: Facts = {"product area": "billing", "priority": "normal"}
    hull: Facts = {"product area": "hull", "priority": "normal"}

    def change(facts: Facts, old: str, new: str, *, now: bool = True) -> ChangeKind:
        assert old in text
        found = moved_alone(facts, now=now, at=WEDNESDAY_NOON, after=draft(text.replace(old, new), known), where=known)
        return ChangeKind.NONE if found is None else found.change

    assert change(billing, 'send to team "Office"', 'send to title "Bookkeeper"') is ChangeKind.NONE
    assert change(billing, 'send to team "Office"', 'send to title "Advisor"') is ChangeKind.ELSEWHERE
    assert change(billing, 'send to team "Office"', 'no call, say "Write to us."') is ChangeKind.ELSEWHERE
    assert change(billing, "in 3 minutes", "in 2 minutes") is ChangeKind.LATER
    assert change(hull, "in 3 minutes", "in 2 minutes") is ChangeKind.NONE  # it adds nobody
    assert change(billing, "order by longest idle", "order by least busy") is ChangeKind.MANNER
    assert change(billing, "slots of 20 minutes", "slots of 30 minutes") is ChangeKind.MANNER
    only_booking = ('send to team "Office"', 'send to team "Office"\n  offer booking only')
    assert change(billing, *only_booking) is ChangeKind.ELSEWHERE
    assert change(billing, *only_booking, now=False) is ChangeKind.NONE


def test_somebody_who_has_changed_team_is_counted_in_their_old_one() -> None:
    today, text = directory("small_team"), rules_text("small_team")
    ines = next(person for person in today.people if person.name == "Ines Costa")
    support, advisor = today.team_named("Support"), today.title_named("Advisor")
    assert support is not None
    assert advisor is not None
    moved = replace(ines, team=support.id, title=advisor.id)
    today = replace(today, people=tuple(moved if one is ines else one for one in today.people))
    billing: Facts = {"product area": "billing", "priority": "normal"}
    history = [HistoryEntry("e", WEDNESDAY_NOON, billing, "then", WEDNESDAY_NOON, True)]
    rules = draft(text, today)
    now = compare(rules, rules, history, then=today).after
    then = compare(rules, rules, history, then=directory("small_team")).after
    # Today nobody is in the office, and the call goes to support immediately; then Ines alone would have had it.
    assert [(load.id, load.calls) for load in then.teams] == [(ines.team, Fraction(1))]
    assert [(load.id, load.calls) for load in then.titles] == [(ines.title, Fraction(1))]
    assert {load.id for load in now.teams} == {support.id}
    assert sum(load.calls for load in now.titles) == 1
    assert len(now.titles) == 2


def test_a_call_is_shared_among_those_on_shift() -> None:
    rules = ruleset("small_team")
    hull: Facts = {"product area": "hull", "priority": "normal"}
    engine: Facts = {"tags": ("safety",), "priority": "high"}
    night = datetime(2026, 2, 8, 22, 30, tzinfo=UTC)

    def totals(facts: Facts, at: datetime | None, *, now: bool) -> Totals:
        history = [HistoryEntry("e", at or WEDNESDAY_NOON, facts, "then", at, now)]
        return compare(rules, rules, history, then=directory("small_team")).after

    by_day = totals(hull, WEDNESDAY_NOON, now=True)
    assert sorted(load.calls for load in by_day.titles) == [Fraction(2, 5), Fraction(3, 5)]
    assert sum(load.seconds for load in by_day.titles) == (5 + 20 + 5) * 60
    # One engineer is there on Sunday night, and nobody the night after.
    assert totals(engine, night, now=True).titles[0].calls == 1
    assert totals(engine, night + timedelta(days=1), now=True).nobody == 1
    # A booking would have been made for an hour at which somebody is there.
    assert totals(engine, night + timedelta(days=1), now=False).called == 1
    assert totals(hull, None, now=False).called == 1


def test_a_backtest_without_escalations_is_empty() -> None:
    result = compare(ruleset("small_team"), changed("small_team"), [])
    assert (result.escalations, result.moves, result.changes, result.first_opened) == (0, (), {}, None)
    assert result.after.titles == ()
    assert [rule.count for rule in result.after.rules] == [0] * 4
