"""Free text is stored in the timeline and never in a workflow's history."""

from __future__ import annotations

from sqlalchemy import select

from database.stores.rounds import answers
from database.tables.escalation import escalation_event
from domain.escalation import Kind, Mode
from tests.journeys.desk import Desk

REASON = "Mira Olsen called me at home yesterday"


async def test_a_reason_for_declining_stays_out_of_the_history(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm", "Lukas Weber")
    await desk.round()
    first = await desk.live_offer()
    async with desk.engine.begin() as conn:
        await answers.decline(conn, str(first.call), first.nth, first.person, desk.now, REASON)
    await desk.round()
    await desk.accept()
    declined = await desk.fetch_one(
        select(escalation_event.c.body).where(
            escalation_event.c.escalation == escalation_id, escalation_event.c.kind == Kind.DECLINED
        )
    )
    assert declined.body["reason"] == REASON
    # The text of a history contains its payloads.
    history = str((await desk.workflow(escalation_id).fetch_history()).events)
    assert "declined" in history
    assert "accepted" in history
    assert REASON not in history
