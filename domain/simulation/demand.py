"""The random part of a replication, decided by the seed: who escalates when, who is sick, which calls run long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from domain.booking import Span
from domain.schedules.shifts import merged, shift_spans
from domain.simulation.scenario import Arrival, Habits, Scenario
from rules_dsl import Facts
from rules_dsl.directory import Directory, FactType, FactValue

UNKNOWN = 0.1
"""Share of generated tickets in which an optional fact is missing."""


EXTRA_DAYS = 10
"""Days simulated after the last one that counts, so that late bookings still get their calls."""


def shifts_of(scenario: Scenario) -> dict[int, tuple[Span, ...]]:
    """Everybody's shifts on the simulated days, by person."""
    last, people = scenario.last + timedelta(days=EXTRA_DAYS), scenario.directory.people
    return {person.id: tuple(shift_spans(person.shifts, scenario.first, last)) for person in people}


def sick_days(shifts: Mapping[int, tuple[Span, ...]], habits: Habits, seed: int) -> frozenset[tuple[int, datetime]]:
    """(person, start of the shift) for every shift that the person misses.

    Each shift has its own threshold, so a higher share of sick shifts only adds sick days.
    """
    return frozenset(
        (person, begin)
        for person, spans in shifts.items()
        for begin, _ in spans
        if Random(f"{seed}/sick/{person}/{begin.isoformat()}").random() < habits.sick
    )


def arrivals(scenario: Scenario, shifts: Mapping[int, tuple[Span, ...]], seed: int) -> tuple[Arrival, ...]:
    """All escalations in chronological order. Customers ask for a minute in which somebody is on shift."""
    if scenario.past:
        return tuple(_with_call(arrival, scenario.habits, seed) for arrival in scenario.past)
    drawn: list[Arrival] = []
    for day in range(scenario.days):
        minutes = _staffed_minutes(scenario, shifts, scenario.first + timedelta(days=day))
        rng = Random(f"{seed}/day/{day}")
        for _ in range(_poisson(scenario.escalations, rng) if minutes else 0):
            drawn.append(_arrival(len(drawn), rng.choice(minutes), scenario, rng))
    complete = (_with_call(one, scenario.habits, seed) for one in drawn)
    return tuple(sorted(complete, key=lambda one: (one.at, one.number)))


def _arrival(number: int, moment: datetime, scenario: Scenario, rng: Random) -> Arrival:
    facts = rng.choice(scenario.facts)
    now = rng.random() < scenario.now_share
    lead = timedelta(seconds=rng.lognormvariate(math.log(scenario.habits.lead), 0.8))
    return Arrival(number, moment if now else moment - lead, facts, None if now else moment, 1.0, True)


def _with_call(arrival: Arrival, habits: Habits, seed: int) -> Arrival:
    """The arrival, with a random talk length and a random choice of whether the customer joins."""
    rng = Random(f"{seed}/call/{arrival.number}")
    talk = min(rng.lognormvariate(math.log(habits.talk), habits.talk_spread), 4.0)
    long, comes = rng.random() < habits.overrun, rng.random() >= habits.no_show
    length = talk * habits.overrun_factor if long else talk
    return Arrival(arrival.number, arrival.at, arrival.facts, arrival.wanted_at, length, comes)


def _staffed_minutes(scenario: Scenario, shifts: Mapping[int, tuple[Span, ...]], day: date) -> list[datetime]:
    zone = ZoneInfo(scenario.directory.time_zone)
    midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
    spans = merged([span for own in shifts.values() for span in own])
    minutes = (midnight + timedelta(minutes=minute) for minute in range(24 * 60))
    return [minute for minute in minutes if any(begin <= minute < end for begin, end in spans)]


def _poisson(mean: float, rng: Random) -> int:
    """The number of arrivals on one day, drawn by counting exponentially distributed gaps."""
    count, left = 0, mean
    while (left := left - rng.expovariate(1.0)) > 0:
        count += 1
    return count


def made_up_facts(directory: Directory, count: int, seed: int) -> tuple[Facts, ...]:
    """Generated tickets, for when there is no history: a random value for every declared fact, some unknown."""
    rng = Random(f"{seed}/facts")
    tickets = (
        {fact.name: value for fact in directory.facts if (value := _value(fact, rng)) is not None} for _ in range(count)
    )
    return tuple(tickets)


def _value(fact: FactType, rng: Random) -> FactValue | None:
    if fact.may_be_missing and rng.random() < UNKNOWN:
        return None
    match fact.kind:
        case "choice":
            return rng.choice(fact.values)
        case "count":
            return int(rng.expovariate(1 / 3))
        case "money":
            return int(rng.lognormvariate(math.log(2_000_000), 1.5))
        case "duration":
            return int(rng.expovariate(1 / 86_400))
        case "yes/no":
            return rng.random() < 0.2
        case "tags":
            return (rng.choice(fact.values),) if fact.values and rng.random() < 0.2 else ()
        case "moment":
            return None
