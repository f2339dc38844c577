"""The last wait for a customer, where the rows know more than the workflow: over already, or both have come."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select, text

from activities.messages import Nudge, RecordWrapUp
from database.stores.call import arrive
from database.stores.escalations.withdraw import withdraw
from database.stores.muster import renew_after
from database.tables.escalation import escalation
from domain.escalation import Kind, Mode, Outcome
from tests.journeys.desk import ROOM, Desk
from workflows.escalation import EscalationWorkflow


async def somebody_waits(desk: Desk) -> None:
    """Until a transaction waits for a row that another has locked."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(60):
        while not (await desk.one(waiting)).count:  # noqa: ASYNC110 - what is awaited happens in the database
            await asyncio.sleep(0.05)


async def test_a_customer_missed_too_late_ends_nothing_anew(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = str((await desk.call_of(one)).id)
    await desk.join(call_id, "agent")
    await desk.push(one, timedelta(minutes=7))
    async with desk.engine.begin() as conn:
        # By tries whose answers were lost: the customer was missed, and with the fresh link all was called off.
        missed = (Kind.CUSTOMER_MISSED, "customer_missed")
        assert await renew_after(conn, one, call_id, *missed, desk.tokens, desk.now) is not None
        await withdraw(conn, one, Outcome.WITHDRAWN, "person:1", "", desk.now)
    async with desk.engine.begin() as conn:
        await conn.execute(select(escalation.c.id).where(escalation.c.id == one).with_for_update())
        pushing = asyncio.create_task(desk.push(one, timedelta(minutes=4)))
        await somebody_waits(desk)
        # While the workflow tries again to miss the customer, support ops has the rows looked at.
        said = await desk.workflow(one).execute_update(EscalationWorkflow.nudge, Nudge("person:1"))
        assert said == "Looked at the rows: the call is missed."
    await pushing
    assert await desk.workflow(one).result() == "withdrawn"
    assert await desk.standing(one) == ("closed", "withdrawn")


async def test_a_customer_who_came_without_a_word_is_not_missed(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = str((await desk.call_of(one)).id)
    async with desk.engine.begin() as conn:
        for token in (desk.tokens.customer_join(call_id), desk.tokens.agent_join(call_id, 1)):
            await arrive(conn, token, ROOM, desk.now)
    await desk.push(one, timedelta(minutes=11))
    assert await desk.standing(one) == ("on_call", None)
    said = RecordWrapUp(call_id, await desk.person("Freja Holm"), "yes", cause="product fault")
    await desk.workflow(one).execute_update(EscalationWorkflow.wrap_up, said)
    assert await desk.standing(one) == ("rating", "resolved")
    assert "customer_missed" not in await desk.told(one)
