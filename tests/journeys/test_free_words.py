"""What people write in words of their own stands in the timeline, and in no workflow's history."""

from __future__ import annotations

from sqlalchemy import select

from database.stores.rounds import answers
from database.tables.escalation import escalation_event
from domain.escalation import Kind, Mode
from tests.journeys.desk import Desk

WORDS = "Mira Olsen called me at home yesterday"


async def test_a_reason_for_declining_stays_out_of_the_history(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm", "Lukas Weber")
    await desk.round()
    first = await desk.live_offer()
    async with desk.engine.begin() as conn:
        await answers.decline(conn, str(first.call), first.nth, first.person, desk.now, WORDS)
    await desk.round()
    await desk.accept()
    declined = await desk.one(
        select(escalation_event.c.body).where(
            escalation_event.c.escalation == one, escalation_event.c.kind == Kind.DECLINED
        )
    )
    assert declined.body["reason"] == WORDS
    # As text, a history shows what its payloads say.
    told = str((await desk.workflow(one).fetch_history()).events)
    assert "declined" in told
    assert "accepted" in told
    assert WORDS not in told
