"""The net under a search: how long a workflow waits before it looks at the rows, and looks again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType

from domain.escalation import Mode
from tests.journeys.desk import Desk

OFFER, JITTER, AT_MOST = 45.0, 30.0, 300.0
"""Seconds: an offer of the example's rules, the most that is added by chance, and the longest wait."""


async def waits(desk: Desk, one: str) -> list[float]:
    """The timers that this workflow has set, in seconds."""
    history = await desk.workflow(one).fetch_history()
    return [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds()
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]


async def test_while_rows_show_nothing_the_net_waits_twice_as_long_up_to_five_minutes(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    for nth in range(5):
        await desk.push(one, timedelta(seconds=AT_MOST + 1))
        assert len(await waits(desk, one)) > nth + 1
    first, second, *later = await waits(desk, one)
    # The first is counted from the muster, which came before the workflow began.
    assert first <= OFFER + JITTER
    assert 2 * max(first, OFFER) <= second <= 2 * (OFFER + JITTER)
    assert later == pytest.approx([min(second * 2**nth, AT_MOST) for nth in range(1, len(later) + 1)])
    assert later[-1] == AT_MOST
