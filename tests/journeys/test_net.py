"""The net of a search: how long a workflow waits before it reads the rows, and reads them again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType

from domain.escalation import Mode
from tests.journeys.desk import Desk

OFFER, JITTER, AT_MOST = 45.0, 30.0, 300.0
"""Seconds: an offer by the example's rules, the largest random addition, and the longest wait."""


async def waits(desk: Desk, escalation_id: str) -> list[float]:
    """The workflow's timers, in seconds."""
    history = await desk.workflow(escalation_id).fetch_history()
    return [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds()
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]


async def test_while_rows_show_nothing_the_net_doubles_its_wait_up_to_five_minutes(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    for nth in range(5):
        await desk.advance(escalation_id, timedelta(seconds=AT_MOST + 1))
        assert len(await waits(desk, escalation_id)) > nth + 1
    first, second, *later = await waits(desk, escalation_id)
    # The first counts from the muster, which was before the workflow started.
    assert first <= OFFER + JITTER
    assert 2 * max(first, OFFER) <= second <= 2 * (OFFER + JITTER)
    assert later == pytest.approx([min(second * 2**nth, AT_MOST) for nth in range(1, len(later) + 1)])
    assert later[-1] == AT_MOST
