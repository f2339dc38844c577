"""A complete escalation, from the opening to the rating, on real servers with an advanced clock."""

from __future__ import annotations

from datetime import timedelta

from temporalio.api.enums.v1 import EventType

from database.stores.rounds import answers
from tests.journeys.desk import Desk
from tests.journeys.recording import record, settled_history

EVENTS_AT_MOST = 25
"""Events in the history of a complete booked escalation, apart from `UNCOUNTED`."""
UNCOUNTED = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
)
"""Tasks, whose number depends on how many signals arrive together (9 of 3 events each when this was written), and what
only the test server writes, when it advances the clock."""


async def test_a_booked_call_is_reminded_found_held_wrapped_up_and_rated(desk: Desk) -> None:
    opened = await desk.open()
    escalation_id = opened.escalation_id
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    booked = await desk.book(escalation_id, start)
    assert await desk.state_of(escalation_id) == ("booked", None)

    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=58))
    assert (await desk.message_kinds(escalation_id))[-1] == "reminder"

    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=4, seconds=57))
    await desk.come_online("Freja Holm", "Lukas Weber")
    report = await desk.round()
    assert report is not None
    assert report.offers == 1
    name = await desk.accept()
    assert name in ("Freja Holm", "Lukas Weber")
    assert await desk.state_of(escalation_id) == ("accepted", None)

    call_id = booked.call_id
    assert await desk.join(call_id, "customer") is not None
    assert await desk.join(call_id, "agent") == f"https://meet.example/{call_id}"
    assert await desk.state_of(escalation_id) == ("on_call", None)

    await desk.wrap_up(escalation_id, name, "yes", cause="product fault")
    assert await desk.state_of(escalation_id) == ("rating", "resolved")
    async with desk.engine.begin() as conn:
        assert (await answers.accept(conn, call_id, 1, await desk.person(name), desk.tokens, desk.now)).again

    await desk.advance(escalation_id, timedelta(minutes=31))
    assert (await desk.message_kinds(escalation_id))[-1] == "survey"
    await desk.rate(escalation_id, 2)
    assert await desk.workflow(escalation_id).result() == "held"
    assert await desk.state_of(escalation_id) == ("closed", "resolved")
    assert await desk.message_kinds(escalation_id) == [
        "invitation",
        "confirmation",
        "reminder",
        "survey",
        "rating_alert",
        "rating_alert",
        "rating_alert",
    ]
    assert await desk.timeline(escalation_id) == [
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
    history = await settled_history(desk, escalation_id)
    record(history, "booked_and_rated_unstarted")
    ours = [event for event in history.events if event.event_type not in UNCOUNTED]
    assert len(ours) <= EVENTS_AT_MOST
