"""A row locked for six seconds at each kind of effect: the effect happens once, and every life ends well.

The kinds are those of the events that effects write. A new one is tried like the others, unless it is listed here with
the reason why it isn't.
"""

from __future__ import annotations

import contextlib

import pytest

from domain.escalation import Kind
from tests.faults.actors.crowd import Crowd
from tests.faults.lanes.lively import LIVES, lively
from tests.faults.striking.gate import Gate, Waiter, abort_into_lock
from tests.faults.trial import FaultTrial

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

LOCKED = 6.0
"""Seconds: longer than any statement or lock of ours may take."""
NOT_TRIED = {
    **dict.fromkeys(
        (Kind.OPENED, Kind.LINK_ISSUED, Kind.REFUSED), "the transaction that writes it creates the escalation's row"
    ),
    **dict.fromkeys(
        (Kind.LINK_NUDGED, Kind.LINK_EXPIRED, Kind.SURVEY_ENDED), "it is due after hours: test_locked_rows.py locks it"
    ),
    **dict.fromkeys(
        (Kind.NOBODY_AVAILABLE, Kind.CUSTOMER_MISSED, Kind.AGENT_MISSED, Kind.WRAP_UP_MISSED, Kind.WITHDRAWN),
        "everybody comes and does their part here: test_locked_rows.py locks it",
    ),
    **dict.fromkeys(
        (
            *(Kind.DECLINED, Kind.OFFER_EXPIRED, Kind.AGENT_VANISHED, Kind.CUSTOMER_ALONE, Kind.STEP_TAKEN),
            *(Kind.ALERTED, Kind.EXHAUSTED, Kind.MUSTER_EARLY, Kind.TOLD_LATE, Kind.SEARCH_INTERRUPTED),
        ),
        "rounds and answers that skip or refuse a locked row, as tried with the others; nobody is absent here",
    ),
    Kind.RATING_ALERTED: "it is written with the rating",
    **dict.fromkeys((Kind.SEAT_LOST, Kind.SEAT_FOUND), "shifts don't change here"),
    **dict.fromkeys((Kind.MESSAGE_FAILED, Kind.REPAIRED), "it follows from another fault"),
}
UNRATED_FOR = 34.0
"""Seconds after which a customer rates whose survey is to be repeated: it is after 30 seconds."""
WAVES, WAVE = 4, 45.0
"""How often customers arrive until the effect is reached, and the seconds between."""
LATE_BY = 20.0
"""Seconds by which a customer joins late who is to be called for."""


def test_every_kind_of_effect_is_tried_or_has_a_reason() -> None:
    assert all(NOT_TRIED.values())
    assert {Kind.BOOKED, Kind.ACCEPTED, Kind.SURVEY_SENT, Kind.CLOSED}.isdisjoint(NOT_TRIED)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in NOT_TRIED])
async def test_an_effect_whose_row_is_locked_for_six_seconds_happens_once(
    trial: FaultTrial, gate: Gate, kind: Kind
) -> None:
    async with lively(trial) as crowd:
        crowd.rates_after = UNRATED_FOR if kind is Kind.SURVEY_REMINDED else 0.0
        crowd.late_by = LATE_BY if kind is Kind.CUSTOMER_CALLED_FOR else 0.0
        async with gate.closed(kind):
            first = await first_of_crowd(crowd, gate)
            await abort_into_lock(gate, first, LOCKED)


async def first_of_crowd(crowd: Crowd, gate: Gate) -> Waiter:
    """The first transaction at the gate. Not every crowd causes every effect: more arrive until one does."""
    for _ in range(WAVES):
        await crowd.arrive(len(LIVES), LIVES)
        with contextlib.suppress(AssertionError):
            return (await gate.reached(within=WAVE))[0]
    raise AssertionError(f"nothing reaches the gate in {WAVES} waves of customers")
