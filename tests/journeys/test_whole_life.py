"""The whole life, on real parts with a pushed clock: from the opening to the rating."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import EventType

from activities.messages import RateCall, RecordWrapUp
from database.stores.rounds import answers
from tests.journeys.desk import Desk
from workflows.escalation import EscalationWorkflow

EVENTS_AT_MOST = 65
"""Of one whole booked life."""
OF_THE_TEST_SERVER = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
)
"""How the test server pushes the clock; no other server writes these."""


async def test_a_booked_call_is_reminded_found_held_wrapped_up_and_rated(desk: Desk) -> None:
    opened = await desk.open()
    one = opened.escalation_id
    start = next(start for start in await desk.free(one) if start - desk.now > timedelta(hours=3))
    booked = await desk.book(one, start)
    assert await desk.standing(one) == ("booked", None)

    await desk.push(one, start - desk.now - timedelta(minutes=58))
    assert (await desk.told(one))[-1] == "reminder"

    await desk.push(one, start - desk.now - timedelta(minutes=4, seconds=57))
    await desk.come_on("Freja Holm", "Lukas Weber")
    report = await desk.round()
    assert report is not None
    assert report.offers == 1
    name = await desk.accept()
    assert name in ("Freja Holm", "Lukas Weber")
    assert await desk.standing(one) == ("accepted", None)

    call_id = booked.call.call_id
    assert await desk.join(call_id, "customer") is not None
    assert await desk.join(call_id, "agent") == f"https://meet.example/{call_id}"
    assert await desk.standing(one) == ("on_call", None)

    said = RecordWrapUp(call_id, await desk.person(name), "yes", cause="product fault")
    await desk.workflow(one).execute_update(EscalationWorkflow.wrap_up, said)
    assert await desk.standing(one) == ("rating", "resolved")
    async with desk.engine.begin() as conn:
        assert (await answers.accept(conn, call_id, 1, said.person_id, desk.tokens, desk.now)).again

    await desk.push(one, timedelta(minutes=31))
    assert (await desk.told(one))[-1] == "survey"
    await desk.workflow(one).execute_update(EscalationWorkflow.rate, RateCall(call_id, 2))
    assert await desk.workflow(one).result() == "held"
    assert await desk.standing(one) == ("closed", "resolved")
    assert await desk.told(one) == [
        "invitation",
        "confirmation",
        "reminder",
        "survey",
        "rating_alert",
        "rating_alert",
        "rating_alert",
    ]
    assert await desk.timeline(one) == [
        "opened",
        "link_issued",
        "booked",
        "customer_reminded",
        "muster_began",
        "offered",
        "accepted",
        "customer_joined",
        "agent_joined",
        "call_began",
        "wrapped_up",
        "survey_sent",
        "rated",
        "rating_alerted",
        "closed",
    ]
    history = await desk.workflow(one).fetch_history()
    keep(history.to_json())
    ours = [event for event in history.events if event.event_type not in OF_THE_TEST_SERVER]
    assert len(ours) <= EVENTS_AT_MOST


def keep(history: str) -> None:
    """Write the history beside those that are replayed, where that was asked for."""
    if folder := os.environ.get("MUSTER_RECORD_HISTORIES"):
        Path(folder, "booked_and_rated.json").write_text(history)
