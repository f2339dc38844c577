"""The luck of one replication: who escalates when, who is sick, which calls run long. By seed alone."""

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
"""Share of made-up tickets on which a fact that may be missing is missing."""


RUN_OUT = 10
"""Days played past the last one counted, so that what was booked late finds its call."""


def shifts_of(scenario: Scenario) -> dict[int, tuple[Span, ...]]:
    """Everybody's shifts in the days played and the days after, by person."""
    last, people = scenario.last + timedelta(days=RUN_OUT), scenario.directory.people
    return {person.id: tuple(shift_spans(person.shifts, scenario.first, last)) for person in people}


def sick_days(shifts: Mapping[int, tuple[Span, ...]], habits: Habits, seed: int) -> frozenset[tuple[int, datetime]]:
    """(person, beginning of the shift) of every shift that its person misses.

    Each shift has a threshold of its own, so a greater share only adds to those who are sick.
    """
    return frozenset(
        (person, begin)
        for person, spans in shifts.items()
        for begin, _ in spans
        if Random(f"{seed}/sick/{person}/{begin.isoformat()}").random() < habits.sick
    )


def arrivals(scenario: Scenario, shifts: Mapping[int, tuple[Span, ...]], seed: int) -> tuple[Arrival, ...]:
    """Everybody who escalates, in order of time. Wishes fall into minutes in which somebody is on shift."""
    if scenario.past:
        return tuple(_luck(arrival, scenario.habits, seed) for arrival in scenario.past)
    found: list[Arrival] = []
    for day in range(scenario.days):
        minutes = _staffed_minutes(scenario, shifts, scenario.first + timedelta(days=day))
        draw = Random(f"{seed}/day/{day}")
        for _ in range(_poisson(scenario.escalations, draw) if minutes else 0):
            found.append(_arrival(len(found), draw.choice(minutes), scenario, draw))
    return tuple(sorted((_luck(one, scenario.habits, seed) for one in found), key=lambda one: (one.at, one.number)))


def _arrival(number: int, moment: datetime, scenario: Scenario, draw: Random) -> Arrival:
    facts = draw.choice(scenario.facts)
    now = draw.random() < scenario.now_share
    lead = timedelta(seconds=draw.lognormvariate(math.log(scenario.habits.lead), 0.8))
    return Arrival(number, moment if now else moment - lead, facts, None if now else moment, 1.0, True)


def _luck(arrival: Arrival, habits: Habits, seed: int) -> Arrival:
    """With the length of the talk and whether the customer comes."""
    draw = Random(f"{seed}/call/{arrival.number}")
    talk = min(draw.lognormvariate(math.log(habits.talk), habits.talk_spread), 4.0)
    long, comes = draw.random() < habits.overrun, draw.random() >= habits.no_show
    length = talk * habits.overrun_factor if long else talk
    return Arrival(arrival.number, arrival.at, arrival.facts, arrival.wanted_at, length, comes)


def _staffed_minutes(scenario: Scenario, shifts: Mapping[int, tuple[Span, ...]], day: date) -> list[datetime]:
    zone = ZoneInfo(scenario.directory.time_zone)
    midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
    spans = merged([span for own in shifts.values() for span in own])
    minutes = (midnight + timedelta(minutes=minute) for minute in range(24 * 60))
    return [minute for minute in minutes if any(begin <= minute < end for begin, end in spans)]


def _poisson(mean: float, draw: Random) -> int:
    """Arrivals of a day, by counting exponential gaps."""
    count, left = 0, mean
    while (left := left - draw.expovariate(1.0)) > 0:
        count += 1
    return count


def made_up_facts(directory: Directory, count: int, seed: int) -> tuple[Facts, ...]:
    """Tickets for a desk that has no past: every declared fact drawn evenly, some unknown."""
    draw = Random(f"{seed}/facts")
    tickets = (
        {fact.name: value for fact in directory.facts if (value := _value(fact, draw)) is not None}
        for _ in range(count)
    )
    return tuple(tickets)


def _value(fact: FactType, draw: Random) -> FactValue | None:
    if fact.may_be_missing and draw.random() < UNKNOWN:
        return None
    match fact.kind:
        case "choice":
            return draw.choice(fact.values)
        case "count":
            return int(draw.expovariate(1 / 3))
        case "money":
            return int(draw.lognormvariate(math.log(2_000_000), 1.5))
        case "duration":
            return int(draw.expovariate(1 / 86_400))
        case "yes/no":
            return draw.random() < 0.2
        case "tags":
            return (draw.choice(fact.values),) if fact.values and draw.random() < 0.2 else ()
        case "moment":
            return None
