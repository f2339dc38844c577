"""Who rests under a rule, and until when: never while a call could be offered, and always with an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.rounds.eligibility import Colleague, Needs, hard_constraint
from domain.rounds.rest import Rest, RestReason, rest_begins, rest_of
from rules_dsl.model.decision import AgentState, Limits

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHIFT = (NOW - timedelta(hours=4), NOW + timedelta(hours=4))
MIDNIGHT = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NO_CALL = timedelta(0)
RESTED = Colleague(1, "", True, None, AgentState(1, calls_today=2), shift=SHIFT)


def someone(**fields: object) -> Colleague:
    return replace(RESTED, **fields)  # type: ignore[arg-type]


def rest(colleague: Colleague, *versions: Limits, now: datetime = NOW) -> Rest | None:
    return rest_of(colleague, 7, versions, 85, now, MIDNIGHT)


@pytest.mark.parametrize(
    ("limits", "colleague", "expected"),
    [
        (Limits(gap=600), someone(idle=9 * MINUTE), Rest(RestReason.GAP, NOW + MINUTE, 600)),
        (Limits(gap=600), someone(idle=10 * MINUTE), None),
        (Limits(calls_a_day=2), someone(), Rest(RestReason.CALLS_A_DAY, MIDNIGHT, 2)),
        (Limits(calls_a_day=3), someone(), None),
        (Limits(title_calls_a_day=((7, 2),)), someone(), Rest(RestReason.CALLS_A_DAY_OF_TITLE, MIDNIGHT, 2)),
        (Limits(title_calls_a_day=((8, 2),)), someone(), None),
        (
            Limits(shift_end=1800),
            someone(shift=(SHIFT[0], NOW + 29 * MINUTE)),
            Rest(RestReason.SHIFT_END, NOW + 29 * MINUTE, 1800),
        ),
        (Limits(shift_end=1800), someone(shift=(SHIFT[0], NOW + 30 * MINUTE)), None),
        (Limits(shift_percent=50), someone(busy_in_shift=5 * HOUR), Rest(RestReason.SHIFT_PERCENT, SHIFT[1], 50)),
        (Limits(gap=600, calls_a_day=2), someone(idle=MINUTE), Rest(RestReason.CALLS_A_DAY, MIDNIGHT, 2)),
    ],
)
def test_each_limit_rests_until_its_end(limits: Limits, colleague: Colleague, expected: Rest | None) -> None:
    found = rest(colleague, limits)
    assert found == expected
    if found is not None:
        shortest = Needs(limits, NOW, NO_CALL, booked=True)
        assert hard_constraint(shortest, colleague, 7, 85, NOW), "and a round excludes them too"


def test_nobody_rests_while_another_version_of_the_rules_would_give_them_a_call() -> None:
    ended = someone(idle=5 * MINUTE)
    assert rest(ended, Limits(gap=600), Limits()) is None
    both = rest(ended, Limits(gap=1200), Limits(gap=600))
    assert both == Rest(RestReason.GAP, NOW + 5 * MINUTE, 600)
    assert rest(ended) is None


@pytest.mark.parametrize("worked", [20 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 7 * HOUR])
@pytest.mark.parametrize("busy", [52 * MINUTE, 58 * MINUTE, 110 * MINUTE, 220 * MINUTE, 239 * MINUTE])
def test_above_the_occupancy_limit_the_rest_is_over_by_its_end(worked: timedelta, busy: timedelta) -> None:
    busy = min(busy, max(worked, HOUR))
    tired = someone(shift=(NOW - worked, NOW + 5 * HOUR), busy_lately=busy)
    call_now = Needs(Limits(), NOW, NO_CALL, booked=False)
    found = rest(tired, Limits())
    assert (found is not None) == bool(hard_constraint(call_now, tired, 7, 85, NOW))
    if found is not None:
        assert found.reason is RestReason.OCCUPANCY
        left = found.until - timedelta(hours=4)
        later = replace(tired, busy_lately=busy - max(left - (NOW - busy), NO_CALL))
        assert not hard_constraint(replace(call_now, begins_at=found.until), later, 7, 85, found.until)


def test_the_rest_at_the_end_of_a_shift_is_known_before_it_begins() -> None:
    assert rest_begins(RESTED, [Limits(shift_end=1800)], NOW) == SHIFT[1] - 30 * MINUTE
    assert rest_begins(RESTED, [Limits(shift_end=1800), Limits()], NOW) is None
    assert rest_begins(RESTED, [Limits(shift_end=1800)], SHIFT[1] - 30 * MINUTE) is None
    assert rest_begins(replace(RESTED, shift=None), [Limits(shift_end=1800)], NOW) is None
