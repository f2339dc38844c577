"""What if: the same seed gives the same days, every way of working meets the same chances, nothing is impossible."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from domain.simulation.comparing import difference, interval_of, play_ways, staffed
from domain.simulation.demand import arrivals, made_up_facts, shifts_of, sick_days
from domain.simulation.floor import Worker
from domain.simulation.ledger import SimulatedOutcome
from domain.simulation.playing import Replication, play
from domain.simulation.report import lines, sentences
from domain.simulation.scenario import Arrival, Binding, Habits, Scenario
from domain.simulation.selling import SeatBook, SimulatedSale
from rules_dsl import compile_rules
from rules_dsl.directory import Directory

EXAMPLES = Path(__file__).parents[3] / "examples"
DIRECTORY = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
RULES = compile_rules((EXAMPLES / "small_team.rules").read_text(), DIRECTORY)
MONDAY = date(2026, 6, 1)
FLAWLESS = Habits(sick=0, overrun=0, no_show=0, decline=0, unanswered=0, talk=0.5, talk_spread=0.01)
FACTS = made_up_facts(DIRECTORY, 1, seed=1)[0]
SCENARIO = Scenario(DIRECTORY, RULES, MONDAY, 1, 12, made_up_facts(DIRECTORY, 100, seed=1))


def test_the_same_seed_gives_the_same_day() -> None:
    assert play(SCENARIO, 3) == play(SCENARIO, 3)
    assert play(SCENARIO, 3) != play(SCENARIO, 4)


def test_every_way_meets_the_same_customers() -> None:
    shifts = shifts_of(SCENARIO)
    named = replace(SCENARIO, binding=Binding.BOOKING_TIME)
    assert arrivals(SCENARIO, shifts, 5) == arrivals(named, shifts, 5)
    assert len(arrivals(SCENARIO, shifts, 5)) > 3


def test_a_greater_share_of_sick_days_only_adds_to_them() -> None:
    shifts = shifts_of(SCENARIO)
    few, many = (sick_days(shifts, Habits(sick=share), 1) for share in (0.1, 0.4))
    assert few < many


def test_nobody_is_in_two_calls_and_each_escalation_ends_once() -> None:
    run = Replication(replace(SCENARIO, days=3, escalations=25, habits=Habits(sick=0.2, overrun=0.2)), 2)
    run.figures()
    for worker in run.floor.workers.values():
        assert all(end <= begin for (_, end), (begin, _) in pairwise(worker.calls))
    ended = [one.number for one in run.ledger.ends]
    assert sorted(ended) == [one.number for one in sorted(run.arrivals, key=lambda one: one.number)]
    assert any(one.outcome is SimulatedOutcome.SERVED for one in run.ledger.ends)


@pytest.mark.parametrize("binding", Binding)
def test_if_nobody_is_ill_or_late_every_booking_is_kept(binding: Binding) -> None:
    figures = play(replace(SCENARIO, habits=FLAWLESS, binding=binding, now_share=0), 1)
    assert (figures.honoured, figures.on_time, figures.declines) == (1.0, 1.0, 0.0)
    assert figures.booked > 3


def test_a_sick_person_loses_only_the_bookings_in_their_own_name() -> None:
    """The person named is ill; somebody else could come, and does if the person is found at call time."""
    habits = replace(FLAWLESS, sick=0.5)
    ways = {binding.value: replace(SCENARIO, binding=binding, habits=habits, now_share=0) for binding in Binding}
    at_call_time, named, by_hand = play_ways(ways, 12)
    assert difference(at_call_time, named, "honoured").low > 0
    assert difference(by_hand, named, "honoured").low > 0
    assert at_call_time.interval("honoured").mean >= by_hand.interval("honoured").mean


@pytest.mark.parametrize("binding", [Binding.CALL_TIME, Binding.BOOKING_TIME])
def test_somebody_ill_has_no_seats_once_their_shift_begins(binding: Binding) -> None:
    """Their seats are reassigned, unless they were sold in their name."""
    shifts, noon = shifts_of(SCENARIO), datetime(2026, 6, 1, 10, tzinfo=UTC)
    scenario = replace(SCENARIO, binding=binding)

    def ask(book: SeatBook, number: int, at: datetime) -> SimulatedSale | None:
        return book.sell(Arrival(number, at, FACTS, noon, 1.0, True), RULES.decide(FACTS, at))

    before = ask(SeatBook(scenario, shifts, frozenset()), 1, noon - timedelta(days=1))
    assert before is not None
    ill = before.seat.person
    missed = next(span for span in shifts[ill] if span[0] <= before.seat.starts_at < span[1])
    book = SeatBook(scenario, shifts, frozenset({(ill, missed[0])}))
    assert ask(book, 1, noon - timedelta(days=1)) == before
    after = ask(book, 2, missed[0])
    assert after is not None
    assert after.seat.person != ill or after.seat.starts_at >= missed[1]
    witnesses = {one: book.board.members[index].person for one, (_, index) in book.board.assignments.items()}
    assert witnesses.get(1) != ill
    assert (1 in witnesses) == (binding is Binding.CALL_TIME)


def test_past_escalations_are_replayed_as_customers_wanted_them() -> None:
    drawn = arrivals(SCENARIO, shifts_of(SCENARIO), 1)
    past = tuple(Arrival(one.number, one.at, one.facts, one.wanted_at, 1.0, True) for one in drawn)
    scenario = replace(SCENARIO, first=date(2020, 1, 1)).replaying(past)
    replayed = arrivals(scenario, shifts_of(scenario), 9)
    assert [(one.at, one.wanted_at) for one in replayed] == [(one.at, one.wanted_at) for one in drawn]
    figures = play(scenario, 9)
    assert max(figures.occupancy.values()) > 0, "the days that count are those of the calls"


def test_fewer_and_more_people() -> None:
    title = DIRECTORY.titles[0].name
    holders = sum(1 for person in DIRECTORY.people if person.title == DIRECTORY.titles[0].id)
    assert len(staffed(DIRECTORY, title, -1).people) == len(DIRECTORY.people) - 1
    more = staffed(DIRECTORY, title, 2)
    assert len({person.id for person in more.people}) == len(DIRECTORY.people) + 2
    with pytest.raises(ValueError, match="not possible"):
        staffed(DIRECTORY, title, -holders - 1)
    with pytest.raises(ValueError, match="0 people"):
        staffed(DIRECTORY, "Captain", 1)


def test_the_interval_is_students() -> None:
    """Checked by hand: 1, 2, 3 have mean 2, deviation 1, and t of 2 degrees at 97.5 % is 4.303."""
    interval = interval_of([1.0, 2.0, 3.0])
    assert interval.mean == 2.0
    assert interval.high - interval.mean == pytest.approx(4.303 / 3**0.5, abs=1e-3)
    assert not interval_of([-1.0, 1.0]).certain


def test_a_comparison_says_when_the_difference_may_be_chance() -> None:
    ways = play_ways({"as it is": SCENARIO, "the same again": SCENARIO}, 2)
    opening, against = sentences(ways)
    assert opening.startswith("As it is, ")
    assert "too small to tell from luck" in against
    assert all(len(line.cells) == 2 for line in lines(ways))


def test_a_missed_shift_does_not_count() -> None:
    worker = Worker(1, ())
    begin, _ = shifts_of(SCENARIO)[DIRECTORY.people[0].id][0]
    assert not worker.on_shift(begin + timedelta(minutes=1))
