"""The decision of a round: shares, steps, wording; for a single call, the order is that of the rules language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.plan import Plan
from domain.rounds.eligibility import Colleague
from domain.rounds.muster import DueCall, choose
from rules_dsl import pool, rank
from rules_dsl.model.decision import AgentState
from tests.rules_dsl.desks import boats, directory

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BOATS = directory("small_team")
IDS = {person.name.split()[0]: person.id for person in BOATS.people}


def due(text: str, number: int = 1, **fields: object) -> DueCall:
    rules = boats(f"otherwise\n{text}\nbooking\n slots of 20 minutes\n")
    call = DueCall(f"call-{number}", f"escalation-{number}", Plan(rules.decide({}, NOW), "v", NOW), None, NOW, 0, 0)
    return replace(call, **fields)  # type: ignore[arg-type]


def on_duty(*names: str, **states: AgentState) -> dict[int, Colleague]:
    people = {name: IDS[name] for name in names or IDS}
    return {
        person: Colleague(person, "", True, None, replace(states.get(name, AgentState(person)), person=person))
        for name, person in people.items()
    }


@pytest.mark.parametrize("number", range(12))
def test_for_one_call_the_order_is_that_of_the_language(number: int) -> None:
    call = due(' send to team "Support"\n order by fewest calls today', number)
    decision = call.plan.decision
    result = choose([call], on_duty(), BOATS, NOW)
    (chosen,) = result.offers
    order = rank(decision, call.escalation_id, pool(decision, BOATS, 0), {}, BOATS)
    assert (chosen.person, *(other.person for other in chosen.considered)) == order[:6]
    assert {other.after for other in chosen.considered} == {"equal; a stable draw decided"}


def test_a_person_above_their_share_is_asked_only_if_nobody_else_could_be() -> None:
    call = due(' send to team "Support"\n order by most experienced')
    first = choose([call], on_duty(), BOATS, NOW).offers[0]
    name = next(person.name.split()[0] for person in BOATS.people if person.id == first.person)
    busy_day = {name: AgentState(0, calls_today=4)}
    second = choose([call], on_duty(**busy_day), BOATS, NOW).offers[0]
    assert second.person != first.person
    assert (first.person, "had more than their share of today's calls") in [
        (other.person, other.after) for other in second.considered
    ]
    others = {person: replace(one, hindrance="away") for person, one in on_duty(**busy_day).items()}
    others[first.person] = replace(others[first.person], hindrance="")
    alone = choose([call], others, BOATS, NOW).offers[0]
    assert (alone.person, alone.soft_constraints) == (first.person, ("had more than their share of today's calls",))


def test_somebody_needed_for_another_call_is_listed_with_that_reason() -> None:
    first = due(' send to team "Support"\n order by most experienced', 1)
    second = due(' send to team "Support", title "Marine Engineer"', 2)
    result = choose([first, second], on_duty("Miguel", "Freja"), BOATS, NOW)
    given = {chosen.call.call_id: chosen.person for chosen in result.offers}
    assert given == {"call-1": IDS["Freja"], "call-2": IDS["Miguel"]}
    assert result.offers[0].considered[0].after == "was needed for another call of this round"


def test_empty_steps_cost_no_time_and_the_wider_pool_is_asked_immediately() -> None:
    call = due(' send to title "Bookkeeper"\n if nobody in 3 minutes, widen to team "Support"')
    result = choose([call], on_duty("Freja"), BOATS, NOW)
    assert result.searches[0].call.skipped == 180
    assert (result.offers[0].person, result.offers[0].step) == (IDS["Freja"], 1)


def test_an_exhausted_search_gets_nobody() -> None:
    call = due(' send to team "Support"', began_at=NOW - timedelta(minutes=15))
    result = choose([call], on_duty("Freja"), BOATS, NOW)
    assert result.searches[0].exhausted
    assert result.offers == ()


def test_a_round_with_nobody_free_or_nothing_due_makes_no_offer() -> None:
    assert choose([], on_duty(), BOATS, NOW).offers == ()
    busy = {person: replace(one, hindrance="on another call") for person, one in on_duty().items()}
    assert choose([due(' send to team "Support"')], busy, BOATS, NOW).offers == ()
    assert choose([due(' send to team "Support"')], {}, BOATS, NOW).offers == ()


STEPS = ' send to title "Bookkeeper"\n if nobody in 3 minutes, widen to team "Support"\n'
OFFERS = " if nobody in 10 minutes, offer booking"
ENDS = NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("steps", "returns", "booked", "over"),
    [
        (OFFERS, {}, False, True),
        (OFFERS, {"Freja": ENDS}, False, True),
        (OFFERS, {"Freja": ENDS - timedelta(seconds=1)}, False, False),
        (OFFERS, {"Freja": None}, False, False),
        (OFFERS, {}, True, False),
        (" if nobody in 5 minutes, alert the team lead\n" + OFFERS, {}, False, False),
    ],
)
def test_a_call_now_that_nobody_can_take_before_its_search_ends_is_over_at_once(
    steps: str, returns: dict[str, datetime | None], booked: bool, over: bool
) -> None:
    call = due(STEPS + steps, starts_at=NOW + timedelta(minutes=5) if booked else None)
    night = {
        person: replace(one, on_duty=False, hindrance="not on shift", returns_at=NOW + timedelta(hours=8))
        for person, one in on_duty().items()
    }
    for name, moment in returns.items():
        night[IDS[name]] = replace(night[IDS[name]], returns_at=moment)
    (search,) = choose([call], night, BOATS, NOW).searches
    assert search.exhausted == over
