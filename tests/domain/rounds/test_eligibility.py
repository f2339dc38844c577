"""Eligibility: each hard constraint at its edge, and who has had more than their share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.rounds.eligibility import Colleague, Needs, SoftConstraint, above_their_share, hard_constraint
from rules_dsl.model.decision import AgentState, Limits

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHIFT = (NOW - timedelta(hours=4), NOW + timedelta(hours=4))
CALL = Needs(Limits(), NOW, timedelta(minutes=30), booked=False)
MINUTE = timedelta(minutes=1)


def someone(calls: int = 0, **fields: object) -> Colleague:
    base = Colleague(1, "", True, None, AgentState(1, calls_today=calls), shift=SHIFT)
    return replace(base, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "colleague", "reason"),
    [
        (Limits(calls_a_day=5), someone(4), ""),
        (Limits(calls_a_day=5), someone(5), "has had 5 calls today, the most the rules allow"),
        (
            Limits(title_calls_a_day=((7, 2),)),
            someone(2),
            "has had 2 calls today, the most the rules allow for their title",
        ),
        (Limits(title_calls_a_day=((8, 2),)), someone(2), ""),
        (Limits(gap=600), someone(idle=10 * MINUTE), ""),
        (Limits(gap=600), someone(idle=9 * MINUTE), "ended a call 9 min ago; the rules leave a gap"),
        (Limits(shift_end=1800), someone(shift=(SHIFT[0], NOW + 30 * MINUTE)), ""),
        (
            Limits(shift_end=1800),
            someone(shift=(SHIFT[0], NOW + 29 * MINUTE)),
            "is in the last 30 min of their shift; the rules keep them free",
        ),
        (Limits(), someone(shift=(SHIFT[0], NOW + 29 * MINUTE)), "their shift ends before the call would"),
        (Limits(shift_percent=50), someone(busy_in_shift=210 * MINUTE), ""),
        (
            Limits(shift_percent=50),
            someone(busy_in_shift=211 * MINUTE),
            "would be in calls for more than 50 % of their shift",
        ),
        (Limits(), someone(busy_lately=203 * MINUTE), ""),
        (
            Limits(),
            someone(busy_lately=204 * MINUTE),
            "has been busy for 85 % of their time; above 85 % a person is skipped",
        ),
        (Limits(), someone(shift=None, idle=MINUTE), ""),
    ],
)
def test_each_hard_constraint_at_its_edge(limits: Limits, colleague: Colleague, reason: str) -> None:
    assert hard_constraint(replace(CALL, limits=limits), colleague, 7, 85, NOW) == reason


def test_a_call_must_end_before_a_meeting_but_a_meeting_does_not_end_the_shift() -> None:
    limits = Limits(shift_end=1800, shift_percent=50)
    meeting_soon = someone(free_until=NOW + 30 * MINUTE)
    assert hard_constraint(replace(CALL, limits=limits), meeting_soon, 7, 85, NOW) == ""
    sooner = someone(free_until=NOW + 29 * MINUTE)
    assert "kept free" in hard_constraint(replace(CALL, limits=limits), sooner, 7, 85, NOW)


def test_a_booked_call_ignores_the_occupancy_limit_and_keeps_its_planned_end() -> None:
    busy = someone(busy_lately=240 * MINUTE, shift=(SHIFT[0], NOW + 20 * MINUTE))
    promised = replace(CALL, booked=True, begins_at=NOW - 10 * MINUTE)
    assert hard_constraint(promised, busy, 7, 85, NOW) == ""


def test_the_wrap_up_counts_towards_the_share_of_a_shift() -> None:
    half = replace(CALL, limits=Limits(shift_percent=50), wrap_up=10 * MINUTE)
    assert hard_constraint(half, someone(busy_in_shift=200 * MINUTE), 7, 85, NOW) == ""
    assert hard_constraint(half, someone(busy_in_shift=201 * MINUTE), 7, 85, NOW) != ""


def test_one_call_right_after_coming_on_shift_is_no_overload() -> None:
    fresh = someone(shift=(NOW - 20 * MINUTE, SHIFT[1]), busy_lately=20 * MINUTE)
    assert fresh.occupancy(NOW) == 33


def test_each_weight_outweighs_the_lighter_ones_together() -> None:
    weights = sorted(SoftConstraint)
    assert all(weight > sum(weights[:place]) for place, weight in enumerate(weights))


def team(*calls: int, hours: tuple[int, ...] = ()) -> list[Colleague]:
    worked = hours or (4,) * len(calls)
    return [
        Colleague(nth, "", True, None, AgentState(nth, calls_today=number), worked_today=timedelta(hours=worked[nth]))
        for nth, number in enumerate(calls)
    ]


def test_a_share_of_the_teams_calls_is_by_time_on_shift() -> None:
    assert above_their_share(team(3, 1, 0, 0)) == {0}
    assert above_their_share(team(2, 2, 2, 2)) == frozenset()
    assert above_their_share(team(1, 0, 0, 0)) == frozenset(), "one call more than others is not too many"
    assert above_their_share(team(6, 2, hours=(6, 2))) == frozenset(), "more time, more calls"
    assert above_their_share(team(10, 8, 9)) == frozenset()
    assert above_their_share(team(0, 0)) == frozenset()
    assert above_their_share([]) == frozenset()
